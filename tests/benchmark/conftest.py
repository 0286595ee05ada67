"""Benchmarks: run only where they are asked for (`pytest tests/benchmark --benchmark-only`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from benchmarked import ESTIMATED, SAMPLES

from harness.asked import session_of
from harness.engine import Engine
from harness.pool import Pool
from harness.questions import inspection
from harness.session import Session
from harness.store import Store
from harness.subjects import Case, given_models

COLUMNS = ["min", "mean", "rounds"]
"""Estimates do not spread; the columns of spread are shown where --benchmark-columns asks for them."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Not collected in other runs: a benchmark that is skipped is a skip, of which there are none.

    Where growth fails the run, estimates alone are judged: the clock on the wall strays by more than any limit on them.
    """
    strays = collection_path.name == "test_stages.py" and bool(config.getoption("benchmark_compare_fail"))
    return None if config.getoption("benchmark_only") and not strays else True


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("benchmark_only") and not config.getoption("benchmark_columns"):
        config.option.benchmark_columns = COLUMNS


def cases(session: Session) -> list[Case]:
    """The models that were given, or the samples, on the targets that were asked for."""
    models = session.given or given_models([SAMPLES / name for name in ESTIMATED], session.store)
    return [Case(model, target, session.config_file) for model in models for target in session.given_targets]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "estimated" in metafunc.fixturenames:
        asked = cases(session_of(metafunc.config))
        metafunc.parametrize("estimated", asked, ids=[case.id for case in asked])


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Gives engines on empty stores, all with one pool, whose servers are started before anything is timed."""
    pool = Pool()
    engines: list[Engine] = []

    def begin() -> Engine:
        engines.append(Engine(Store(tmp_path / f"store_{len(engines)}"), pool, 1))
        return engines[-1]

    (model,) = given_models([SAMPLES / ESTIMATED[0]], begin().store)
    assert engines[0].observe(inspection(model)).done
    yield begin
    for engine in engines:
        engine.close()
