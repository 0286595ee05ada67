"""The float64 oracle of a generated model, with the bound for another evaluation (runs in a child)."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.model import HEAD, is_bounded, state_names, weight_names
from harness.recurrence import float32_bound, run_cell, run_model, softmax_head
from harness.rounding import FLOAT64_TOLERANCE


def judge(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """`outputs` of the oracle and `bounds` of rounding, each by name with the shapes of the model's outputs.

    The bounds are for float32, or for float64 as `harness.tracing.float_outputs` chooses.
    """
    if not is_bounded(spec):
        outputs, _ = float_outputs(spec, weights, inputs)
        return {"outputs": outputs, "bounds": {name: np.full_like(a, FLOAT64_TOLERANCE) for name, a in outputs.items()}}
    names = ["output"] + [name + "_out" for name in state_names(spec)]
    outputs = evaluate(spec, weights, inputs)
    bounds = float32_bound(*_arguments(spec, weights, inputs), reset_after=spec["reset_after"])
    return {
        "outputs": {name: outputs[name] for name in names},
        "bounds": {name: bounds[name] for name in names},
    }


def evaluate(
    spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """The outputs of the oracle by name, states included, for inputs by name, (n, ...) float64."""
    return dict(run_model(*_arguments(spec, weights, inputs), reset_after=spec["reset_after"]))


def float_outputs(
    spec: dict[str, Any], weights: Mapping[str, np.ndarray], inputs: Mapping[str, np.ndarray]
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The outputs of the float64 model by name, (n, ...), and the hidden state of its last layer, (n, steps, units).

    Knows every spec: several layers, both directions (what Keras concatenates is concatenated), sequences.
    """
    names = weight_names(spec)[: -len(HEAD)]
    cells = [[weights[name] for name in names[at : at + 3]] for at in range(0, len(names), 3)]
    initial = [inputs[name + "_in"] for name in state_names(spec)] or None
    hidden = np.asarray(inputs["input"], np.float64)
    for _ in range(spec["layers"]):
        run = run_cell(spec["cell"], cells.pop(0), hidden, initial, reset_after=spec["reset_after"])
        last, sequence = run.last, run.hidden
        if spec["bidirectional"]:
            back = run_cell(spec["cell"], cells.pop(0), hidden[:, ::-1], reset_after=spec["reset_after"])
            last = np.concatenate([last, back.last], axis=1)
            sequence = np.concatenate([sequence, back.hidden[:, ::-1]], axis=2)
        hidden = sequence
    head = [weights[name] for name in HEAD]
    outputs = {"output": softmax_head(head, hidden if spec["return_sequences"] else last)}
    outputs.update({name + "_out": state for name, state in zip(state_names(spec), run.states)})
    return outputs, hidden


def _arguments(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> tuple[Any, ...]:
    head = [weights[name] for name in HEAD]
    states = [inputs[name + "_in"] for name in state_names(spec)] or None
    return spec["cell"], weights, head, inputs["input"], states
