"""An unrolled graph told once: one time step in full, and how the other steps differ from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.evidence import Prediction, Predictions


def describe_graph(predictions: Predictions) -> dict[str, Any]:
    """The operators of a model: `layers` with their steps, and those `outside` the steps.

    Of each layer, `operators` are those of `step`, the first of the steps that are like most others (`usual`);
    `others` are the steps that differ: what they have `more` and what they lack (`less`), by name and tensor.
    """
    inside = [entry for entry in predictions.operators if entry.step is not None]
    layers: dict[str, list[Prediction]] = {}
    for entry in inside:
        layers.setdefault(entry.layer or "", []).append(entry)
    return {
        "operators": len(predictions.operators),
        "layers": [_layer(name, own) for name, own in layers.items()],
        "outside": [_operator(entry) for entry in predictions.operators if entry.step is None],
    }


def places(predictions: Predictions) -> dict[tuple[int, int], Prediction]:
    """The operators by subgraph and index."""
    return {(entry.subgraph, entry.index): entry for entry in predictions.operators}


def cycles_by_operator(
    predictions: Predictions, cycles: Mapping[int, tuple[int, int]], total_cycles: int
) -> list[dict[str, Any]]:
    """Estimated cycles and MACs by kind of operator of the main graph, most cycles first.

    Operators overlap and wait for each other, so the sum may differ from `total_cycles`, which `share` is of.
    """
    names = {entry.index: entry.name for entry in predictions.operators if entry.subgraph == 0}
    totals: dict[str, list[int]] = {}
    for index, (taken, macs) in cycles.items():
        kind = totals.setdefault(names.get(index, "added by Vela"), [0, 0, 0])
        for place, value in enumerate((1, taken, macs)):
            kind[place] += value
    return [
        {"operator": name, "count": own, "cycles": taken, "macs": macs, "share": taken / max(total_cycles, 1)}
        for name, (own, taken, macs) in sorted(totals.items(), key=lambda entry: (-entry[1][1], entry[0]))
    ]


def steps_in_full(predictions: Predictions) -> dict[str, list[Prediction]]:
    """For each layer, the operators of the step that `describe_graph` tells in full."""
    layers: dict[str, dict[int, list[Prediction]]] = {}
    for entry in predictions.operators:
        if entry.step is not None:
            layers.setdefault(entry.layer or "", {}).setdefault(entry.step, []).append(entry)
    return {layer: steps[_usual(steps)[0]] for layer, steps in layers.items()}


def step_cycles(
    steps: Mapping[str, Sequence[Prediction]], cycles: Mapping[int, tuple[int, int]]
) -> dict[str, list[int]]:
    """The estimated cycles of each of the operators that `steps_in_full` gives."""
    return {layer: [cycles.get(entry.index, (0, 0))[0] for entry in own] for layer, own in steps.items()}


def _layer(name: str, operators: Sequence[Prediction]) -> dict[str, Any]:
    steps: dict[int, list[Prediction]] = {}
    for entry in operators:
        if entry.step is not None:
            steps.setdefault(entry.step, []).append(entry)
    usual = _usual(steps)
    shown = Counter(_label(entry) for entry in steps[usual[0]])
    return {
        "layer": name,
        "step": usual[0],
        "usual": usual,
        "operators": [_operator(entry) for entry in steps[usual[0]]],
        "others": [_other(step, steps[step], shown) for step in sorted(set(steps) - set(usual))],
    }


def _usual(steps: Mapping[int, Sequence[Prediction]]) -> list[int]:
    """The steps of the largest group that have the same operators."""
    alike: dict[tuple[str, ...], list[int]] = {}
    for step in sorted(steps):
        alike.setdefault(tuple(sorted(_label(entry) for entry in steps[step])), []).append(step)
    return max(alike.values(), key=lambda group: (len(group), -group[0]))


def _other(step: int, operators: Iterable[Prediction], shown: Counter[str]) -> dict[str, Any]:
    own = Counter(_label(entry) for entry in operators)
    more, less = sorted((own - shown).elements()), sorted((shown - own).elements())
    return {"step": step, "operators": own.total(), "more": more, "less": less}


def _operator(entry: Prediction) -> dict[str, Any]:
    return {
        "name": entry.name,
        "tensor": short(entry.tensor),
        "layer": entry.layer or "",
        "kernel": entry.kernel or "",
        "predicted": {family: forecast.placement for family, forecast in entry.forecasts.items()},
    }


def _label(entry: Prediction) -> str:
    on_cpu = [family for family, forecast in entry.forecasts.items() if forecast.placement == "cpu"]
    return f"{entry.name} {short(entry.tensor)}" + (f" (CPU predicted on {', '.join(on_cpu)})" if on_cpu else "")


def short(tensor: str) -> str:
    """The last part of the first name of a tensor; the converter joins names with `;` and scopes with `/`."""
    return tensor.split(";", 1)[0].rsplit("/", 1)[-1]
