"""Windows one after the other, the states carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, Mapping, NamedTuple, Optional, Sequence

import numpy as np

from harness.kernels import quantize_as, rescale_as
from harness.pairing import Port, pair_ports

if TYPE_CHECKING:
    from .executor import Executor
    from .program import Place, Program

Arrays = Dict[str, np.ndarray]
Pairs = Optional[Sequence[Sequence[str]]]
"""States by name, [output, input]; None: those that are found."""


class State(NamedTuple):
    """What is carried over: its name, the output that holds it, and the input that it becomes."""

    name: str
    output: str
    input: str


def states_of(outputs: list[Port], inputs: list[Port], named: Pairs = None) -> list[State]:
    """The states of a model, as `harness.pairing.pair_states`; raises ModelError for a name that does not exist."""
    pairs = pair_ports(outputs, inputs, named).pairs
    return [
        State(source.stem or output.stem or source.name, output.name, source.name)
        for output, source in pairs
        if output.kind == source.kind
    ]


def states_of_program(program: Program, named: Pairs = None) -> list[State]:
    """The states of a compiled model."""
    return states_of(_ports(program.outputs), _ports(program.inputs), named)


def _ports(places: Iterable[Place]) -> list[Port]:
    return [Port(number, place.name, place.name, place.shape, place.dtype) for number, place in enumerate(places)]


def details_of(executor: Executor) -> dict[str, Mapping[str, Any]]:
    """Inputs and outputs of a program by name, as an interpreter describes them."""
    program = executor.program
    return {place.name: place.detail for place in (*program.inputs, *program.outputs)}


def stream(
    executor: Executor, windows: Iterable[Arrays], count: int, named: Pairs = None
) -> Iterator[tuple[Arrays, Arrays]]:
    """All inputs and outputs, (count, ...) by tensor name, of windows that hold all inputs but the states.

    A state is zero in the first window and then the output of the window before, in the integers of the input.
    """
    states, details = states_of_program(executor.program, named), details_of(executor)
    carried = {to: quantize_as(np.zeros((count, *details[to]["shape"][1:])), details[to]) for _, _, to in states}
    for window in windows:
        inputs = {**window, **carried}
        outputs = executor.run(inputs)
        yield inputs, outputs
        carried = {to: rescale_as(outputs[of], details[of], details[to]) for _, of, to in states}
