"""Golden vectors for a board's bring-up: inputs of consecutive windows and the outputs that the NPU must give."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

import numpy as np

from .errors import InputError
from .executor import Executor
from .samples import calibrated
from .streams import Arrays, Pairs, details_of, states_of_program, stream

if TYPE_CHECKING:
    from .program import Program

_C_TYPES = {"int8": "int8_t", "uint8": "uint8_t", "int16": "int16_t", "int32": "int32_t", "float32": "float"}
_VALUES_A_LINE = 24
_SEED = 0


class Golden(NamedTuple):
    """Inputs and expected outputs, (windows, ...) by tensor name."""

    inputs: Arrays
    outputs: Arrays


def make_golden(
    program: Program, windows: int, given: Mapping[str, np.ndarray] | None = None, named: Pairs = None
) -> Golden:
    """Run `windows` windows one after the other.

    The states, those `named` or those found, are fed back. The other inputs are `given`, (windows or more, ...), or
    drawn with a seed. Raises InputError where inputs are missing or too few, ModelError for a state that is not there.
    """
    executor = Executor(program)
    states = {state.input for state in states_of_program(program, named)}
    free = [place.name for place in program.inputs if place.name not in states]
    if given is None:
        rng, details = np.random.default_rng(_SEED), details_of(executor)
        given = {name: calibrated(rng, details[name], windows) for name in free}
    _require(given, free, windows)
    each = ({name: given[name][window : window + 1] for name in free} for window in range(windows))
    inputs, outputs = zip(*stream(executor, each, 1, named))
    return Golden(_joined(inputs), _joined(outputs))


def _joined(rows: tuple[Arrays, ...]) -> Arrays:
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _require(given: Mapping[str, np.ndarray], free: list[str], windows: int) -> None:
    if sorted(given) != sorted(free):
        raise InputError(f"inputs {sorted(given)} given; {sorted(free)} needed (states are fed back)")
    short = [name for name in free if len(np.atleast_1d(given[name])) < windows]
    if short:
        raise InputError(f"input {short[0]!r} has {len(np.atleast_1d(given[short[0]]))} windows; {windows} asked for")


def c_header(golden: Golden, device: str) -> str:
    """Write the vectors as a C header without dependencies: an array a tensor, and tables of them."""
    windows = len(next(iter(golden.outputs.values())))
    return "\n".join(
        [
            "/* Golden vectors: what the compiled model computes, window after window, the states fed back.",
            f" * Made by a host model of the Ethos-{device.upper()}, which was not checked on silicon or FVP. */",
            "#ifndef GOLDEN_H",
            "#define GOLDEN_H",
            "",
            "#include <stddef.h>",
            "#include <stdint.h>",
            "",
            f"#define GOLDEN_WINDOWS {windows}",
            "",
            "struct golden_tensor {",
            "    const char *name;",
            "    const void *data; /* GOLDEN_WINDOWS times `bytes` */",
            "    size_t bytes;     /* of one window */",
            "};",
            "",
            *_tensors("input", golden.inputs),
            *_tensors("output", golden.outputs),
            "#endif",
            "",
        ]
    )


def _tensors(role: str, arrays: Arrays) -> Iterator[str]:
    rows = []
    for index, (name, array) in enumerate(arrays.items()):
        identifier = f"golden_{role}_{index}_{re.sub(r'[^A-Za-z0-9]+', '_', name).strip('_')}"
        flat = array.reshape(len(array), -1)
        yield f"static const {_C_TYPES[array.dtype.name]} {identifier}[GOLDEN_WINDOWS][{flat.shape[1]}] = {{"
        for window in flat:
            yield "    {"
            yield from _lines(window)
            yield "    },"
        yield "};"
        yield ""
        text = name.replace("\\", "\\\\").replace('"', '\\"')
        rows.append(f'    {{"{text}", {identifier}, {array[0].nbytes}}},')
    yield f"static const struct golden_tensor golden_{role}s[] = {{"
    yield from rows
    yield "};"
    yield f"#define GOLDEN_{role.upper()}S {len(rows)}"
    yield ""


def _lines(values: np.ndarray) -> Iterator[str]:
    for start in range(0, len(values), _VALUES_A_LINE):
        yield "        " + " ".join(f"{_literal(value)}," for value in values[start : start + _VALUES_A_LINE])


def _literal(value: np.generic) -> str:
    """The lowest int32 is no literal in C: its digits alone overflow."""
    number = value.item()
    if isinstance(number, float):
        return f"{number!r}f"
    return f"({number + 1} - 1)" if number == np.iinfo(np.int32).min else str(number)
