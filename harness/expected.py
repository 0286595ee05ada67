"""The error that rounding alone explains: a quantized .tflite computed in float64, rounded where TFLite rounds.

Every operator computes exactly from the real values of its operands: constants stand for what their own scales say
(a bias with a wrong scale shows), and each result is rounded to the grid of its tensor: scale, zero point, saturation
(https://ai.google.dev/edge/litert/models/quantization_spec). What the kernels add to that are the roundings of their
fixed-point arithmetic within an operator.

Values carry the n sequences on an axis in front of the tensor's own, (n, 1, units) for (1, units); constants have 1
there. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Sequence

import numpy as np

from harness.errors import ModelError
from harness.tflite import dtype_name, indices, operator_name, read_model, text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


class _Grid(NamedTuple):
    """The real values that an integer tensor holds: scale times the whole numbers from low to high."""

    scale: float
    low: int
    high: int


class _Node(NamedTuple):
    name: str
    options: Any
    inputs: list[int]
    outputs: list[int]
    result_shapes: list[tuple[int, ...]]


def run_rounded(
    model: bytes, inputs: Mapping[str, np.ndarray], watch: Sequence[str] = (), *, rounding: bool = True
) -> dict[str, Array]:
    """Outputs (n, ...) by tensor name for inputs (n, ...) by tensor name, all of them real values, in float64.

    `watch` names tensors (1, ...) within the graph to return as well. Without `rounding`, nothing is rounded nor
    saturates: what is left is the function of the graph with its quantized constants. Raises ModelError for an operator
    that is not in OPERATORS, for constants that cannot be read, and for inputs that do not fit.
    """
    tree = read_model(model)
    graph = tree.subgraphs[0]
    grids = [_grid(tensor) if rounding else None for tensor in graph.tensors]
    watched = [index for index, tensor in enumerate(graph.tensors) if text(tensor.name) in watch]
    wanted = indices(graph.outputs) + watched
    values = _inputs(graph, grids, inputs)
    for index, tensor in enumerate(graph.tensors):
        if tree.buffers[tensor.buffer].data is not None:
            values[index] = _constant(tensor, tree.buffers[tensor.buffer].data)
    nodes = [_node(tree, graph, operator) for operator in graph.operators]
    last_use = {tensor: place for place, node in enumerate(nodes) for tensor in node.inputs}
    for place, node in enumerate(nodes):
        values.update(zip(node.outputs, _computed(node, values, grids)))
        for tensor in set(node.inputs):
            if last_use[tensor] == place and tensor not in wanted:
                values.pop(tensor, None)
    results = {text(graph.tensors[index].name): values[index] for index in wanted}
    count = len(next(iter(inputs.values())))
    return {name: np.broadcast_to(value, (count, *value.shape[1:]))[:, 0] for name, value in results.items()}


def _grid(tensor: Any) -> _Grid | None:
    """The grid of an activation; None for floats, shapes, and constants quantized per channel."""
    quantization = tensor.quantization
    scales: Any = () if quantization is None or quantization.scale is None else quantization.scale
    if len(scales) != 1 or "int" not in dtype_name(tensor):
        return None
    limits, zero_point = np.iinfo(dtype_name(tensor)), int(quantization.zeroPoint[0])
    return _Grid(float(scales[0]), int(limits.min) - zero_point, int(limits.max) - zero_point)


def _constant(tensor: Any, data: Any) -> Array:
    """The real values of a constant, (1, ...); those without a scale are what they are."""
    shape, along = tuple(indices(tensor.shape)), [1] * len(indices(tensor.shape))
    try:
        stored = np.frombuffer(bytes(data), np.dtype(dtype_name(tensor))).reshape(shape)
    except (TypeError, ValueError):
        raise ModelError("constant %s is no %s %s" % (text(tensor.name), dtype_name(tensor), shape)) from None
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None:
        return stored[np.newaxis].astype(np.float64)
    if len(quantization.scale) > 1:
        along[int(quantization.quantizedDimension)] = -1
    scale, zero_point = (np.reshape(part, along) for part in (quantization.scale, quantization.zeroPoint))
    if not np.isfinite(scale).all():
        raise ModelError("constant %s has a scale that is not finite" % text(tensor.name))
    real: Array = (stored.astype(np.float64) - zero_point) * scale.astype(np.float64)
    return real[np.newaxis]


def _inputs(graph: Any, grids: list[Any], given: Mapping[str, np.ndarray]) -> dict[int, Array]:
    values = {}
    for index in indices(graph.inputs):
        name, shape = text(graph.tensors[index].name), tuple(indices(graph.tensors[index].shape))
        if name not in given or given[name].shape[1:] != shape[1:]:
            found = given[name].shape[1:] if name in given else "missing"
            raise ModelError("input %s is %s: give %s for each sequence" % (name, found, shape[1:]))
        values[index] = _on_grid(np.asarray(given[name], np.float64)[:, np.newaxis], grids[index])
    return values


def _node(tree: Any, graph: Any, operator: Any) -> _Node:
    name = operator_name(tree, operator)
    if name not in OPERATORS:
        raise ModelError("the rounding oracle does not know the operator %s" % name)
    outputs = indices(operator.outputs)
    shapes = [tuple(indices(graph.tensors[index].shape)) for index in outputs]
    return _Node(name, operator.builtinOptions, indices(operator.inputs), outputs, shapes)


def _computed(node: _Node, values: dict[int, Array], grids: list[Any]) -> list[Array]:
    results = OPERATORS[node.name](node, [values[index] for index in node.inputs if index >= 0])
    shapes = [result.shape[1:] for result in results]
    if shapes != node.result_shapes:
        raise ModelError("%s gives %s where the model says %s" % (node.name, shapes, node.result_shapes))
    origins = {grids[index] for index in node.inputs if index >= 0 and grids[index] is not None}
    moved = node.name in MOVES  # what only moves is on its grid already
    return [
        result if moved and origins == {grids[index]} else _on_grid(result, grids[index])
        for result, index in zip(results, node.outputs)
    ]


def _on_grid(values: Array, grid: _Grid | None) -> Array:
    """Round to the nearest value that the tensor holds, ties away from zero."""
    if grid is None:
        return values
    codes = values / grid.scale
    codes += np.copysign(0.5, codes)
    np.trunc(codes, out=codes)
    np.clip(codes, grid.low, grid.high, out=codes)
    codes *= grid.scale
    return codes


def _fully_connected(node: _Node, operands: list[Array]) -> list[Array]:
    data, weights = operands[:2]
    if len(weights) != 1:
        raise ModelError("the rounding oracle knows FULLY_CONNECTED with constant weights only")
    sums = data.reshape(-1, weights.shape[-1]) @ weights[0].T
    for bias in operands[2:]:
        sums += bias[0]
    return [_activated(node, sums.reshape((len(data), *node.result_shapes[0])))]


def _elementwise(function: Callable[[Array, Array], Array]) -> _Function:
    def apply(node: _Node, operands: list[Array]) -> list[Array]:
        rank = max(operand.ndim for operand in operands)
        # Operands of a lower rank are broadcast behind the axis of the sequences, not over it.
        first, second = (
            operand.reshape((len(operand),) + (1,) * (rank - operand.ndim) + operand.shape[1:]) for operand in operands
        )
        return [_activated(node, function(first, second))]

    return apply


def _activated(node: _Node, values: Array) -> Array:
    kind = node.options.fusedActivationFunction
    if kind not in _ACTIVATIONS:
        raise ModelError("the rounding oracle does not know the fused activation %d of %s" % (kind, node.name))
    return np.clip(values, *_ACTIVATIONS[kind]) if kind else values


def _softmax(node: _Node, operands: list[Array]) -> list[Array]:
    powers = np.exp(node.options.beta * (operands[0] - operands[0].max(axis=-1, keepdims=True)))
    return [powers / powers.sum(axis=-1, keepdims=True)]


def _split_v(_node: _Node, operands: list[Array]) -> list[Array]:
    data, sizes = operands[0], _whole(operands[1])
    axis = _axis(_whole(operands[2])[0], data)
    rest = data.shape[axis] - sum(size for size in sizes if size >= 0)
    return np.split(data, np.cumsum([size if size >= 0 else rest for size in sizes])[:-1], axis)


def _slice(_node: _Node, operands: list[Array]) -> list[Array]:
    data, *where = operands
    parts = (slice(begin, None if size < 0 else begin + size) for begin, size in zip(*map(_whole, where)))
    places = (slice(None), *parts)
    return [data[places]]


def _strided_slice(node: _Node, operands: list[Array]) -> list[Array]:
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


_Function = Callable[[_Node, List["Array"]], List["Array"]]
_ACTIVATIONS: Mapping[int, Any] = {0: (None, None), 1: (0.0, None), 2: (-1.0, 1.0), 3: (0.0, 6.0)}
"""Limits by the schema's ActivationFunctionType: NONE, RELU, RELU_N1_TO_1, RELU6."""

