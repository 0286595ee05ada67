"""What a source model says that the convolutions of its compiled form must hold.

Multipliers are those of Vela's default core and of LiteRT's CONV_2D: scales are multiplied in double.
"""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

import numpy as np

from .flatbuffer import Graph, Operator, Tensor, read_model

CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED = 3, 4, 9
NAMES = {CONV_2D: "CONV_2D", DEPTHWISE_CONV_2D: "DEPTHWISE_CONV_2D", FULLY_CONNECTED: "FULLY_CONNECTED"}
_BIAS = 2
_Q31, _SHIFTS = 1 << 31, 64


class Channel(NamedTuple):
    """One output channel: everything that its value depends on, but its input."""

    weights: bytes
    """int16, zero point subtracted: (kernel y, kernel x, input channel)."""
    bias: int
    multiplier: int
    shift: int
    input_zero_point: int
    output_zero_point: int


class SourceOperator(NamedTuple):
    kind: str
    output: str
    """Name of the output tensor."""
    step: int
    """Place among the operators that share these weights: the time step of an unrolled network."""
    steps: int
    channels: tuple[Channel, ...]


def source_operators(source: bytes) -> list[SourceOperator]:
    """List the int8 convolutions and fully connected operators of a .tflite. Raises ModelFormatError."""
    graph = read_model(source).graphs[0]
    found = [operator for operator in graph.operators if operator.code in _ROWS and is_int8(graph, operator)]
    remaining = _distances(graph)
    users: dict[int, list[Operator]] = {}
    for operator in sorted(found, key=lambda operator: -remaining[operator.outputs[0]]):
        users.setdefault(operator.inputs[1], []).append(operator)
    return [_source_operator(graph, operator, users[operator.inputs[1]]) for operator in found]


def weight_rows(weights: Tensor, code: int) -> np.ndarray:
    """int16 (output channels, weights of a channel), zero points subtracted."""
    rows = _ROWS[code](np.frombuffer(weights.data, np.int8).reshape(weights.shape)).astype(np.int16)
    return rows - np.broadcast_to(np.array(weights.zero_points or (0,), np.int16), len(rows))[:, None]


def _source_operator(graph: Graph, operator: Operator, sharing: list[Operator]) -> SourceOperator:
    name = graph.tensors[operator.outputs[0]].name
    channels = tuple(_channels(graph, operator))
    return SourceOperator(NAMES[operator.code], name, sharing.index(operator), len(sharing), channels)


def _distances(graph: Graph) -> dict[int, int]:
    """Operators between each tensor and the farthest end of the graph: the earlier a time step, the more."""
    distances = dict.fromkeys(range(-1, len(graph.tensors)), 0)
    for operator in reversed(graph.operators):
        ahead = 1 + max((distances[index] for index in operator.outputs), default=0)
        for index in operator.inputs:
            distances[index] = max(distances[index], ahead)
    return distances


def is_int8(graph: Graph, operator: Operator) -> bool:
    weights = graph.tensors[operator.inputs[1]]
    return weights.dtype == "int8" and bool(weights.data) and graph.tensors[operator.inputs[0]].dtype == "int8"


def _channels(graph: Graph, operator: Operator) -> Iterator[Channel]:
    given, weights, result = (graph.tensors[i] for i in (*operator.inputs[:2], operator.outputs[0]))
    rows = weight_rows(weights, operator.code)
    biases = _biases(graph, operator, len(rows))
    scales = np.broadcast_to(np.array(weights.scales), len(rows))
    multipliers, shifts = quantized_scales(given.scales[0] * scales / result.scales[0])
    for row, bias, multiplier, shift in zip(rows, biases, multipliers, shifts):
        content = row.tobytes()
        yield Channel(content, int(bias), int(multiplier), int(shift), _zero_point(given), _zero_point(result))


def _biases(graph: Graph, operator: Operator, count: int) -> np.ndarray:
    if len(operator.inputs) <= _BIAS or operator.inputs[_BIAS] < 0:
        return np.zeros(count, np.int64)
    bias = graph.tensors[operator.inputs[_BIAS]]
    return np.frombuffer(bias.data, bias.dtype)


def _zero_point(tensor: Tensor) -> int:
    return int(tensor.zero_points[0]) if tensor.zero_points else 0


def quantized_scales(scales: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Multipliers of 31 bits and shifts to the right; (0, 16) where 6 bits of shift are too few, as in Vela."""
    significands, exponents = np.frexp(scales)
    shifts = 31 - exponents
    fit = (shifts >= 0) & (shifts < _SHIFTS)
    multipliers = np.floor(significands * _Q31 + 0.5).astype(np.int64)
    return np.where(fit, multipliers, 0), np.where(fit, shifts, 16)


_ROWS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    CONV_2D: lambda weights: weights.reshape(len(weights), -1),
    DEPTHWISE_CONV_2D: lambda weights: weights.reshape(-1, weights.shape[-1]).T,
    FULLY_CONNECTED: lambda weights: weights.reshape(len(weights), -1),
}
