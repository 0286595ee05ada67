"""Runs a compiled program on a batch of inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

import numpy as np

from .access import Run
from .cpu import cpu_operators
from .errors import InputError
from .loader import load
from .planning import make_plan

if TYPE_CHECKING:
    from .coverage import Coverage
    from .program import Place, Program
    from .reference import Reference

HARDWARE, REFERENCE = "hardware", "reference"
ROUNDINGS = (HARDWARE, REFERENCE)
MOST_AT_ONCE = 96
"""Inputs that are computed together: more no longer fit the caches (GRU 256x28: 0.7 ms each by 96, 1.0 by 256)."""

MOST_BYTES, BYTES_A_BYTE = 256 << 20, 16
"""What may be taken at once, and what is taken for each byte of the NPU's memory: values are computed in int64."""


class Executor:
    """A program that is ready to run: decoded, checked, weights unpacked. Raises NpuError for what cannot run."""

    def __init__(self, program: Program, reference: Reference | None = None, coverage: Coverage | None = None) -> None:
        """Plan the program; `reference` and `coverage` as in `planning.make_plan`."""
        self.program = program
        self._plan = make_plan(program, cpu_operators, reference, coverage)

    def run(self, inputs: Mapping[str, np.ndarray], rounding: str = HARDWARE) -> dict[str, np.ndarray]:
        """Compute outputs by tensor name, (batch, ...), from inputs by tensor name, (batch, ...).

        `rounding` is "hardware" (what the stream asks for) or "reference" (a checking mode: fully connected
        operations are rounded once, as in the LiteRT reference kernels).
        """
        if rounding not in ROUNDINGS:
            raise InputError(f"rounding {rounding!r}: one of {', '.join(ROUNDINGS)} expected")
        values = _checked(self.program, inputs)
        count, size = len(next(iter(values.values()))), self._at_once
        parts = [
            self._run({name: value[at : at + size] for name, value in values.items()}, once=rounding == REFERENCE)
            for at in range(0, count, size)
        ]
        return {place.name: np.concatenate([part[place.name] for part in parts]) for place in self.program.outputs}

    @property
    def name(self) -> bytes:
        """Programs of one name compute the same, and reach the same, of the same inputs."""
        return self._plan.name

    @property
    def _at_once(self) -> int:
        return max(1, min(MOST_AT_ONCE, MOST_BYTES // (BYTES_A_BYTE * sum(self.program.region_bytes.values()))))

    def _run(self, values: Mapping[str, np.ndarray], *, once: bool) -> dict[str, np.ndarray]:
        batch = len(next(iter(values.values())))
        sizes = self.program.region_bytes
        run = Run({region: np.zeros((batch, size), np.uint8) for region, size in sizes.items()}, once=once)
        for name, write in self._plan.inputs.items():
            write(run, values[name])
        for action in self._plan.actions:
            action(run)
        found = ((place, self._plan.outputs[place.name].read(run)) for place in self.program.outputs)
        return {place.name: np.broadcast_to(value, (batch, *place.sample_shape)).copy() for place, value in found}


def execute(compiled: bytes, inputs: Mapping[str, np.ndarray], rounding: str = HARDWARE) -> dict[str, np.ndarray]:
    """Load a compiled .tflite (or a raw .npz) and run it: arrays by tensor name, batch first."""
    return Executor(load(compiled)).run(inputs, rounding)


def _checked(program: Program, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    wanted: list[str] = [place.name for place in program.inputs]
    if sorted(wanted) != sorted(inputs):
        raise InputError(f"inputs {sorted(inputs)} given; the model has {sorted(wanted)}")
    values = {place.name: _checked_input(place, np.asarray(inputs[place.name])) for place in program.inputs}
    if len({len(value) for value in values.values()}) > 1:
        raise InputError(f"batch sizes differ: { {name: len(value) for name, value in values.items()} }")
    return values


def _checked_input(place: Place, value: np.ndarray) -> np.ndarray:
    if value.dtype != np.dtype(place.dtype):
        raise InputError(f"input {place.name!r} is {value.dtype}; {place.dtype} expected")
    # The raw format pads shapes with axes of size 1.
    if value.ndim < 1 or len(value) == 0 or _without_ones(value.shape[1:]) != _without_ones(place.sample_shape):
        wanted = ("batch", *place.sample_shape)
        raise InputError(f"input {place.name!r} has shape {value.shape}; {wanted} expected")
    return value


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]