MOVES = ("PACK", "RESHAPE", "REVERSE_V2", "SLICE", "SPLIT", "SPLIT_V", "STRIDED_SLICE", "TRANSPOSE", "UNPACK")
"""Operators that compute nothing."""

OPERATORS: Mapping[str, _Function] = {
    "ADD": _elementwise(np.add),
    "CONCATENATION": lambda node, o: [_activated(node, np.concatenate(_together(o), _axis(node.options.axis, o[0])))],
    "DEQUANTIZE": lambda _, o: [o[0]],
    "FULLY_CONNECTED": _fully_connected,
    "LOGISTIC": lambda _, o: [0.5 + 0.5 * np.tanh(0.5 * o[0])],
    "MUL": _elementwise(np.multiply),
    "PACK": lambda node, o: [np.stack(_together(o), node.options.axis % o[0].ndim + 1)],
    "QUANTIZE": lambda _, o: [o[0]],
    "RESHAPE": lambda node, o: [o[0].reshape((len(o[0]), *node.result_shapes[0]))],
    "REVERSE_V2": lambda _, o: [np.flip(o[0], tuple(_axis(axis, o[0]) for axis in _whole(o[1])))],
    "SLICE": _slice,
    "SOFTMAX": _softmax,
    "SPLIT": lambda node, o: np.split(o[1], len(node.outputs), _axis(_whole(o[0])[0], o[1])),
    "SPLIT_V": _split_v,
    "STRIDED_SLICE": _strided_slice,
    "SUB": _elementwise(np.subtract),
    "TANH": lambda _, o: [np.tanh(o[0])],
    "TRANSPOSE": lambda _, o: [o[0].transpose([0, *(_axis(axis, o[0]) for axis in _whole(o[1]))])],
    "UNPACK": lambda node, o: list(np.moveaxis(o[0], _axis(node.options.axis, o[0]), 0)),
}
"""What computes each operator: real operands (without absent ones) in, real results out."""
