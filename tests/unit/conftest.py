"""What the unit tests share: an engine whose children find the modules of this folder, and the sample models."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import plain
from harness.engine import Engine, Outcome
from harness.pool import Pool
from harness.store import Store

HERE = Path(__file__).parent


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
