"""The float64 oracle of a generated model, with the bound for a float32 evaluation (runs in a child)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.model import state_names
from harness.recurrence import float32_bound, run_model

HEAD = {"kernel": "head_kernel", "bias": "head_bias"}


def judge(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """`outputs` of the oracle and `bounds` of float32 rounding, each by name with the shapes of the model's outputs."""
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


def _arguments(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> tuple[Any, ...]:
    head = {name: weights[ours] for name, ours in HEAD.items()}
    states = [inputs[name + "_in"] for name in state_names(spec)] or None
    return spec["cell"], weights, head, inputs["input"], states
