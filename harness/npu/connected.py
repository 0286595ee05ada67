"""The fully connected operators of a source model: how to know them in a stream, and their real scales.

LiteRT's reference kernel of FULLY_CONNECTED multiplies the sum by the scale in float64 and rounds once. A stream
holds that scale in 31 bits: it does not tell what becomes of a sum that lies within 2**-31 of a tie.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

import numpy as np

from .flatbuffer import read_model
from .source import FULLY_CONNECTED, is_int8, quantized_scales, weight_rows

_SHIFT_BITS = 6


class Connected(NamedTuple):
    """What tells the operators."""

    rows: frozenset[bytes]
    """The weights of a channel, int16."""
    keys: np.ndarray
    """Multiplier and shift, in ascending order."""
    scales: np.ndarray
    """float64, the real scale of each key."""

    def scales_of(self, multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray | None:
        """The real scales, or None where a stream has other ones."""
        wanted = np.atleast_1d(_key(multiplier, shift))
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return self.scales[places] if len(self.keys) and np.array_equal(self.keys[places], wanted) else None


def connected_operators(source: bytes) -> list[dict[str, Any]]:
    """What `connected` takes, as plain values: an entry for each weight tensor of int8 FULLY_CONNECTED operators.

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


def connected(operators: Sequence[Mapping[str, Any]]) -> Connected:
    """Make what `connected_operators` returned ready for a plan."""
    rows = frozenset(row.tobytes() for entry in operators for row in entry["rows"])
    real = [(entry["ends"][:, :1] * entry["scales"] / entry["ends"][:, 1:]).ravel() for entry in operators]
    scales = np.concatenate([np.zeros(0), *real])
    keys, places = np.unique(_key(*quantized_scales(scales)), return_index=True)
    return Connected(rows, keys, scales[places])


def _key(multiplier: np.ndarray, shift: np.ndarray) -> np.ndarray:
    key: np.ndarray = (np.asarray(multiplier, np.int64) << _SHIFT_BITS) + shift
    return key
