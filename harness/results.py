"""From pytest's reports to rows: what was asked, and what became of it. The rows survive pytest-xdist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.facts import facts_of

PASS, FAIL, CANNOT_TELL, KNOWN, FIXED = "pass", "fail", "cannot tell", "known", "fixed"
WORST_FIRST = (CANNOT_TELL, FAIL, FIXED, KNOWN, PASS)
RED = (CANNOT_TELL, FAIL, FIXED)
"""What makes a run red; all else is green."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One claim about one model or case. `evidence` names the stages and store keys that it rests on."""

    test: str
    outcome: str
    model: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, str] = field(default_factory=dict)
    verdict: Mapping[str, Any] = field(default_factory=dict)
    failure: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Mapping[str, str], ...] = ()
    message: str = ""
    known: str = ""
    baseline: Mapping[str, Any] = field(default_factory=dict)
    """What a baseline would keep of the model or case, and what changed since the one that is accepted."""

    @property
    def case(self) -> str:
        """Model and target, or the model alone for a claim about all targets."""
        names = [self.model.get("id", ""), self.target.get("id", "")]
        return "-".join(name for name in names if name)


def row_of(report: pytest.TestReport) -> Row | None:
    """The row of a test that asked something; None for other tests and for phases that decide nothing."""
    facts = facts_of(report.user_properties) if _decides(report) else {}
    if not facts:
        return None
    return Row(
        test=report.nodeid.rsplit("::", 1)[-1].split("[", 1)[0],
        outcome=_outcome(report, facts),
        model=facts.get("model", {}),
        target=facts.get("target", {}),
        verdict=facts.get("verdict", {}),
        failure=facts.get("failure", {}),
        evidence=tuple(facts["evidence"]),
        message=_message(report, facts),
        known=getattr(report, "wasxfail", ""),
        baseline=facts.get("baseline", {}),
    )


def worst(outcomes: list[str]) -> str:
    """The outcome that a case shows: the worst of its claims."""
    return min(outcomes, key=WORST_FIRST.index)


def _decides(report: pytest.TestReport) -> bool:
    return report.when == "call" or (report.when == "setup" and report.outcome != "passed")


def _outcome(report: pytest.TestReport, facts: Mapping[str, Any]) -> str:
    if hasattr(report, "wasxfail"):
        return KNOWN
    if "fixed" in facts:
        return FIXED
    if report.outcome == "passed":
        return PASS
    return FAIL if "verdict" in facts else CANNOT_TELL


def _message(report: pytest.TestReport, facts: Mapping[str, Any]) -> str:
    if "verdict" in facts:
        return str(facts["verdict"]["observed"])
    if "failure" in facts:
        return str(facts["failure"]["sentence"])
    return "" if report.outcome == "passed" else report.longreprtext.strip().splitlines()[-1]
