"""What a .tflite holds, counted: operators by type, those in float, those with weights per channel, its ports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from harness.evidence import ModelView
from harness.evidence.graph import Graph, Operator, Tensor


def take_inventory(view: ModelView) -> dict[str, Any]:
    """`made_by`, `operators`, `float_operators` and `per_channel` (numbers by type), `inputs` and `outputs`.

    `made_by` are the versions of tools that the file names. In float are the operators that read or write a
    floating-point tensor; per channel those with constants that have several scales. Numbers are of all subgraphs,
    ports (`name`, `dtype`, `shape`, `scales`, `zero_points`) of the first.
    """
    main = view.graphs[0]
    return {
        "made_by": dict(view.made_by),
        **count_operators(view),
        "per_channel": _counted(operator for graph, operator in view.operators if _has_channels(graph, operator)),
        "inputs": [_port(main.tensors[place]) for place in main.inputs],
        "outputs": [_port(main.tensors[place]) for place in main.outputs],
    }


def count_operators(view: ModelView) -> dict[str, dict[str, int]]:
    """`operators` and `float_operators`: numbers by type, of all subgraphs."""
    return {
        "operators": _counted(operator for _, operator in view.operators),
        "float_operators": _counted(operator for graph, operator in view.operators if _is_float(graph, operator)),
    }


def _counted(operators: Iterable[Operator]) -> dict[str, int]:
    return dict(sorted(Counter(operator.custom_code or operator.name for operator in operators).items()))


def _is_float(graph: Graph, operator: Operator) -> bool:
    return any("float" in tensor.dtype for tensor in _tensors(graph, (*operator.inputs, *operator.outputs)))


def _has_channels(graph: Graph, operator: Operator) -> bool:
    constants = (tensor for tensor in _tensors(graph, operator.inputs) if tensor.constant_bytes is not None)
    return any(len(tensor.scales) > 1 for tensor in constants)


def _tensors(graph: Graph, places: Iterable[int]) -> list[Tensor]:
    return [graph.tensors[place] for place in places if place >= 0]


def _port(tensor: Tensor) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "dtype": tensor.dtype,
        "shape": list(tensor.shape),
        "scales": list(tensor.scales),
        "zero_points": list(tensor.zero_points),
    }
