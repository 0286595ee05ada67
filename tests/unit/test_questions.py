"""The jobs that answer a question depend on all that the question names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog import grid
from harness.jobs import Job
from harness.questions import compilation, looped_compilation
from harness.store import File
from harness.subjects import Case, GeneratedModel
from harness.target import VelaConfig, choose_target

MODEL = GeneratedModel(grid((4,), (3,))[0], {})
TARGET = choose_target(VelaConfig.installed(), "ethos-u55-128")
OWN = File(Path("soc.ini"), "f" * 64, "soc.ini")


@pytest.mark.parametrize("ask", [compilation, looped_compilation])
def test_a_configuration_of_the_user_reaches_every_compilation_and_its_key(ask: Callable[[Case], Job]) -> None:
    shipped, own = ask(Case(MODEL, TARGET)), ask(Case(MODEL, TARGET, OWN))
    assert "config" not in shipped.inputs
    assert own.inputs["config"] == OWN
    assert shipped.key != own.key
