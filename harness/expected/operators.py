"""What each operator computes, exactly, from the real values of its operands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple

import numpy as np

from harness.cells import sigmoid
from harness.errors import ModelError
from harness.expected.windows import convolved, depthwise, pooled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class Node(NamedTuple):
    """An operator: its options in the schema's words, places of tensors (-1 where absent), shapes that are promised."""

    name: str
    options: Any
    inputs: list[int]
    outputs: list[int]
    result_shapes: list[tuple[int, ...]]


def _fully_connected(node: Node, operands: list[Array]) -> list[Array]:
    data, weights = operands[:2]
    if len(weights) != 1:
        raise ModelError("the rounding oracle knows FULLY_CONNECTED with constant weights only")
    sums = data.reshape(-1, weights.shape[-1]) @ weights[0].T
    for bias in operands[2:]:
        sums += bias[0]
    return [_activated(node, sums.reshape((len(data), *node.result_shapes[0])))]


def _convolution(function: Callable[..., Array]) -> Function:
    def apply(node: Node, operands: list[Array]) -> list[Array]:
        data, weights = operands[:2]
        if len(weights) != 1:
            raise ModelError("the rounding oracle knows %s with constant weights only" % node.name)
        sums = function(data, weights, node.options, node.result_shapes[0])
        return [_activated(node, sums + (operands[2][0] if len(operands) > 2 else 0.0))]  # noqa: PLR2004 - the bias

    return apply


def _pool(*, largest: bool) -> Function:
    return lambda node, o: [_activated(node, pooled(o[0], node.options, node.result_shapes[0], largest=largest))]


def _mean(node: Node, operands: list[Array]) -> list[Array]:
    axes = tuple(_axis(axis, operands[0]) for axis in _whole(operands[1]))
    return [operands[0].mean(axis=axes, keepdims=bool(node.options.keepDims))]


def _pad(_node: Node, operands: list[Array]) -> list[Array]:
    widths = operands[1][0].astype(np.int64)
    return [np.pad(operands[0], [(0, 0), *((int(before), int(after)) for before, after in widths)])]


def _reshaped(node: Node, operands: list[Array]) -> list[Array]:
    return [operands[0].reshape((len(operands[0]), *node.result_shapes[0]))]


def _elementwise(function: Callable[[Array, Array], Array]) -> Function:
    def apply(node: Node, operands: list[Array]) -> list[Array]:
        rank = max(operand.ndim for operand in operands)
        # Operands of a lower rank are broadcast behind the axis of the sequences, not over it.
        first, second = (
            operand.reshape((len(operand),) + (1,) * (rank - operand.ndim) + operand.shape[1:]) for operand in operands
        )
        return [_activated(node, function(first, second))]

    return apply


def _activated(node: Node, values: Array) -> Array:
    kind = node.options.fusedActivationFunction
    if kind not in _ACTIVATIONS:
        raise ModelError("the rounding oracle does not know the fused activation %d of %s" % (kind, node.name))
    return np.clip(values, *_ACTIVATIONS[kind]) if kind else values


def _softmax(node: Node, operands: list[Array]) -> list[Array]:
    powers = np.exp(node.options.beta * (operands[0] - operands[0].max(axis=-1, keepdims=True)))
    return [powers / powers.sum(axis=-1, keepdims=True)]


def _split_v(_node: Node, operands: list[Array]) -> list[Array]:
    data, sizes = operands[0], _whole(operands[1])
    axis = _axis(_whole(operands[2])[0], data)
    rest = data.shape[axis] - sum(size for size in sizes if size >= 0)
    return np.split(data, np.cumsum([size if size >= 0 else rest for size in sizes])[:-1], axis)


def _slice(_node: Node, operands: list[Array]) -> list[Array]:
    data, *where = operands
    parts = (slice(begin, None if size < 0 else begin + size) for begin, size in zip(*map(_whole, where)))
    places = (slice(None), *parts)
    return [data[places]]


def _strided_slice(node: Node, operands: list[Array]) -> list[Array]:
    options = node.options
    if options.ellipsisMask or options.newAxisMask or options.offset:
        raise ModelError("the rounding oracle knows STRIDED_SLICE without ellipsis, new axis and offset only")
    parts: list[Any] = [slice(None)]
    for axis, (begin, end, stride) in enumerate(zip(*(_whole(operand) for operand in operands[1:]))):
        bit = 1 << axis
        whole = slice(None if options.beginMask & bit else begin, None if options.endMask & bit else end, stride)
        parts.append(begin if options.shrinkAxisMask & bit else whole)
    return [operands[0][tuple(parts)]]


def _together(operands: list[Array]) -> list[Array]:
    """Give operands that are constants an entry for each sequence."""
    count = max(len(operand) for operand in operands)
    return [np.broadcast_to(operand, (count, *operand.shape[1:])) for operand in operands]


def _axis(axis: int, values: Array) -> int:
    """Find an axis of a tensor among the axes of its values, which have one for the sequences in front."""
    return axis % (values.ndim - 1) + 1


def _whole(operand: Array) -> list[int]:
    return [int(value) for value in operand.ravel()]


Function = Callable[[Node, List["Array"]], List["Array"]]
_ACTIVATIONS: Mapping[int, Any] = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Limits by the schema's ActivationFunctionType: NONE, RELU, RELU_N1_TO_1, RELU6."""

MOVES = (
    *("EXPAND_DIMS", "PACK", "PAD", "RESHAPE", "REVERSE_V2", "SLICE", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE"),
    *("TRANSPOSE", "UNPACK"),
)
"""Operators that compute nothing."""

OPERATORS: Mapping[str, Function] = {
    "ADD": _elementwise(np.add),
    "AVERAGE_POOL_2D": _pool(largest=False),
    "CONCATENATION": lambda node, o: [_activated(node, np.concatenate(_together(o), _axis(node.options.axis, o[0])))],
    "CONV_2D": _convolution(convolved),
    "DEPTHWISE_CONV_2D": _convolution(depthwise),
    "DEQUANTIZE": lambda _, o: [o[0]],
    "EXPAND_DIMS": _reshaped,
    "FULLY_CONNECTED": _fully_connected,
    "LOGISTIC": lambda _, o: [sigmoid(o[0])],
    "MAX_POOL_2D": _pool(largest=True),
    "MEAN": _mean,
    "MUL": _elementwise(np.multiply),
    "PACK": lambda node, o: [np.stack(_together(o), node.options.axis % o[0].ndim + 1)],
    "PAD": _pad,
    "QUANTIZE": lambda _, o: [o[0]],
    "RELU": lambda _, o: [np.maximum(o[0], 0.0)],
    "RELU6": lambda _, o: [np.clip(o[0], 0.0, 6.0)],
    "RESHAPE": _reshaped,
    "REVERSE_V2": lambda _, o: [np.flip(o[0], tuple(_axis(axis, o[0]) for axis in _whole(o[1])))],
    "SLICE": _slice,
    "SOFTMAX": _softmax,
    "SPLIT": lambda node, o: np.split(o[1], len(node.outputs), _axis(_whole(o[0])[0], o[1])),
    "SPLIT_V": _split_v,
    "SQUEEZE": _reshaped,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _elementwise(np.subtract),
    "TANH": lambda _, o: [np.tanh(o[0])],
    "TRANSPOSE": lambda _, o: [o[0].transpose([0, *(_axis(axis, o[0]) for axis in _whole(o[1]))])],
    "UNPACK": lambda node, o: list(np.moveaxis(o[0], _axis(node.options.axis, o[0]), 0)),
}
"""What computes each operator: real operands (without absent ones) in, real results out."""
