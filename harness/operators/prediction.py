"""The placement of each operator for each family, with the constraints that it violates."""

from __future__ import annotations

from typing import Any

from harness.operators.constraints import holds
from harness.operators.graph import node_of, reached, read_graphs
from harness.operators.layers import layers_and_steps
from harness.operators.node import Node
from harness.operators.tflm import tflm_kernel
from harness.vela import operator_constraints

FAMILIES = ("ethos-u55", "ethos-u85")
"""U65 has the constraints of U55."""

UNSUPPORTED = "Unsupported opType"
"""Vela's words for an operator that it has no constraints for."""

VELA_NAMES = {"ARG_MAX": "ARGMAX"}
"""Where Vela's list spells an operator otherwise than TensorFlow Lite's schema."""


def predict(model: bytes) -> dict[str, Any]:
    """What Vela will do with each operator, and who runs it otherwise.

    Returns `operators`, in the order of the file, and `undecided`: by family, each sentence that no predicate decides
    with the number of operators that it concerns. An operator has `subgraph`, `index`, `name`, `tensor` (first
    output), `kernel` (how TensorFlow Lite Micro registers it; None: it has none), `layer` and `step` (None where the
    model does not tell; steps count from 0) and `families`: for each family `placement` (npu; cpu; dropped, where the
    compiled model does without it; unknown, where a sentence is undecided and none is violated), `violated` (Vela's
    sentences, the first is the one that Vela reports) and `undecided`. Raises ModelError for what cannot be read.
    """
    graphs = read_graphs(model)
    constraints = {family: operator_constraints(family) for family in FAMILIES}
    operators = [entry for number, graph in enumerate(graphs) for entry in _operators(number, graph, constraints)]
    return {"operators": operators, "undecided": {family: _counted(operators, family) for family in FAMILIES}}


def _operators(
    number: int, graph: dict[str, Any], constraints: dict[str, dict[str, list[str]]]
) -> list[dict[str, Any]]:
    nodes = [node_of(graph, operator) for operator in graph["operators"]]
    places = layers_and_steps(number, graph)
    judged = {family: _judged(graph, nodes, constraints[family]) for family in FAMILIES}
    return [
        {
            "subgraph": number,
            "index": index,
            "name": graph["operators"][index]["custom_code"] or node.name,
            "tensor": node.outputs[0]["name"] if node.outputs else "",
            "kernel": tflm_kernel(node.name),
            "layer": places[index][0],
            "step": places[index][1],
            "families": {family: judged[family][index] for family in FAMILIES},
        }
        for index, node in enumerate(nodes)
    ]


def _judged(graph: dict[str, Any], nodes: list[Node], constraints: dict[str, list[str]]) -> list[dict[str, Any]]:
    entries = [_judge(node, constraints.get(VELA_NAMES.get(node.name, node.name))) for node in nodes]
    needed = reached(graph, [entry["placement"] for entry in entries])
    return [entry if index in needed else {**entry, "placement": "dropped"} for index, entry in enumerate(entries)]


def _judge(node: Node, sentences: list[str] | None) -> dict[str, Any]:
    verdicts = [(UNSUPPORTED, False)] if sentences is None else [(text, holds(text, node)) for text in sentences]
    violated = [text for text, verdict in verdicts if verdict is False]
    undecided = [text for text, verdict in verdicts if verdict is None]
    placement = "cpu" if violated else "unknown" if undecided else "npu"
    return {"placement": placement, "violated": violated, "undecided": undecided}


def _counted(operators: list[dict[str, Any]], family: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in operators:
        for text in entry["families"][family]["undecided"]:
            counts[text] = counts.get(text, 0) + 1
    return counts
