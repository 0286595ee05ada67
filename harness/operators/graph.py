"""The subgraphs of a .tflite with all that the constraints ask about, and what Vela leaves out of them."""

from __future__ import annotations

from typing import Any

from harness.operators.node import Node
from harness.tflite import inspect, view_model


def read_graphs(model: bytes) -> list[dict[str, Any]]:
    """The subgraphs as `inspect` shows them, with operator options, open axes and constant data added."""
    graphs: list[dict[str, Any]] = inspect(model)["subgraphs"]
    tree = view_model(model)
    for number, graph in enumerate(graphs):
        source = tree.subgraphs[number]
        for index, tensor in enumerate(graph["tensors"]):
            tensor["data"] = tree.buffers[tensor["buffer"]].data
            signature = source.tensors[index].shapeSignature
            tensor["signature"] = tensor["shape"] if signature is None or not len(signature) else list(signature)
        for index, operator in enumerate(graph["operators"]):
            options = source.operators[index].builtinOptions
            operator["options"] = {} if options is None else dict(vars(options))
        _mark_shapeless(graph)
    return graphs


def _mark_shapeless(graph: dict[str, Any]) -> None:
    """Add `shapeless`: a computed scalar, but for the result of a QUANTIZE, which Vela gives the shape of its input."""
    quantized = [
        index for operator in graph["operators"] if operator["name"] == "QUANTIZE" for index in operator["outputs"]
    ]
    for index, tensor in enumerate(graph["tensors"]):
        tensor["shapeless"] = not tensor["shape"] and tensor["data"] is None and index not in quantized


def node_of(graph: dict[str, Any], operator: dict[str, Any]) -> Node:
    """An operator of a subgraph with its tensors."""

    def tensors(indices: list[int]) -> list[Any]:
        return [graph["tensors"][index] if index >= 0 else None for index in indices]

    outputs = [tensor for tensor in tensors(operator["outputs"]) if tensor]
    return Node(operator["name"], operator["options"], tensors(operator["inputs"]), outputs)


def reached(graph: dict[str, Any], placements: list[str]) -> set[int]:
    """The operators that an output of the graph needs, and those without a result.

    On the NPU a RESHAPE takes the shape of its output from the file: what computes that shape is not needed.
    """
    makers = makers_of(graph)
    waiting = [makers[tensor] for tensor in graph["outputs"] if tensor in makers]
    waiting += [index for index, operator in enumerate(graph["operators"]) if not operator["outputs"]]
    found: set[int] = set()
    while waiting:
        index = waiting.pop()
        if index not in found:
            found.add(index)
            operator = graph["operators"][index]
            reads_shape = operator["name"] != "RESHAPE" or placements[index] != "npu"
            inputs = operator["inputs"] if reads_shape else operator["inputs"][:1]
            waiting += [makers[tensor] for tensor in inputs if tensor in makers]
    return found


def makers_of(graph: dict[str, Any]) -> dict[int, int]:
    """By tensor, the operator that computes it."""
    return {tensor: index for index, operator in enumerate(graph["operators"]) for tensor in operator["outputs"]}
