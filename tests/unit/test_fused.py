"""The fused LSTM is the function of the looped one, keeps its state until a reset, and needs tf_keras to be made."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import fused
from harness.checks import (
    forgets_after_reset,
    fused_equals_looped,
    fused_is_as_near_as_unrolled,
    fused_operator_equals_oracle,
    is_one_fused_operator,
    remembers_without_reset,
    variables_survive_compilation,
)
from harness.engine import Engine
from harness.evidence import FloatOutputs, FusedOutputs, ModelView, Oracle, QuantizationErrors, ResetEffect
from harness.explain import explain_failure
from harness.jobs import Field, Job
from harness.making import weights
from harness.questions import (
    conversion,
    float_outputs,
    fused_outputs,
    inspection,
    oracle,
    quantization,
    unrolled_quantization,
)
from harness.spec import Cell, RnnSpec, StateStyle
from harness.stages import FUSED, LITERT, STAGES, Stage
from harness.subjects import GeneratedModel
from harness.target import VelaConfig, choose_target

UNITS = 16
SPEC = RnnSpec(cell=Cell.LSTM, units=UNITS, time_steps=6, features=8, state=StateStyle.FUSED)
MODEL = GeneratedModel(SPEC, {})
Arrays = dict[str, np.ndarray]


def run_with_other_gates(spec: dict[str, Any], weights: Arrays, inputs: Arrays) -> dict[str, Any]:
    """As `harness.fused.run`, the input and forget gates swapped."""
    return fused.run(spec, _transposed(weights), inputs)


def judge_with_other_gates(spec: dict[str, Any], weights: Arrays, model: bytes) -> dict[str, Any]:
    """As `harness.fused.judge`, against a float model whose input and forget gates are swapped."""
    return fused.judge(spec, _transposed(weights), model)


def convert_without_tf_keras(spec: dict[str, Any], weights: Arrays) -> dict[str, Any]:
    """As `harness.fused.convert`, where tf_keras is not installed."""
    sys.meta_path.insert(0, _Missing())
    return fused.convert(spec, weights)


class _Missing:
    def find_spec(self, name: str, _path: Sequence[str] | None = None, _target: object = None) -> None:
        if name.partition(".")[0] == "tf_keras":
            raise ModuleNotFoundError("No module named 'tf_keras'", name="tf_keras")


def _transposed(weights: Arrays) -> Arrays:
    return {name: array if "head" in name else _swapped(array) for name, array in weights.items()}


def _swapped(array: np.ndarray) -> np.ndarray:
    first, second, *others = np.split(array, 4, axis=-1)
    return np.concatenate([second, first, *others], axis=-1)


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = {
        "other_gates": Stage("test_fused:run_with_other_gates", FUSED),
        "judged_by_other_gates": Stage("test_fused:judge_with_other_gates", LITERT),
        "without_tf_keras": Stage("test_fused:convert_without_tf_keras", FUSED),
    }
    for name, stage in stages.items():
        monkeypatch.setitem(STAGES, name, stage)


def value(engine: Engine, job: Job) -> dict[str, Any]:
    outcome = engine.observe(job)
    assert outcome.done, outcome.sentence
    found: dict[str, Any] = outcome.value
    return found


def test_the_fused_float_model_is_the_looped_one_and_the_equations(engine: Engine) -> None:
    looped = FloatOutputs.from_plain(value(engine, float_outputs(MODEL)))
    exact = Oracle.from_plain(value(engine, oracle(MODEL)))
    same = FusedOutputs.from_plain(value(engine, fused_outputs(MODEL)))
    assert fused_equals_looped(same, looped, exact)
    assert fused_operator_equals_oracle(same, exact)
    job = fused_outputs(MODEL)
    other = FusedOutputs.from_plain(value(engine, Job("other_gates", job.arguments, job.inputs)))
    assert not fused_equals_looped(other, looped, exact)
    assert not fused_operator_equals_oracle(other, exact)


def test_it_has_the_weights_of_its_unrolled_twin() -> None:
    assert weights(MODEL).job.key == weights(GeneratedModel(SPEC.unfused, {})).job.key


def test_the_int8_model_is_one_operator_as_near_to_float64_as_the_unrolled_one(engine: Engine) -> None:
    view = ModelView.from_plain(value(engine, inspection(MODEL)))
    assert is_one_fused_operator(view)
    assert view.has_variables
    unrolled = GeneratedModel(SPEC.unfused, {})
    job = quantization(MODEL)
    right, wrong, twin = (
        QuantizationErrors.from_plain(value(engine, asked))
        for asked in (job, Job("judged_by_other_gates", job.arguments, job.inputs), unrolled_quantization(MODEL))
    )
    assert fused_is_as_near_as_unrolled(right, twin)
    assert "gates or weights are mixed up" in str(fused_is_as_near_as_unrolled(wrong, twin))
    assert unrolled_quantization(MODEL).key == quantization(unrolled).key
    assert not is_one_fused_operator(ModelView.from_plain(value(engine, inspection(unrolled))))


def test_without_tf_keras_it_is_not_installed_and_the_remedy_says_what_to_install(engine: Engine) -> None:
    job = conversion(MODEL)
    outcome = engine.observe(Job("without_tf_keras", job.arguments, job.inputs))
    assert (outcome.kind, outcome.detail) == ("not installed", "No module named 'tf_keras'")
    cause = explain_failure("fused_conversion", outcome.kind, outcome.signal, outcome.detail, outcome.log)
    assert "[fused]" in cause.remedy


def test_a_sample_keeps_its_state_until_a_reset(engine: Engine, samples: Path) -> None:
    effect = effect_of(engine, samples / "lstm_fused.tflite")
    assert forgets_after_reset(effect)
    assert remembers_without_reset(effect)
    assert set(effect.after_reset) == {"litert_reference", "litert_default", "tflite_micro"}


def test_a_resource_variable_outlives_the_reset(engine: Engine, samples: Path) -> None:
    effect = effect_of(engine, samples / "accumulator_float.tflite")
    assert remembers_without_reset(effect)
    assert "something outlives the reset" in str(forgets_after_reset(effect))


def test_a_model_without_a_memory_shows_none(engine: Engine, samples: Path) -> None:
    effect = effect_of(engine, samples / "lstm_transfer.tflite")
    assert forgets_after_reset(effect)
    assert "not put to the test" in str(remembers_without_reset(effect))


def test_what_keeps_variables_is_seen_in_the_file(engine: Engine, samples: Path) -> None:
    kept = {}
    for name in ("lstm_fused", "accumulator_float", "lstm_transfer"):
        job = Job("inspection", {}, {"model": engine.store.add_file(samples / f"{name}.tflite")})
        kept[name] = ModelView.from_plain(value(engine, job)).has_variables
    assert kept == {"lstm_fused": True, "accumulator_float": True, "lstm_transfer": False}


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u65-256", "ethos-u85-256"])
def test_vela_plans_one_place_for_each_variable(engine: Engine, samples: Path, accelerator: str) -> None:
    model = engine.store.add_file(samples / "lstm_fused.tflite")
    target = choose_target(VelaConfig.installed(), accelerator)
    compiled = Field(Job("compilation", target.to_plain(), {"model": model}), "model")
    before, after = (
        ModelView.from_plain(value(engine, Job("inspection", {}, {"model": file}))) for file in (model, compiled)
    )
    assert variables_survive_compilation(before, after)
    places = {tensor.name: tensor.arena_offset for tensor in after.tensors if tensor.variable}
    assert len(places) == 2
    assert None not in places.values()
    (graph,) = after.graphs
    first = next(tensor for tensor in graph.tensors if tensor.variable)
    moved = replace(first, arena_offset=4096)
    spoiled = replace(after, graphs=(replace(graph, tensors=(*graph.tensors, moved)),))
    assert "at 2 places" in str(variables_survive_compilation(before, spoiled))


def effect_of(engine: Engine, model: Path) -> ResetEffect:
    job = Job("resets", {}, {"model": engine.store.add_file(model)})
    return ResetEffect.from_plain(value(engine, job))
