"""What pytest reports of a test is a row with one outcome."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from report_rows import FAILURE, MODEL, TARGET, VERDICT

from harness.facts import fact
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS, row_of, worst


def report_of(
    outcome: Literal["passed", "failed", "skipped"],
    *facts: dict[str, Any],
    when: Literal["setup", "call", "teardown"] = "call",
    wasxfail: str = "",
) -> pytest.TestReport:
    report = pytest.TestReport(
        nodeid="tests/test_x.py::test_is_estimated[gru-u55]",
        location=("tests/test_x.py", 1, "test_is_estimated"),
        keywords={},
        outcome=outcome,
        longrepr="the long\nlast line" if outcome == "failed" else None,
        when=when,
        user_properties=[fact(entry) for entry in facts],
    )
    # Only an expected failure has the attribute.
    vars(report).update({"wasxfail": wasxfail} if wasxfail else {})
    return report


ABOUT = {"model": MODEL, "target": TARGET}
WRONG = {"verdict": {**VERDICT, "passed": False}}


@pytest.mark.parametrize(
    ("report", "outcome", "message"),
    [
        (report_of("passed", ABOUT, {"verdict": VERDICT}), PASS, "1.5 ms"),
        (report_of("failed", ABOUT, WRONG), FAIL, "1.5 ms"),
        (report_of("failed", ABOUT, {"failure": FAILURE}, when="setup"), CANNOT_TELL, FAILURE["sentence"]),
        (report_of("failed", ABOUT), CANNOT_TELL, "last line"),
        (report_of("skipped", ABOUT, {"failure": FAILURE}, when="setup", wasxfail="why"), KNOWN, FAILURE["sentence"]),
        (report_of("failed", ABOUT, {"verdict": VERDICT}, {"fixed": "upstream"}), FIXED, "1.5 ms"),
    ],
    ids=["passed", "failed", "stage failed", "test failed", "known", "fixed"],
)
def test_a_report_is_a_row(report: pytest.TestReport, outcome: str, message: str) -> None:
    made = row_of(report)
    assert made is not None
    assert (made.test, made.outcome, made.message) == ("test_is_estimated", outcome, message)
    assert (made.case, made.known) == ("gru-u55", "why" if outcome == KNOWN else "")


@pytest.mark.parametrize(
    "report",
    [report_of("passed"), report_of("passed", ABOUT, when="setup"), report_of("passed", ABOUT, when="teardown")],
    ids=["another test", "setup", "teardown"],
)
def test_what_decides_nothing_is_no_row(report: pytest.TestReport) -> None:
    assert row_of(report) is None


def test_evidence_adds_up() -> None:
    entries = [{"evidence": [{"stage": stage, "key": stage}]} for stage in ("inspection", "compilation")]
    made = row_of(report_of("passed", ABOUT, *entries, {"verdict": VERDICT}))
    assert made is not None
    assert [entry["stage"] for entry in made.evidence] == ["inspection", "compilation"]


def test_the_worst_outcome_is_the_least_certain() -> None:
    assert worst([PASS, KNOWN, FIXED, FAIL, CANNOT_TELL]) == CANNOT_TELL
    assert worst([PASS, KNOWN, FIXED]) == FIXED
    assert worst([PASS]) == PASS
