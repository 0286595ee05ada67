"""Runs a quantized .tflite in float64, operator by operator, each result rounded to the grid of its tensor."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence

import numpy as np

from harness.errors import ModelError
from harness.expected.operators import MOVES, OPERATORS, Node
from harness.tflite import dtype_name, indices, operator_name, text, view_model

if TYPE_CHECKING:
    from harness.expected.operators import Array


class _Grid(NamedTuple):
    """The real values that an integer tensor holds: scale times the whole numbers from low to high."""

    scale: float
    low: int
    high: int


class _Graph(NamedTuple):
    """A model that is ready to run: its schema tree, the grid of each tensor, nodes, constants, tensors to return."""

    tree: Any
    grids: list[Any]
    nodes: list[Node]
    constants: dict[int, Array]
    wanted: list[int]


def run_rounded(
    model: bytes, inputs: Mapping[str, np.ndarray], watch: Sequence[str] = (), *, rounding: bool = True
) -> dict[str, Array]:
    """Outputs (n, ...) by tensor name for inputs (n, ...) by tensor name, all of them real values, in float64.

    `watch` names tensors (1, ...) within the graph to return as well. Without `rounding`, nothing is rounded nor
    saturates: what is left is the function of the graph with its quantized constants. Raises ModelError for an operator
    that is not in OPERATORS, for constants that cannot be read, and for inputs that do not fit.
    """
    return load_rounded(model, watch, rounding=rounding)(inputs)


def load_rounded(
    model: bytes, watch: Sequence[str] = (), *, rounding: bool = True
) -> Callable[[Mapping[str, np.ndarray]], dict[str, Array]]:
    """`run_rounded` for a model that runs many times: a function of the inputs."""
    tree = view_model(model)
    graph = tree.subgraphs[0]
    constants = {
        index: _constant(tensor, tree.buffers[tensor.buffer].data)
        for index, tensor in enumerate(graph.tensors)
        if tree.buffers[tensor.buffer].data is not None
    }
    return functools.partial(
        _run,
        _Graph(
            tree,
            [_grid(tensor) if rounding else None for tensor in graph.tensors],
            [_node(tree, graph, operator) for operator in graph.operators],
            constants,
            indices(graph.outputs)
            + [index for index, tensor in enumerate(graph.tensors) if text(tensor.name) in watch],
        ),
    )


def _run(loaded: _Graph, inputs: Mapping[str, np.ndarray]) -> dict[str, Array]:
    graph = loaded.tree.subgraphs[0]
    values = {**loaded.constants, **_inputs(graph, loaded.grids, inputs)}
    last_use = {tensor: place for place, node in enumerate(loaded.nodes) for tensor in node.inputs}
    for place, node in enumerate(loaded.nodes):
        values.update(zip(node.outputs, _computed(node, values, loaded.grids)))
        for tensor in set(node.inputs):
            if last_use[tensor] == place and tensor not in loaded.wanted:
                values.pop(tensor, None)
    results = {text(graph.tensors[index].name): values[index] for index in loaded.wanted}
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


def _node(tree: Any, graph: Any, operator: Any) -> Node:
    name = operator_name(tree, operator)
    if name not in OPERATORS:
        raise ModelError("the rounding oracle does not know the operator %s" % name)
    outputs = indices(operator.outputs)
    shapes = [tuple(indices(graph.tensors[index].shape)) for index in outputs]
    return Node(name, operator.builtinOptions, indices(operator.inputs), outputs, shapes)


def _computed(node: Node, values: dict[int, Array], grids: list[Any]) -> list[Array]:
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
