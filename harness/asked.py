"""What a pytest run asks: the session behind it, and of each test its subjects, its jobs and its question."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pytest

from harness.answers import EVIDENCE
from harness.errors import UsageError
from harness.jobs import Job
from harness.known import Question
from harness.offline import refuse_network
from harness.options import PREFIX
from harness.session import Session
from harness.settings import Settings
from harness.subjects import Case, GeneratedModel, GivenModel, Model, name_of

SESSION = pytest.StashKey[Session]()
JOBS = pytest.StashKey[list[Job]]()
RUNNING: ContextVar[pytest.Item] = ContextVar("running")


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


def running() -> pytest.Item:
    """The test that runs now; pytest runs one after the other.

    To ask for `request` or `pytestconfig` instead takes pytest longer than most claims do.
    """
    return RUNNING.get()


def jobs_of(item: pytest.Item) -> list[Job]:
    """The jobs that a test will wait for; none for a test that is not ours, whatever its fixtures are called."""
    if JOBS not in item.stash:
        item.stash[JOBS] = _jobs(item)
    return item.stash[JOBS]


def _jobs(item: pytest.Item) -> list[Job]:
    names = [name for name in getattr(item, "fixturenames", ()) if name in EVIDENCE]
    subjects = subjects_of(item) if names else {}
    asked = [(name, subjects.get(EVIDENCE[name].about)) for name in names]
    return [job_of(session_of(item.config), name, subject) for name, subject in asked if subject is not None]


def job_of(session: Session, name: str, subject: Case | Model) -> Job:
    """The job that answers what a fixture of this name is about."""
    return session.once(("job", name, subject.id), lambda: EVIDENCE[name].job(subject))


def test_of(item: pytest.Item) -> str:
    """The name of a test without its parameters."""
    return str(getattr(item, "originalname", item.name))


def question_of(item: pytest.Item) -> Question:
    """What a test asks."""
    subjects = subjects_of(item)
    model, case = subjects.get("model"), subjects.get("case")
    return Question(
        test=test_of(item),
        model=model.id if model else "",
        target=case.target_id if case else "",
        toolchain=name_of(model.toolchain if isinstance(model, GeneratedModel) else None),
        vela=name_of(case.vela) if case else "",
    )


def subjects_of(item: pytest.Item) -> dict[str, Any]:
    """The `model` that a test is about and the `case`, if it is about one; nothing for a test that is not ours."""
    parameters = parameters_of(item)
    case, model = parameters.get("case"), parameters.get("model")
    if isinstance(case, Case):
        return {"case": case, "model": case.model}
    return {"model": model} if isinstance(model, (GivenModel, GeneratedModel)) else {}


def parameters_of(item: pytest.Item) -> dict[str, Any]:
    """The parameters of a test by name."""
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else dict(callspec.params)
