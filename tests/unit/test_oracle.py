"""Stacked, bidirectional and sequence models are what the equations say, and nothing that differs from that passes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.checks import looped_equals_oracle, unrolled_equals_looped, unrolled_equals_oracle
from harness.engine import Engine
from harness.evidence import FloatOutputs, Oracle
from harness.making import weights
from harness.oracle import judge
from harness.plain import load
from harness.questions import float_outputs, oracle
from harness.spec import Cell, RnnSpec
from harness.subjects import GeneratedModel

Arrays = dict[str, np.ndarray]
SMALL = RnnSpec(cell=Cell.GRU, units=5, time_steps=4, features=3)
SPECS = {
    "stacked": replace(SMALL, layers=2),
    "bidirectional": replace(SMALL, cell=Cell.LSTM, bidirectional=True),
    "sequences": replace(SMALL, cell=Cell.RNN, return_sequences=True),
    "all of it": replace(SMALL, layers=2, bidirectional=True, return_sequences=True),
}


def observe(engine: Engine, name: str) -> tuple[RnnSpec, FloatOutputs, Arrays, Arrays]:
    """The spec, what Keras computes, and the weights and inputs that it computed with."""
    spec = SPECS[name]
    model = GeneratedModel(spec, {})
    keras = engine.observe(float_outputs(model)).value
    job = weights(model).job
    engine.observe(job)
    given = load(Path(engine.store.entry_path(job.key)))["value"]["weights"]
    return spec, FloatOutputs.from_plain(keras), given, keras["inputs"]


@pytest.mark.parametrize("name", SPECS)
def test_looped_unrolled_and_oracle_are_one_function(engine: Engine, name: str) -> None:
    model = GeneratedModel(SPECS[name], {})
    expected = Oracle.from_plain(engine.observe(oracle(model)).value)
    outputs = FloatOutputs.from_plain(engine.observe(float_outputs(model)).value)
    assert outputs.unrolled["output"].dtype == np.float64
    for claim in (unrolled_equals_looped, looped_equals_oracle, unrolled_equals_oracle):
        assert claim(outputs, expected), claim.__name__
    assert next(iter(outputs.unrolled.values())).std() > 1e-3  # something is computed


def exchanged(weights: Arrays, one: str, other: str) -> Arrays:
    """The weights with the arrays of two prefixes exchanged."""
    pairs = {one: other, other: one}
    return {pairs.get(name, name): array for name, array in weights.items()}


def transposed_gates(weights: Arrays) -> Arrays:
    return {
        name: array if "head" in name else np.concatenate(np.split(array, 3, axis=-1)[::-1], axis=-1)
        for name, array in weights.items()
    }


def step_late(inputs: Arrays) -> Arrays:
    return {"input": np.roll(inputs["input"], 1, axis=1)}


def same(arrays: Arrays) -> Arrays:
    return arrays


Change = Callable[[Arrays], Arrays]
FAULTS: dict[str, tuple[str, Change, Change]] = {
    "transposed gates": ("stacked", transposed_gates, same),
    "an off-by-one time step": ("stacked", same, step_late),
    "exchanged layers": ("stacked", lambda w: exchanged(w, "recurrent_kernel", "layer1_recurrent_kernel"), same),
    "exchanged directions": ("bidirectional", lambda w: exchanged(w, "forward_kernel", "backward_kernel"), same),
    "a reversed sequence": ("sequences", same, lambda given: {"input": given["input"][:, ::-1]}),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_another_function_is_told(engine: Engine, fault: str) -> None:
    name, change_weights, change_inputs = FAULTS[fault]
    spec, outputs, given, inputs = observe(engine, name)
    right: dict[str, Any] = judge(spec.to_plain(), given, inputs)
    assert unrolled_equals_oracle(outputs, Oracle.from_plain(right))
    wrong: dict[str, Any] = judge(spec.to_plain(), change_weights(given), change_inputs(inputs))
    for claim in (looped_equals_oracle, unrolled_equals_oracle):
        verdict = claim(outputs, Oracle.from_plain(wrong))
        assert not verdict
        assert "not the same function" in verdict.cause
