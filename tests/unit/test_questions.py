"""The jobs that answer a question depend on all that the question names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.catalog import grid
from harness.jobs import Job
from harness.questions import compilation, contract, looped_compilation
from harness.store import File
from harness.subjects import Case, GeneratedModel, GivenModel
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


def test_named_state_pairs_are_part_of_the_question() -> None:
    file = File(Path("m.tflite"), "0" * 64, "m.tflite")
    found, named, none = (
        contract(GivenModel("m", Path("m.tflite"), file, state_pairs=pairs)) for pairs in (None, (("a", "b"),), ())
    )
    assert (found.arguments, named.arguments, none.arguments) == ({}, {"pairs": [["a", "b"]]}, {"pairs": []})
    assert len({found.key, named.key, none.key}) == 3
