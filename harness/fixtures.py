"""Fixtures that ask: one for each kind of evidence, about a model or about a case (a model on a target).

A suite of claims imports them into its conftest and says which models it asks about (`ask`). A claim is then one line:
`def test_runs_entirely_on_the_npu(compilation, verify): verify(fully_on_npu(compilation))`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest

from harness.answers import EVIDENCE, Evidence
from harness.checks import Verdict, figures_of
from harness.errors import UsageError
from harness.evidence import Contract
from harness.explain import explain_failure
from harness.facts import record
from harness.handover import to_c
from harness.jobs import Job
from harness.known import Question
from harness.offline import refuse_network
from harness.options import PREFIX
from harness.outcome import Outcome
from harness.plain import write_atomically
from harness.reproducer import write_reproducer
from harness.session import Session
from harness.settings import Settings
from harness.subjects import Case, GeneratedModel, GivenModel, Model, name_of

Verify = Callable[[Verdict], None]
HandOver = Callable[[Contract], None]
SESSION = pytest.StashKey[Session]()
JOBS = pytest.StashKey[list[Job]]()


@dataclass(frozen=True, slots=True)
class Nothing:
    """Stands for the subject of a test that there is nothing to ask about."""

    id: str = "nothing"


def session_of(config: pytest.Config) -> Session:
    """The run of the harness that this pytest run is; made when first asked for, from the options.

    Raises pytest.UsageError where an option cannot be met.
    """
    if SESSION not in config.stash:
        settings = settings_of(config)
        if settings.offline:
            refuse_network()
        try:
            session = Session(settings)
            session.check()
        except UsageError as error:
            raise pytest.UsageError(str(error)) from None
        config.stash[SESSION] = session
    return config.stash[SESSION]


def settings_of(config: pytest.Config) -> Settings:
    """The settings of this pytest run: its options, and those of the project that it was started in.

    Raises pytest.UsageError for a value that is not of the option's kind.
    """
    try:
        return Settings.read(lambda name: config.getoption(PREFIX + name), config.invocation_params.dir)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None


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
    unasked = [item for item in items if any(isinstance(value, Nothing) for value in _parameters(item).values())]
    if unasked:
        items[:] = [item for item in items if item not in unasked]
        config.hook.pytest_deselected(items=unasked)


def jobs_of(item: pytest.Item) -> list[Job]:
    """The jobs that a test will wait for; none for a test that is not ours, whatever its fixtures are called."""
    if JOBS not in item.stash:
        item.stash[JOBS] = _jobs(item)
    return item.stash[JOBS]


def _jobs(item: pytest.Item) -> list[Job]:
    names = [name for name in getattr(item, "fixturenames", ()) if name in EVIDENCE]
    subjects = _subjects(_parameters(item)) if names else {}
    asked = [(name, subjects.get(EVIDENCE[name].about)) for name in names]
    return [_job(session_of(item.config), name, subject) for name, subject in asked if subject is not None]


def _job(session: Session, name: str, subject: Case | Model) -> Job:
    return session.once(("job", name, subject.id), lambda: EVIDENCE[name].job(subject))


def test_of(item: pytest.Item) -> str:
    """The name of a test without its parameters."""
    return str(getattr(item, "originalname", item.name))


def question_of(item: pytest.Item) -> Question:
    """What a test asks."""
    subjects = _subjects(_parameters(item))
    model, case = subjects.get("model"), subjects.get("case")
    return Question(
        test=test_of(item),
        model=model.id if model else "",
        target=case.target_id if case else "",
        toolchain=name_of(model.toolchain if isinstance(model, GeneratedModel) else None),
        vela=name_of(case.vela) if case else "",
    )


def _subjects(parameters: dict[str, Any]) -> dict[str, Any]:
    case, model = parameters.get("case"), parameters.get("model")
    if isinstance(case, Case):
        return {"case": case, "model": case.model}
    return {"model": model} if isinstance(model, (GivenModel, GeneratedModel)) else {}


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """The model and the target that a test is about."""
    value: Case = request.param
    record(
        request.node,
        {"model": value.model.describe(), "target": value.describe_target()},
    )
    return value


@pytest.fixture
def model(request: pytest.FixtureRequest) -> Model:
    """The model that a test is about."""
    if not hasattr(request, "param"):
        of_case: Model = request.getfixturevalue("case").model
        return of_case
    value: Model = request.param
    record(request.node, {"model": value.describe()})
    return value


@pytest.fixture
def verify(request: pytest.FixtureRequest) -> Verify:
    """Record a verdict for the report and fail with its message if it does not hold."""

    def judge(verdict: Verdict) -> None:
        record(request.node, {"verdict": figures_of(verdict)})
        if not verdict:
            pytest.fail(str(verdict), pytrace=False)

    return judge


@pytest.fixture
def hand_over(request: pytest.FixtureRequest, model: Model) -> HandOver:
    """Write a contract that needs a rescale as C, `contracts/MODEL.h` beside the report."""

    def write(contract: Contract) -> None:
        if contract.differing:
            folder = session_of(request.config).settings.report_dir / "contracts"
            header = to_c([pair.to_plain() for pair in contract.pairs if pair.output_scale is not None], model.id)
            write_atomically(folder / f"{model.id}.h", header.encode())

    return write


def _evidence_fixture(name: str, evidence: Evidence) -> object:
    if evidence.about == "case":

        @pytest.fixture(name=name)
        def of_case(request: pytest.FixtureRequest, case: Case) -> object:
            return _observe(request, name, case)

        return of_case

    @pytest.fixture(name=name)
    def of_model(request: pytest.FixtureRequest, model: Model) -> object:
        return _observe(request, name, model)

    return of_model


def _observe(request: pytest.FixtureRequest, name: str, subject: Case | Model) -> object:
    session = session_of(request.config)
    outcome = session.engine.observe(_job(session, name, subject))
    record(request.node, {"evidence": [{"name": name, "stage": outcome.stage, "key": outcome.key}]})
    if outcome.done:
        return session.once(("evidence", name, outcome.key), lambda: EVIDENCE[name].read(outcome.value))
    return fail_untold(request, session, outcome)


def fail_untold(request: pytest.FixtureRequest, session: Session, outcome: Outcome) -> NoReturn:
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
    record(request.node, {"failure": failure})
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


def _parameters(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else dict(callspec.params)


FIXTURES = {name: _evidence_fixture(name, evidence) for name, evidence in EVIDENCE.items()}
"""A fixture for each kind of evidence, by name; a conftest takes them into its own names."""
