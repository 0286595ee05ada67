"""Checks of the constants of a quantized model: biases, shared weights, and what makes a conversion unstable."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from harness.checks.verdict import Verdict, some
from harness.evidence import Graph, ModelView, Operator
from harness.policy import BIAS_SCALE_TOLERANCE

Scales = tuple[float, ...]
WITH_BIAS = ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D")
_GATES = {gate: (0, 1 + place, 12 + place) for place, gate in enumerate(("input", "forget", "cell", "output"))}
_BIASED: dict[str, dict[str, tuple[int, int, int]]] = {
    **{name: {"": (0, 1, 2)} for name in WITH_BIAS},
    "UNIDIRECTIONAL_SEQUENCE_LSTM": {f", {gate} gate": places for gate, places in _GATES.items()},
}
"""Of each operator with biases, where its inputs have data, weights and bias; by a word that tells them apart."""


def has_exact_bias_scales(view: ModelView) -> Verdict:
    """Every bias is quantized at input scale times weight scale, channel by channel, as the kernels assume."""
    total, wrong = _wrong_biases(view)
    return Verdict(
        "has_exact_bias_scales",
        not wrong,
        _told(total, wrong),
        f"a ratio of 1 within {BIAS_SCALE_TOLERANCE:g}",
        cause="several operators share one bias, which was quantized for one of them: every result of the others is off"
        if wrong
        else "",
        remedy="python -m harness.repair IN.tflite OUT.tflite gives each operator a bias of its own" if wrong else "",
        figures={"wrong_bias_scales": len(wrong)},
    )


def biases_are_mended(converted: ModelView, repaired: ModelView) -> Verdict:
    """Whatever bias the converter left at another scale, the repair gave its operator one of its own."""
    (total, before), (left, after) = _wrong_biases(converted), _wrong_biases(repaired)
    return Verdict(
        "biases_are_mended",
        total == left and not after,
        f"as converted: {_told(total, before)}; repaired: {_told(left, after)}",
        "every bias at input scale times weight scale after the repair, and no bias fewer",
        cause="the repair left a bias, or an operator without one" if total != left or after else "",
        figures={"mended_biases": len(before), "worst_bias_factor": max(before.values(), default=1.0)},
    )


def shares_weights(view: ModelView) -> Verdict:
    """Time steps that use the same weights use one copy of them."""
    copies: dict[tuple[tuple[int, ...], int | None], set[int]] = defaultdict(set)
    users = 0
    for graph, operator in view.operators:
        if operator.name in WITH_BIAS and graph.tensors[operator.inputs[1]].constant_bytes:
            weights = graph.tensors[operator.inputs[1]]
            copies[weights.shape, weights.constant_hash].add(weights.buffer)
            users += 1
    duplicated = [f"{shape} in {len(buffers)} copies" for (shape, _), buffers in copies.items() if len(buffers) > 1]
    return Verdict(
        "shares_weights",
        not duplicated,
        f"weights of shape {some(duplicated)}" if duplicated else f"{users} operators use {len(copies)} weight arrays",
        "one copy of each",
        cause="the converter wrote the same weights once for each time step" if duplicated else "",
        remedy="let the steps share one constant: convert the unrolled Keras layer as a whole" if duplicated else "",
        figures={"weight_arrays": len(copies), "weight_users": users},
    )


def converts_alike_each_time(view: ModelView) -> Verdict:
    """No SPLIT has an output that nothing uses, which is what makes the quantizer leave it in float at random."""
    used = {(number, index) for number, graph in enumerate(view.graphs) for index in _used(graph)}
    unused = [
        _name(graph, operator)
        for graph, operator in view.operators
        if operator.name == "SPLIT" and any((operator.subgraph, index) not in used for index in operator.outputs)
    ]
    return Verdict(
        "converts_alike_each_time",
        not unused,
        f"an output of {some(unused)} is not used" if unused else "every output of every SPLIT is used",
        "no unused output",
        cause="the initial state is a constant zero, so a gate of the first step folds away; if the quantizer visits "
        "the dead output too early, the SPLIT stays in float"
        if unused
        else "",
        remedy="use state transfer and feed zeros, or repair the model (python -m harness.repair)" if unused else "",
        figures={"unused_split_outputs": len(unused)},
    )


def _wrong_biases(view: ModelView) -> tuple[int, dict[str, float]]:
    """How many biases there are, and by what factor each wrong one is off."""
    biased = [found for graph, operator in view.operators for found in _biased(graph, operator)]
    return len(biased), {name: factor for name, factor in biased if abs(factor - 1) > BIAS_SCALE_TOLERANCE}


def _told(total: int, wrong: dict[str, float]) -> str:
    if not wrong:
        return f"{total} biases at input scale times weight scale"
    return (
        f"{len(wrong)} of {total} biases at another scale, off by a factor of up to {max(wrong.values()):.3g}: "
        f"{some(list(wrong))}"
    )


def _used(graph: Graph) -> set[int]:
    return {index for operator in graph.operators for index in operator.inputs} | set(graph.outputs)


def _biased(graph: Graph, operator: Operator) -> Iterator[tuple[str, float]]:
    """The name of each quantized bias of an operator, and by what factor it is off."""
    for word, places in _BIASED.get(operator.name, {}).items():
        present = [operator.inputs[place] for place in places if place < len(operator.inputs)]
        scales = [graph.tensors[index].scales for index in present if index >= 0]
        if len(scales) == len(places) and all(scales):
            yield _name(graph, operator) + word, _bias_ratio(*scales)


@cache
def _bias_ratio(source: Scales, weights: Scales, bias: Scales) -> float:
    """The worst ratio, above 1, between the scale of a bias and the product that it must be."""
    channels = max(len(weights), len(bias))
    pairs = zip(_each(bias, channels), _each(weights, channels), strict=True)
    ratios = [own / (source[0] * of_weights) for own, of_weights in pairs]
    return max(*ratios, 1 / min(ratios)) if all(ratio > 0 for ratio in ratios) else math.inf


def _each(scales: Scales, channels: int) -> Scales:
    return scales if len(scales) > 1 else scales * channels


def _name(graph: Graph, operator: Operator) -> str:
    return f"{operator.name} {graph.tensors[operator.outputs[0]].name}"
