"""The given models, on the targets that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.asked import session_of
from harness.facts import record
from harness.fixtures import FIXTURES, ask, case, drop_unasked, hand_over, is_predictable, model, verify
from harness.gate import ask_limits, compare_error_with_baseline, compare_with_baseline, is_unasked, policy
from harness.given import answers
from harness.run import start
from harness.session import Session
from harness.subjects import GivenModel

__all__ = [
    "case",
    "compare_error_with_baseline",
    "compare_with_baseline",
    "hand_over",
    "model",
    "policy",
    "verify",
]
globals().update(FIXTURES)


ABOUT_VARIABLES = {"resets", "compiled_view"}
"""Evidence that is asked for where a model keeps something from one inference to the next."""


@pytest.fixture
def given(request: pytest.FixtureRequest) -> GivenModel:
    """A model that was given, whether it can be judged or not."""
    value: GivenModel = request.param
    record(request.node, {"model": value.describe()})
    return value


def pytest_configure(config: pytest.Config) -> None:
    start(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    no_float_model = collection_path.name == "test_float_model.py" and not session_of(config).has_float_models
    return is_unasked(collection_path, config) or no_float_model or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    session = session_of(metafunc.config)
    if "given" in metafunc.fixturenames:
        metafunc.parametrize("given", session.settled, ids=[entry.id for entry in session.settled], indirect=True)
    if not ask_limits(metafunc, session.given_cases):
        models = [model for model in session.judgeable if _is_asked(metafunc, session, model)]
        cases = [case for case in session.given_cases if case.model in models and is_predictable(metafunc, case)]
        ask(metafunc, models, cases)


def _is_asked(metafunc: pytest.Metafunc, session: Session, model: GivenModel) -> bool:
    """Whether there is what a test asks about: beside the model, or among what it keeps."""
    about_variables = not ABOUT_VARIABLES.isdisjoint(metafunc.fixturenames)
    keeps = session.keeps_variables(model) if about_variables else True
    return keeps and answers(model.beside, metafunc.fixturenames)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    drop_unasked(config, items)
