"""Of one name, the same is computed; that a program that computes something else has another, the mutants show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.npu import Executor, load
from harness.npu.identity import Origins, name_of

from .workshop import TARGETS

if TYPE_CHECKING:
    from harness.npu.program import Program

    from .workshop import Workshop

NOTHING = np.zeros(4, np.uint8)


@pytest.mark.parametrize("name", ["gru_transfer_32x8", "lstm_none_32x8"])
def test_accelerators_of_a_family_compute_the_same_at_other_places(workshop: Workshop, name: str) -> None:
    programs = {target: load(workshop.compiled(name, target).read_bytes()) for target in TARGETS}
    names = {target: Executor(program).name for target, program in programs.items()}
    assert len({program.streams[0].words.tobytes() for program in programs.values()}) == len(TARGETS)
    assert len({names[target] for target in ("u55-32", "u55-64", "u55-128", "u55-256")}) == 1
    assert len(set(names.values())) < len(TARGETS)


def test_models_have_names_of_their_own(workshop: Workshop) -> None:
    cells = ("gru_transfer_32x8", "rnn_transfer_32x8", "lstm_transfer_32x8", "lstm_none_32x8", "conv", "max_pool")
    assert len({Executor(load(workshop.compiled(cell, "u55-128").read_bytes())).name for cell in cells}) == len(cells)


def test_a_name_tells_inputs_and_outputs_apart(workshop: Workshop) -> None:
    program = load(workshop.compiled("gru_transfer_32x8", "u55-128").read_bytes())
    assert len({Executor(changed).name for changed in (program, _swapped(program), _renamed(program))}) == 3


def _renamed(program: Program) -> Program:
    return program._replace(inputs=tuple(place._replace(name=f"{place.name}_") for place in program.inputs))


def _swapped(program: Program) -> Program:
    """An output that is read at the place of the other one."""
    first, second = program.outputs
    return program._replace(outputs=(first, second._replace(offset=first.offset)))


def test_bytes_are_named_by_result_and_place() -> None:
    origins = Origins()
    one, other = origins.tags(b"1" * 16, 8), origins.tags(b"2" * 16, 8)
    sequences = [one[:4], one[4:], one[::2], one[3::-1], other[:4], np.r_[one[:2], other[:2]], np.r_[one[:3], [0]]]
    names = {origins.name(tags, NOTHING) for tags in sequences}
    assert len(names) == len(sequences)
    assert origins.name(np.r_[one[:3], [0]], NOTHING + np.uint8(1)) not in names


def test_bytes_of_the_same_results_have_one_name_in_every_program() -> None:
    here, there = Origins(), Origins()
    there.tags(b"another result..", 100)
    tags = [origins.tags(b"1" * 16, 8)[2:6] for origins in (here, there)]
    assert here.name(tags[0], NOTHING) == there.name(tags[1], NOTHING)


def test_parts_of_a_name_do_not_run_together() -> None:
    assert name_of(b"ab", b"c") != name_of(b"a", b"bc") != name_of(b"abc")
