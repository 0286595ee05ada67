"""Repairs keep what they promise on random graphs and random models, on every set of kernels."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_real_tools import specs

from harness.checks import state_quantize_is_exact
from harness.engine import Engine
from harness.evidence import QuantizationErrors, StateEffect
from harness.jobs import Field, Job
from harness.kernels import installed
from harness.metrics import sqnr_db
from harness.pool import Pool
from harness.questions import contract, conversion, quantization, repair, state_effect, tflite
from harness.spec import Cell, Quantization, Retention, RnnSpec, StateStyle
from harness.stages import LITERT, STAGES, Stage
from harness.store import Store
from harness.subjects import GeneratedModel

UNIT = Path(__file__).parent.parent / "unit"
ALLOWED_LOSS_DB = 0.5
SCALES = st.floats(2**-12, 2**-2, width=32)
OWN = {
    "shared_bias": Stage("bias_stages:shared_bias", LITERT),
    "state_effect_of": Stage("state_stages:state_effect_of", LITERT),
    "comparison": Stage("surgery:compare", LITERT),
}
QUIETLY = [HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(UNIT), prepend=os.pathsep)
        patch.syspath_prepend(UNIT)
        for name, stage in OWN.items():
            patch.setitem(STAGES, name, stage)
        made = Engine(Store(Path(tmp_path_factory.mktemp("store"))), Pool())
        yield made
        made.close()


@st.composite
def shared_biases(draw: st.DrawFn) -> dict[str, Any]:
    """Operators that share a bias, at scales of their own."""
    dtype = draw(st.sampled_from(["int8", "int16"]))
    largest = 20_000 if dtype == "int8" else 5_000_000
    return {
        "dtype": dtype,
        "given": draw(st.lists(SCALES, min_size=1, max_size=4)),
        "weights": draw(st.lists(SCALES, min_size=1, max_size=1) | st.lists(SCALES, min_size=3, max_size=3)),
        "factor": draw(st.just(1.0) | st.floats(1 / 19, 19)),
        "values": draw(st.lists(st.integers(-largest, largest), min_size=3, max_size=3)),
        "seed": draw(st.integers(0, 3)),
    }


@settings(max_examples=25, suppress_health_check=QUIETLY)
@given(graph=shared_biases())
def test_a_mended_bias_brings_each_output_nearer(engine: Engine, graph: dict[str, Any]) -> None:
    said: dict[str, Any] = engine.observe(Job("shared_bias", graph)).value
    assert said["refused"] == []
    changed = " ".join(said["changes"])
    limit = 127 if graph["dtype"] == "int8" else 32767
    for runs in said["kernels"].values():
        for name, meant in said["meant"].items():
            after, before = runs["after"][name], runs["before"] and runs["before"][name]
            assert np.abs(after - meant).max() <= 2 * np.abs(meant).max() / limit
            if f"of {name} got" in changed:
                assert before is None or sqnr_db(meant, after) >= sqnr_db(meant, before) - ALLOWED_LOSS_DB
            else:
                assert before is None or np.array_equal(after, before)


@settings(max_examples=25, suppress_health_check=QUIETLY)
@given(
    dtype=st.sampled_from(["int8", "int16"]),
    scales=st.lists(SCALES, min_size=3, max_size=3),
    zeros=st.lists(st.integers(-128, 127), min_size=3, max_size=3),
)
def test_a_state_quantize_is_the_rescale(engine: Engine, dtype: str, scales: list[float], zeros: list[int]) -> None:
    points = zeros if dtype == "int8" else [0, 0, 0]
    said = engine.observe(Job("state_effect_of", {"dtype": dtype, "scales": scales, "zeros": points})).value
    assert (len(said["changes"]), said["refused"]) == (1, [])
    verdict = state_quantize_is_exact(StateEffect.from_plain(said["effect"]))
    assert verdict, str(verdict)


def assert_repairs_keep_their_promises(engine: Engine, model: GeneratedModel) -> None:
    """Bit for bit where no bias is mended, within ALLOWED_LOSS_DB or better where one is; states exact."""
    converted = engine.observe(conversion(model))
    if not converted.done:
        return
    said = engine.observe(repair(model)).value
    assert said["refused"] == []
    if any(change.startswith("bias ") for change in said["changes"]):
        assert_no_output_loses(engine, model)
    elif model.spec.quantization is Quantization.INT8:
        assert_same_bits(engine, model)
    if model.spec.state is StateStyle.TRANSFER:
        states = engine.observe(contract(model)).value
        assert len(states["pairs"]) == len(model.spec.states)
        verdict = state_quantize_is_exact(StateEffect.from_plain(engine.observe(state_effect(model)).value))
        assert verdict, str(verdict)


def assert_no_output_loses(engine: Engine, model: GeneratedModel) -> None:
    job = quantization(model)
    unrepaired = replace(job, inputs={**job.inputs, "model": Field(conversion(model), "model")})
    before, after = (QuantizationErrors.from_plain(engine.observe(each).value) for each in (unrepaired, job))
    for kernels in installed():
        assert (kernels in after.errors) == (kernels in before.errors) == (kernels not in after.unmeasured)
        for name, error in after.errors.get(kernels, {}).items():
            assert error.sqnr_db >= before.errors[kernels][name].sqnr_db - ALLOWED_LOSS_DB, (kernels, name)


def assert_same_bits(engine: Engine, model: GeneratedModel) -> None:
    both = {"first": Field(conversion(model), "model"), "second": tflite(model)}
    for kernel in installed():
        compared = engine.observe(Job("comparison", {"seed": 1, "samples": 8, "kernel": kernel}, both)).value
        assert set(compared["first"]) == set(compared["second"])
        for name, array in compared["first"].items():
            assert np.array_equal(array, compared["second"][name]), (kernel, name)


@pytest.mark.parametrize(
    "spec",
    [
        RnnSpec(
            cell=Cell.GRU,
            units=8,
            time_steps=4,
            state=StateStyle.TRANSFER,
            quantization=Quantization.INT16X8,
            retention=Retention.LONG,
        ),
        RnnSpec(cell=Cell.LSTM, units=6, time_steps=3),
    ],
    ids=lambda spec: spec.id,
)
def test_the_repairs_of_a_model_keep_their_promises(engine: Engine, spec: RnnSpec) -> None:
    model = GeneratedModel(spec, {})
    assert engine.observe(conversion(model)).done
    assert_repairs_keep_their_promises(engine, model)
    mended = [change for change in engine.observe(repair(model)).value["changes"] if change.startswith("bias ")]
    assert bool(mended) == (spec.quantization is Quantization.INT16X8)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=QUIETLY)
@given(spec=specs())
def test_the_repairs_of_any_model_keep_their_promises(engine: Engine, spec: RnnSpec) -> None:
    assert_repairs_keep_their_promises(engine, GeneratedModel(spec, {}))
