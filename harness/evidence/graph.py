"""What a .tflite holds: graphs, operators, tensors."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

NPU_CODE = "ethos-u"


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of a .tflite; several scales where it is quantized per channel along `axis`."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    dynamic: bool
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int
    buffer: int
    constant_bytes: int | None
    constant_hash: int | None
    variable: bool
    arena_offset: int | None = None
    """Where in the arena the compiler put it; None where none did."""

    @property
    def bytes(self) -> int:
        """What its values take; 0 for a type without a fixed width."""
        width = re.search(r"(\d+)$", self.dtype)
        return math.prod(self.shape) * (int(width[1]) if width else 0) // 8


@dataclass(frozen=True, slots=True)
class Operator:
    """A node of a .tflite graph: its builtin name, its place and the indices of its tensors (-1: none)."""

    name: str
    custom_code: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    subgraph: int
    index: int


@dataclass(frozen=True, slots=True)
class Graph:
    """A subgraph of a .tflite."""

    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]


@dataclass(frozen=True)
class ModelView:
    """What a .tflite holds; `made_by` are the versions of tools that its metadata name, empty for an unknown one."""

    size_bytes: int
    graphs: tuple[Graph, ...]
    made_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def operators(self) -> Iterator[tuple[Graph, Operator]]:
        """Every operator with the graph that it is in."""
        return ((graph, operator) for graph in self.graphs for operator in graph.operators)

    @cached_property
    def work(self) -> Mapping[tuple[int, int], int]:
        """Multiply-accumulate operations of each operator, by its subgraph and its place there."""
        return {(operator.subgraph, operator.index): macs(graph, operator) for graph, operator in self.operators}

    @property
    def tensors(self) -> Iterator[Tensor]:
        """Every tensor of every graph."""
        return (tensor for graph in self.graphs for tensor in graph.tensors)

    @property
    def has_variables(self) -> bool:
        """Whether anything is kept from one inference to the next: in variable tensors or in resource variables."""
        return any(tensor.variable for tensor in self.tensors) or any(
            operator.name == "VAR_HANDLE" for _, operator in self.operators
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ModelView:
        """Read what `harness.tflite.inspect` returned."""
        return cls(
            plain["size_bytes"],
            tuple(_graph(number, graph) for number, graph in enumerate(plain["subgraphs"])),
            plain["made_by"],
        )


def macs(graph: Graph, operator: Operator) -> int:
    """Multiply-accumulate operations of one operator of a source model; 0 for one that multiplies no weights."""
    if operator.name == "UNIDIRECTIONAL_SEQUENCE_LSTM":
        return _lstm_macs(graph, operator)
    if operator.name not in ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D"):
        return 0
    weights, output = (graph.tensors[index].shape for index in (operator.inputs[1], operator.outputs[0]))
    each = weights[1:3] if operator.name == "DEPTHWISE_CONV_2D" else weights[1:]
    return math.prod(output) * math.prod(each)


def _lstm_macs(graph: Graph, operator: Operator) -> int:
    """Of all gates of all time steps: an output value a unit, and a column of the weights for each of its rows."""
    weights = [graph.tensors[index].shape for index in operator.inputs[1:9] if index >= 0]
    steps = math.prod(graph.tensors[operator.outputs[0]].shape[:-1])
    return steps * sum(math.prod(shape) for shape in weights)


def _graph(number: int, plain: Mapping[str, Any]) -> Graph:
    return Graph(
        name=plain["name"],
        inputs=tuple(plain["inputs"]),
        outputs=tuple(plain["outputs"]),
        tensors=tuple(_tensor(tensor) for tensor in plain["tensors"]),
        operators=tuple(_operator(number, *entry) for entry in enumerate(plain["operators"])),
    )


def _tensor(plain: Mapping[str, Any]) -> Tensor:
    lists = {name: tuple(plain[name]) for name in ("shape", "scales", "zero_points")}
    return Tensor(**{**plain, **lists})


def _operator(subgraph: int, index: int, plain: Mapping[str, Any]) -> Operator:
    return Operator(
        name=plain["name"],
        custom_code=plain["custom_code"],
        inputs=tuple(plain["inputs"]),
        outputs=tuple(plain["outputs"]),
        subgraph=subgraph,
        index=index,
    )
