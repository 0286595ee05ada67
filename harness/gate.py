"""Fixtures that gate: the policy of a model or case, its limits as tests, and the comparison with a baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

import pytest

from harness.asked import Nothing, running, session_of, subjects_of
from harness.baseline import Change, case_entry, compare_case, compare_model, model_entry
from harness.checks import Verdict, is_no_worse_than_baseline
from harness.evidence import Compilation, QuantizationErrors
from harness.facts import record
from harness.policy import Policy
from harness.rules import Bound
from harness.session import Session
from harness.spec import Weights
from harness.subjects import Case, GeneratedModel, GivenModel, Model

CompareCase = Callable[[Compilation], Verdict]
CompareModel = Callable[[QuantizationErrors], Verdict]
ABOUT_LIMITS, ABOUT_BASELINE = "test_policy.py", "test_baseline.py"
"""The files of a suite that are collected only where a limit or a baseline is given."""

UNMEASURED = "unmeasured"
JUDGED_ELSEWHERE = "follows_the_float_model, keeps_the_metric"
"""What judges the error and the accuracy of a given model: it is not asked twice."""

EVIDENCE_OF = {f"{evidence}_limit": evidence for evidence in ("cost", "work", "error", "accuracy", UNMEASURED)}
"""What a test asks for to be run once for each limit on evidence of this kind."""


def is_unasked(path: Path, config: pytest.Config) -> bool:
    """Whether a file of a suite is about limits or a baseline that nobody gave."""
    if path.name == ABOUT_LIMITS:
        return not session_of(config).limits_figures
    return path.name == ABOUT_BASELINE and session_of(config).baseline is None


def ask_limits(metafunc: pytest.Metafunc, cases: Iterable[Case]) -> bool:
    """Ask a test once for each case and limit, if it is about limits; returns whether it is."""
    names = [name for name in EVIDENCE_OF if name in metafunc.fixturenames]
    if not names:
        return False
    session = session_of(metafunc.config)
    asked: list[tuple[object, object, str]] = [
        (case, bound, f"{case.id}-{bound.id}")
        for case in cases
        for bound in session.bounds(case)
        if _evidence(bound, case.model) == EVIDENCE_OF[names[0]]
    ] or [(Nothing(), Nothing(), Nothing().id)]
    metafunc.parametrize(
        ("case", names[0]),
        [(case, bound) for case, bound, _ in asked],
        ids=[name for _, _, name in asked],
        indirect=["case"],
    )
    return True


@pytest.fixture
def policy() -> Policy:
    """What the model, or the case, that a test is about is allowed."""
    item = running()
    subjects = subjects_of(item)
    ids = [subjects[name].id for name in ("model", "case") if name in subjects]
    return session_of(item.config).policy(*ids)


@pytest.fixture
def compare_with_baseline(case: Case, policy: Policy) -> CompareCase:
    """Compares a compiled case with the baseline, and keeps what is observed for the next one."""
    session = session_of(running().config)

    def compare(compiled: Compilation) -> Verdict:
        entry, accepted = case_entry(compiled), _accepted(session, "cases", case.id)
        changes = compare_case(case.id, accepted, entry, policy, judge_cycles=session.judges_cycles)
        return _judge(session, policy, {"section": "cases", "id": case.id, "entry": entry}, changes)

    return compare


@pytest.fixture
def compare_error_with_baseline(model: Model, policy: Policy) -> CompareModel:
    """Compares the error of a model with the baseline, and keeps what is observed for the next one."""
    session = session_of(running().config)

    def compare(errors: QuantizationErrors) -> Verdict:
        entry, accepted = model_entry(errors), _accepted(session, "models", model.id)
        changes = compare_model(model.id, accepted, entry, policy)
        return _judge(session, policy, {"section": "models", "id": model.id, "entry": entry}, changes)

    return compare


def _judge(session: Session, policy: Policy, observed: dict[str, object], changes: list[Change]) -> Verdict:
    record(running(), {"baseline": {**observed, "changes": [asdict(change) for change in changes]}})
    return is_no_worse_than_baseline([] if session.settings.update_baseline else changes, policy)


def _accepted(session: Session, section: str, name: str) -> dict[str, object] | None:
    entries: dict[str, dict[str, object]] = getattr(session.baseline, section, {})
    return entries.get(name)


def _evidence(bound: Bound, model: Model) -> str:
    """What a limit is measured on for a model, that it is not measured for it, or that a claim of its own judges it."""
    beside = model.beside if isinstance(model, GivenModel) else None
    if beside and {"error": beside.reference, "accuracy": beside.metric}.get(bound.limit.evidence):
        return JUDGED_ELSEWHERE
    generated = isinstance(model, GeneratedModel)
    trained = isinstance(model, GeneratedModel) and model.spec.weights is Weights.MNIST
    measured = {"error": generated, "accuracy": trained}.get(bound.limit.evidence, True)
    return bound.limit.evidence if measured else UNMEASURED
