"""What the unit tests share: an engine whose children find the modules of this folder, and the sample models."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import plain
from harness.engine import Engine
from harness.outcome import Outcome
from harness.pool import Pool
from harness.session import Session, Settings
from harness.stages import LITERT, STAGES, VELA, Stage
from harness.store import Store

HERE = Path(__file__).parent
MISBEHAVING = (
    "returns",
    "echoes",
    "raises",
    "segfaults",
    "is_ended_by_a_real_time_signal",
    "aborts",
    "is_killed",
    "exits",
    "hangs",
    "eats_memory",
    "lets_another_eat_memory",
    "runs_out_of_memory",
    "makes_noise",
    "makes_noise_and_dies",
    "imports_what_is_missing",
    "returns_what_is_not_plain",
    "counts_its_runs",
    "tells_its_process",
    "tells_its_setting",
)
LIMITS = {
    "hangs": {"seconds": 1},
    "eats_memory": {"megabytes": 160},
    "lets_another_eat_memory": {"megabytes": 160},
}


@pytest.fixture(scope="session")
def open_engine() -> Iterator[Callable[..., Engine]]:
    """Opens engines; stages of the tests live beside the tests, and their children find them as any other module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
        yield lambda root, *, spawn=False, workers=2: Engine(Store(root), Pool(spawn=spawn), workers)


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory, open_engine: Callable[..., Engine]) -> Iterator[Engine]:
    """The harness's own engine on a store of its own."""
    engine = open_engine(tmp_path_factory.mktemp("store"))
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the committed sample models."""
    return HERE.parent / "models"


@pytest.fixture(scope="session")
def whole(engine: Engine) -> Callable[[Outcome], Any]:
    """The value of an outcome with its bytes objects, which the engine leaves on the disk."""
    return lambda outcome: plain.load(engine.store.entry_path(outcome.key))["value"]


@pytest.fixture(scope="module")
def prediction_stages() -> Iterator[None]:
    """The stages of `placement_stages`."""
    with pytest.MonkeyPatch.context() as patch:
        for name, tools in (("judge_rows", VELA), ("judge_more", VELA), ("built", LITERT), ("predict_in_words", VELA)):
            patch.setitem(STAGES, name, Stage(f"placement_stages:{name}", tools, seconds=300))
        yield


@pytest.fixture(scope="module")
def misbehaving_stages() -> Iterator[None]:
    """The stages of `misbehaving`."""
    with pytest.MonkeyPatch.context() as patch:
        # Their servers import no more than they need.
        patch.setattr("harness.workplace.modules_of", lambda tools: tools)
        for name in MISBEHAVING:
            patch.setitem(STAGES, name, Stage(f"misbehaving:{name}", ("numpy",), **LIMITS.get(name, {})))
        yield


@pytest.fixture
def start(tmp_path: Path, open_engine: Callable[..., Engine]) -> Iterator[Callable[..., Engine]]:
    """Starts engines on one store, as runs of pytest one after another; closes them at the end."""
    engines: list[Engine] = []

    def start_engine(*, spawn: bool = False, workers: int = 2) -> Engine:
        engines.append(open_engine(tmp_path / "store", spawn=spawn, workers=workers))
        return engines[-1]

    yield start_engine
    for engine in engines:
        engine.close()


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """A session with a store of its own."""
    return Session(Settings(store=tmp_path / "store"))
