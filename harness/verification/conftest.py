"""The given models, on the targets that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.fixtures import FIXTURES, ask, case, drop_unasked, hand_over, model, record, session_of, verify
from harness.given import answers
from harness.run import start
from harness.subjects import GivenModel

__all__ = ["case", "hand_over", "model", "verify"]
globals().update(FIXTURES)


@pytest.fixture
def given(request: pytest.FixtureRequest) -> GivenModel:
    """A model that was given, whether it can be judged or not."""
    value: GivenModel = request.param
    record(request.node, {"model": value.describe()})
    return value


def pytest_configure(config: pytest.Config) -> None:
    start(config)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    about_float_models = collection_path.name == "test_float_model.py"
    return (about_float_models and not session_of(config).has_float_models) or None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    session = session_of(metafunc.config)
    if "given" in metafunc.fixturenames:
        metafunc.parametrize("given", session.settled, ids=[entry.id for entry in session.settled], indirect=True)
    models = [model for model in session.judgeable if answers(model.beside, metafunc.fixturenames)]
    ask(metafunc, models, session.given_cases)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    drop_unasked(config, items)
