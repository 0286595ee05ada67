"""Fixtures that ask: one for each kind of evidence, about a model or about a case (a model on a target).

A suite of claims starts a run in its conftest (`run.start`), imports them there and says which models it asks about
(`ask`). A claim is then one line:
`def test_runs_entirely_on_the_npu(compilation, verify): verify(fully_on_npu(compilation))`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

import pytest

from harness.answers import EVIDENCE, Evidence
from harness.asked import Nothing, job_of, parameters_of, running, session_of, subjects_of
from harness.checks import Verdict, figures_of
from harness.evidence import Contract
from harness.explain import explain_failure
from harness.facts import fact, record
from harness.handover import to_c
from harness.outcome import Outcome
from harness.plain import write_atomically
from harness.reproducer import write_reproducer
from harness.session import Session
from harness.subjects import Case, Model

Verify = Callable[[Verdict], None]
HandOver = Callable[[Contract], None]


def ask(metafunc: pytest.Metafunc, models: Iterable[Model], cases: Iterable[Case]) -> None:
    """Ask a test once for each case if its evidence is about cases, else once for each model."""
    if "case" in metafunc.fixturenames:
        _parametrize(metafunc, "case", list(cases))
    elif "model" in metafunc.fixturenames:
        _parametrize(metafunc, "model", list(models))


def is_predictable(metafunc: pytest.Metafunc, case: Case) -> bool:
    """Whether a test about this case makes sense: the constraints that predict placement are those of today's Vela."""
    return case.vela is None or "operators" not in metafunc.fixturenames


def drop_unasked(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out the tests that there was nothing to ask about, so that they do not show as skipped."""
    unasked = [item for item in items if any(isinstance(value, Nothing) for value in parameters_of(item).values())]
    if unasked:
        items[:] = [item for item in items if item not in unasked]
        config.hook.pytest_deselected(items=unasked)


@pytest.fixture
def case() -> Case:
    """The model and the target that a test is about."""
    value: Case = subjects_of(running())["case"]
    _tell(value.id, {"model": value.model.describe, "target": value.describe_target})
    return value


@pytest.fixture
def model() -> Model:
    """The model that a test is about."""
    subjects = subjects_of(running())
    value: Model = subjects["model"]
    if "case" not in subjects:
        _tell(value.id, {"model": value.describe})
    return value


def _tell(subject: str, parts: dict[str, Callable[[], Any]]) -> None:
    """Record what a test is about; put into words once for all tests about it."""
    item = running()
    words = session_of(item.config).once(
        ("told", subject), lambda: fact({name: describe() for name, describe in parts.items()})
    )
    item.user_properties.append(words)


@pytest.fixture(scope="session")
def verify() -> Verify:
    """Record a verdict for the report and fail with its message if it does not hold."""

    def judge(verdict: Verdict) -> None:
        record(running(), {"verdict": figures_of(verdict)})
        if not verdict:
            pytest.fail(str(verdict), pytrace=False)

    return judge


@pytest.fixture
def hand_over(model: Model) -> HandOver:
    """Write a contract that needs a rescale as C, `contracts/MODEL.h` beside the report."""

    def write(contract: Contract) -> None:
        if contract.differing:
            folder = session_of(running().config).settings.report_dir / "contracts"
            header = to_c([pair.to_plain() for pair in contract.pairs if pair.output_scale is not None], model.id)
            write_atomically(folder / f"{model.id}.h", header.encode())

    return write


def _evidence_fixture(name: str, evidence: Evidence) -> object:
    if evidence.about == "case":

        @pytest.fixture(name=name)
        def of_case(case: Case) -> object:
            return _observe(name, case)

        return of_case

    @pytest.fixture(name=name)
    def of_model(model: Model) -> object:
        return _observe(name, model)

    return of_model


def _observe(name: str, subject: Case | Model) -> object:
    item = running()
    session = session_of(item.config)
    outcome = session.engine.observe(job_of(session, name, subject))
    record(item, {"evidence": [{"name": name, "stage": outcome.stage, "key": outcome.key}]})
    if outcome.done:
        return session.once(("evidence", name, outcome.key), lambda: EVIDENCE[name].read(outcome.value))
    return fail_untold(item, session, outcome)


def fail_untold(item: pytest.Item, session: Session, outcome: Outcome) -> NoReturn:
    """Fail a test whose stage gave no value, with the cause and the way to see it again."""
    cause = explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)
    failure = {
        "cause": cause.sentence,
        "remedy": cause.remedy,
        "sentence": outcome.sentence,
        "stage": outcome.stage,
        "kind": outcome.kind,
        "signal": outcome.signal,
        "detail": outcome.detail,
        "reproduce": outcome.reproduce,
        "reproducer": _write_reproducer(session, outcome) if cause.certainty == "unknown" else "",
    }
    record(item, {"failure": failure})
    message = f"cannot tell: {outcome.sentence}\n{cause.sentence}; {cause.remedy}\nagain: {outcome.reproduce}"
    pytest.fail(message, pytrace=False)


def _write_reproducer(session: Session, outcome: Outcome) -> str:
    """Write a script that shows a failure of which nobody knows the cause; its place beside the report, if any."""
    task = session.store.failure_task(outcome.key)
    if not task.exists():
        return ""
    described = json.loads(task.read_text(encoding="utf-8"))
    folder = session.settings.report_dir
    written = write_reproducer(folder / "reproducers", outcome.key[:16], described, outcome.sentence)
    return written.relative_to(folder).as_posix()


def _parametrize(metafunc: pytest.Metafunc, name: str, subjects: list[Any]) -> None:
    asked = subjects or [Nothing()]
    metafunc.parametrize(name, asked, ids=[subject.id for subject in asked], indirect=True)


FIXTURES = {name: _evidence_fixture(name, evidence) for name, evidence in EVIDENCE.items()}
"""A fixture for each kind of evidence, by name; a conftest takes them into its own names."""
