"""Windows one after the other, the states carried over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Iterable, Iterator, Mapping

import numpy as np

from harness.kernels import quantize_as, rescale_as

if TYPE_CHECKING:
    from .executor import Executor

Arrays = Dict[str, np.ndarray]


def state_names(inputs: Iterable[str], outputs: Iterable[str]) -> list[str]:
    """The names x of the states: inputs `x_in` that are fed from outputs `x_out`."""
    known = set(outputs)
    return [name[: -len("_in")] for name in inputs if name.endswith("_in") and name[: -len("_in")] + "_out" in known]


def details_of(executor: Executor) -> dict[str, Mapping[str, Any]]:
    """Inputs and outputs of a program by name, as an interpreter describes them."""
    program = executor.program
    return {place.name: place.detail for place in (*program.inputs, *program.outputs)}


def stream(executor: Executor, windows: Iterable[Arrays], count: int) -> Iterator[tuple[Arrays, Arrays]]:
    """All inputs and outputs, (count, ...) by tensor name, of windows that hold all inputs but the states.

    A state is zero in the first window and then the output of the window before, in the integers of the input.
    """
    program, details = executor.program, details_of(executor)
    states = state_names((place.name for place in program.inputs), (place.name for place in program.outputs))
    ends = [(stem + "_in", stem + "_out") for stem in states]
    carried = {to: quantize_as(np.zeros((count, *details[to]["shape"][1:])), details[to]) for to, _ in ends}
    for window in windows:
        inputs = {**window, **carried}
        outputs = executor.run(inputs)
        yield inputs, outputs
        carried = {to: rescale_as(outputs[of], details[of], details[to]) for to, of in ends}
