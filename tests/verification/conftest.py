"""The compatibility matrix: the guide's models, generated, on the targets that were asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import catalog
from harness.fixtures import FIXTURES, ask, case, drop_unasked, model, session_of, verify
from harness.known import read_known_failures
from harness.questions import Case, generated_model
from harness.run import KNOWN_FAILURES, start
from harness.spec import RnnSpec, StateStyle

ROOT = Path(__file__).resolve().parent.parent.parent
__all__ = ["case", "model", "verify"]
globals().update(FIXTURES)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "npu_models(name): which of the catalog's models a test asks about")
    start(config)
    config.stash[KNOWN_FAILURES] = read_known_failures(ROOT / "tests" / "known_failures.toml")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    session = session_of(metafunc.config)
    models = [generated_model(spec, ROOT / "data", session.store) for spec in _asked(metafunc)]
    cases = [Case(model, target, session.config_file) for model in models for target in session.targets]
    ask(metafunc, models, cases)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    drop_unasked(config, items)


def _asked(metafunc: pytest.Metafunc) -> tuple[RnnSpec, ...]:
    """The guide's models; a test marked `npu_models("...")` asks about others."""
    marker = metafunc.definition.get_closest_marker("npu_models")
    return MODELS[marker.args[0] if marker else "guide"]


MODELS = {
    "guide": catalog.GUIDE,
    "windows": catalog.WINDOWS,
    "slice": (catalog.SLICE,),
    "stateless": tuple(spec for spec in catalog.GUIDE if spec.state is StateStyle.NONE),
}
