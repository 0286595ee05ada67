"""Layer and time step of each operator, from the names that Keras gives and from what the operator computes from."""

from __future__ import annotations

import re
from typing import Any

from harness.operators.graph import makers_of

_CELL = re.compile(r"(?:.*_)?cells?(?:_(\d+))?")
_MODEL = re.compile(r"(?:functional|sequential|model|stateful_?partitioned_?call)(?:_\d+)*", re.IGNORECASE)
# Operators whose result belongs to the step of what they compute from, where their own name does not tell.
_GLUE = re.compile("ADD|DEQUANTIZE|LOGISTIC|MUL|QUANTIZE|RESHAPE|SPLIT|SQUEEZE|STRIDED_SLICE|SUB|TANH")


def layers_and_steps(number: int, graph: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Layer and time step of each operator of a subgraph, None where names and graph do not tell.

    Keras numbers the cells of an unrolled layer upward, with gaps and not from 0: the step is the rank of the number.
    A layer with one cell number only in the body of a loop (any subgraph but the first) runs every step there.
    """
    named = [_named_place(graph, operator) for operator in graph["operators"]]
    ranks = _ranks(named) if number == 0 else {}
    places = [(layer, ranks.get((layer, cell))) for layer, cell in named]
    makers = makers_of(graph)
    for index, operator in enumerate(graph["operators"]):
        if places[index][0] is None and _GLUE.fullmatch(operator["name"]):
            places[index] = _inherited([places[makers[tensor]] for tensor in operator["inputs"] if tensor in makers])
    return places


def _named_place(graph: dict[str, Any], operator: dict[str, Any]) -> tuple[Any, Any]:
    names = [name for index in operator["outputs"] if index >= 0 for name in graph["tensors"][index]["name"].split(";")]
    found = [_layer_and_cell(name) for name in names]
    with_cell = [place for place in found if place[1] is not None]
    return (with_cell or [place for place in found if place[0]] or [(None, None)])[0]


def _layer_and_cell(name: str) -> tuple[Any, Any]:
    parts = [part for part in name.split("/") if part]
    while parts and _MODEL.fullmatch(parts[0]):
        parts = parts[1:]
    for place, part in enumerate(parts[1:], start=1):
        match = _CELL.fullmatch(part)
        if match:
            return "/".join(parts[:place]), int(match.group(1) or 0)
    return ("/".join(parts[:-1]) or None), None


def _ranks(named: list[tuple[Any, Any]]) -> dict[tuple[Any, Any], int]:
    cells = sorted({place for place in named if place[1] is not None})
    return {place: [cell for cell in cells if cell[0] == place[0]].index(place) for place in cells}


def _inherited(origins: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    if not origins or len({layer for layer, _ in origins}) > 1:
        return None, None
    steps = [step for _, step in origins if step is not None]
    return origins[0][0], max(steps) if steps else None
