"""Runs of pytest and ethos-u-check in folders of their own, on one store, so that each result is computed once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from runs import Folder

from harness.store import ENVIRONMENT

# These plugins take most of the time of a short run, and have no part in it.
QUICKLY = "-p no:hypothesispytest -p no:benchmark"


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where every run keeps its results."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def folder(tmp_path: Path, shared_store: Path) -> Folder:
    """An empty folder; nothing of the run around it reaches the runs in it."""
    foreign = ("PYTEST_", "PYTHON", "COV_", "CI", "FORCE_COLOR", "COLUMNS")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return Folder(tmp_path, {**inherited, ENVIRONMENT: str(shared_store), "PYTEST_ADDOPTS": QUICKLY})


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the committed sample models."""
    return Path(__file__).parent.parent / "models"
