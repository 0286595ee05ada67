"""The float64 oracle of a generated model, with the bound for a float32 evaluation (runs in a child)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.model import state_names
from harness.recurrence import float32_bound, run_model

HEAD = {"kernel": "head_kernel", "bias": "head_bias"}


def judge(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> dict[str, Any]:
    """`outputs` of the oracle and `bounds` of float32 rounding, each by name with the shapes of the model's outputs."""
    question = arguments(spec, weights, inputs)
    names = ["output"] + [name + "_out" for name in state_names(spec)]
    outputs, bounds = run_model(*question), float32_bound(*question)
    return {
        "outputs": {name: outputs[name] for name in names},
        "bounds": {name: bounds[name] for name in names},
    }


def arguments(spec: dict[str, Any], weights: dict[str, np.ndarray], inputs: dict[str, np.ndarray]) -> tuple[Any, ...]:
    """The arguments of `harness.recurrence.run_model` for the inputs of a spec, states included."""
    head = {name: weights[ours] for name, ours in HEAD.items()}
    states = [inputs[name + "_in"] for name in state_names(spec)] or None
    return spec["cell"], weights, head, inputs["input"], states
