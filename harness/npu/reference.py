"""What a stream does not tell about LiteRT's reference kernels, but its source does.

FULLY_CONNECTED multiplies the sum by the scale in float64 and rounds once. A stream holds that scale in 31 bits:
it does not tell what becomes of a sum that lies within 2**-31 of a tie. TANH and LOGISTIC of int8 are tables, which
LiteRT computes in float32 and Vela in float64: an entry that lies that near to a tie may be one LSB apart.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

import numpy as np

from .flatbuffer import read_model
from .source import FULLY_CONNECTED, is_int8, quantized_scales, weight_rows

_SHIFT_BITS = 6
_BYTES = np.arange(-128, 128)
FUNCTIONS: dict[int, Callable[[np.ndarray], np.ndarray]] = {28: np.tanh, 14: lambda values: 1 / (1 + np.exp(-values))}
"""TANH and LOGISTIC, by the number of the operator."""

TIE_LSB = 1e-4
"""An entry is a tie where it is nearer to one than float32 can tell: 128 LSB in 24 bits, some roundings, with slack."""


class Reference(NamedTuple):
    """What it takes to compute as the reference kernels do."""

    rows: frozenset[bytes]
    """The weights of every channel of a fully connected operator, int16."""
    keys: np.ndarray
    """Their multipliers and shifts, in ascending order."""
    scales: np.ndarray
    """float64, the real scale of each key."""
    tables: Mapping[bytes, bytes]
    """Look-up tables of a stream, where they have to be others to be LiteRT's."""

    def scales_of(self, multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray | None:
        """The real scales, or None where a stream has other ones."""
        wanted = np.atleast_1d(_key(multiplier, shift))
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return self.scales[places] if len(self.keys) and np.array_equal(self.keys[places], wanted) else None


def connected_operators(source: bytes) -> list[dict[str, Any]]:
    """An entry, of plain values, for each weight tensor of int8 FULLY_CONNECTED operators.

    `rows`, int16 (channels, depth), zero points subtracted; `scales`, float64 (channels or 1,); `ends`, float64
    (operators, 2): input and output scale of each operator that uses it. Raises ModelFormatError.
    """
    graph = read_model(source).graphs[0]
    found: dict[int, dict[str, Any]] = {}
    for operator in graph.operators:
        if operator.code == FULLY_CONNECTED and is_int8(graph, operator):
            given, weights, result = (graph.tensors[index] for index in (*operator.inputs[:2], operator.outputs[0]))
            new = {"rows": weight_rows(weights, FULLY_CONNECTED), "scales": np.array(weights.scales), "ends": []}
            entry = found.setdefault(operator.inputs[1], new)
            entry["ends"].append([given.scales[0], result.scales[0]])
    return [{**entry, "ends": np.array(entry["ends"])} for entry in found.values()]


def activation_operators(source: bytes) -> dict[str, tuple[int, tuple[float, int], tuple[float, int]]]:
    """The int8 TANH and LOGISTIC operators by output: number, scale and zero point of input and output."""
    graph = read_model(source).graphs[0]
    found = [item for item in graph.operators if item.code in FUNCTIONS]
    ends = [(item, graph.tensors[item.inputs[0]], graph.tensors[item.outputs[0]]) for item in found]
    return {
        output.name: (item.code, (given.scales[0], given.zero_points[0]), (output.scales[0], output.zero_points[0]))
        for item, given, output in ends
        if given.dtype == output.dtype == "int8" and given.scales and output.scales
    }


def other_tables(
    operators: Mapping[str, tuple[int, tuple[float, int], tuple[float, int]]], tables: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """Pairs int8 (2, 256) of the table in float64 and that of the reference kernel, where ties make them differ."""
    found = []
    for name, (code, (scale, zero_point), (output_scale, output_zero_point)) in operators.items():
        real = FUNCTIONS[code]((_BYTES - zero_point) * np.float64(scale)) / output_scale + output_zero_point
        exact = np.clip(np.floor(np.abs(real) + 0.5) * np.sign(real), -128, 127).astype(np.int8)
        differ = exact != tables[name]
        if differ.any() and np.all(np.abs(np.abs(real[differ] % 1) - 0.5) < TIE_LSB):
            found.append(np.stack([exact, tables[name]]))
    return found


def make_reference(connected: list[dict[str, Any]], tables: list[np.ndarray]) -> Reference:
    """From what `connected_operators` and `other_tables` returned."""
    rows = frozenset(row.tobytes() for entry in connected for row in entry["rows"])
    real = [(entry["ends"][:, :1] * entry["scales"] / entry["ends"][:, 1:]).ravel() for entry in connected]
    scales = np.concatenate([np.zeros(0), *real])
    keys, places = np.unique(_key(*quantized_scales(scales)), return_index=True)
    others = {exact.tobytes(): reference.tobytes() for exact, reference in tables}
    return Reference(rows, keys, scales[places], others)


def _key(multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray:
    key: np.ndarray = (np.asarray(multiplier, np.int64) << _SHIFT_BITS) + shift
    return key
