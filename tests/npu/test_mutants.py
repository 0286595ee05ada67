"""Nothing that these changes break goes unnoticed: by another output, an error, or the audit."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.npu import Executor, NpuError, load
from harness.npu.audit import audit_program
from harness.npu.source import SourceOperator, source_operators

from .mutants import MUTATIONS, Mutate, swapped_weights, weight_plus_one, with_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.npu.program import Program

    from .codec import Codec
    from .workshop import Expected, Workshop

MUTANTS, MANY_MUTANTS, DAMAGED = 12, 100, 100
CASES = (("rnn", "u55-128"), ("gru", "u55-128"), ("rnn", "u65-256"), ("gru", "u85-256"))
Case = tuple["Program", "list[SourceOperator]", "Expected"]


def how_seen(program: Program, sources: list[SourceOperator], expected: Expected, name: bytes = b"") -> str:
    """Return "error", "output", "audit", or "" for a change that went unnoticed.

    A program with other outputs is unnoticed if it has the `name` of the one that it was made of.
    """
    try:
        executor = Executor(program)
        found = executor.run(expected.inputs)
    except NpuError:
        return "error"
    if any(np.any(found[output] != values) for output, values in expected.double.items()):
        return "output" if executor.name != name else ""
    return "audit" if any(audit_program(sources, program)["findings"].values()) else ""


def make_case(workshop: Workshop, cell: str, accelerator: str) -> Case:
    name = f"{cell}_transfer_32x8"
    program = load(workshop.compiled(name, accelerator).read_bytes())
    return program, source_operators(workshop.source(name)), workshop.expected(name)


@pytest.fixture(params=CASES, ids="_".join)
def case(request: pytest.FixtureRequest, workshop: Workshop) -> Case:
    return make_case(workshop, *request.param)


def test_the_program_itself_is_right(case: Case) -> None:
    assert how_seen(*case) == ""


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_mutant_is_seen(case: Case, mutation: str) -> None:
    _assert_seen(case, MUTATIONS[mutation], range(MUTANTS))


@pytest.mark.slow
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_many_more_mutants_are_seen(case: Case, mutation: str) -> None:
    _assert_seen(case, MUTATIONS[mutation], range(MUTANTS, MANY_MUTANTS))


@pytest.mark.parametrize("change", [swapped_weights, weight_plus_one])
@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_changed_weights_are_seen(workshop: Workshop, codec: Codec, cell: str, change: Callable[..., Program]) -> None:
    case = make_case(workshop, cell, "u55-128")
    _assert_seen(case, functools.partial(change, encode=codec.encode), range(MUTANTS))


def _assert_seen(case: Case, mutation: Mutate, seeds: range) -> None:
    program, sources, expected = case
    name = Executor(program).name
    for seed in seeds:
        mutant = mutation(np.random.default_rng(seed), program)
        assert how_seen(mutant, sources, expected, name), f"seed {seed} went unnoticed"


@pytest.mark.parametrize("accelerator", ["u55-128", "u85-256"])
def test_damaged_words_run_or_raise(workshop: Workshop, accelerator: str) -> None:
    """Whatever a stream says, it ends, and it ends in outputs or in an error of this package."""
    program = load(workshop.compiled("rnn_transfer_32x8", accelerator).read_bytes())
    words = program.streams[0].words
    inputs = {place.name: np.zeros((1, *place.sample_shape), np.int8) for place in program.inputs}
    rng = np.random.default_rng(0)
    raised = 0
    for _ in range(DAMAGED):
        damaged = words.copy()
        places = rng.integers(0, len(words), int(rng.integers(1, 4)))
        damaged[places] ^= (1 << rng.integers(0, 32, len(places))).astype(words.dtype)
        try:
            Executor(with_words(program, damaged)).run(inputs)
        except NpuError:
            raised += 1
    assert 0 < raised < DAMAGED
