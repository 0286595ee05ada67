"""Each check of a stream passes for a sound one and fails for the fault that it is there for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streaming_stages import WINDOWS

from harness.checks import (
    Verdict,
    contract_beats_raw,
    contract_is_raw_or_better,
    contract_streams,
    figures_of,
    host_and_graph_agree,
    raw_copy_is_safe,
    reset_is_a_fresh_start,
    states_stay_in_range,
)
from harness.engine import Engine
from harness.evidence import Streaming
from harness.jobs import Field, Job
from harness.spec import Cell, Retention, RnnSpec, StateCalibration, StateFeedback, StateStyle
from harness.stages import KERAS, LITERT, STAGES, Stage

GRU = RnnSpec(cell=Cell.GRU, units=16, time_steps=2, features=8, state=StateStyle.TRANSFER, retention=Retention.LONG)
LSTM = replace(GRU, cell=Cell.LSTM)
UNEQUAL = replace(GRU, state_calibration=StateCalibration.UNIFORM)
CHECKS = (contract_streams, host_and_graph_agree, reset_is_a_fresh_start, contract_is_raw_or_better)


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "streaming", Stage("streaming_stages:stream", LITERT))
    small = Stage("streaming_stages:convert_small_states", (*KERAS, "ai-edge-litert"))
    monkeypatch.setitem(STAGES, "small_conversion", small)


def stream(engine: Engine, spec: RnnSpec, fault: str = "none", conversion: str = "conversion") -> Streaming:
    weights = Field(Job("weights", {"spec": spec.to_plain()}), "weights")
    model = Field(Job(conversion, {"spec": spec.to_plain()}, {"weights": weights}), "model")
    mended = Field(Job("repair", {"states": True}, {"model": model}), "model")
    inputs = {"weights": weights, "model": model, "mended": mended}
    outcome = engine.observe(Job("streaming", {"spec": spec.to_plain(), "fault": fault}, inputs))
    assert outcome.done, outcome.sentence
    return Streaming.from_plain(outcome.value)


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("spec", [GRU, LSTM], ids=["gru", "lstm"])
def test_a_sound_stream_passes(engine: Engine, spec: RnnSpec, check: Callable[[Streaming], Verdict]) -> None:
    verdict = check(stream(engine, spec))
    assert verdict, str(verdict)


def test_states_of_a_chain_stay_in_range(engine: Engine) -> None:
    for spec in (GRU, LSTM):
        verdict = states_stay_in_range(stream(engine, spec))
        assert verdict, str(verdict)


@pytest.mark.parametrize(
    ("spec", "fault"),
    [(UNEQUAL, "raw bytes"), (LSTM, "swapped states"), (GRU, "half of the state reset")],
)
def test_a_state_that_is_not_what_the_window_before_left_fails(engine: Engine, spec: RnnSpec, fault: str) -> None:
    verdict = contract_streams(stream(engine, spec, fault))
    assert not verdict
    assert "not what the window before left" in verdict.cause


@pytest.mark.parametrize(("spec", "fault"), [(UNEQUAL, "raw bytes"), (UNEQUAL, "another quantize")])
def test_host_and_graph_that_differ_fail(engine: Engine, spec: RnnSpec, fault: str) -> None:
    verdict = host_and_graph_agree(stream(engine, spec, fault))
    assert not verdict
    assert verdict.cause.startswith("state_h")


def test_a_reset_that_is_not_the_zero_point_fails(engine: Engine) -> None:
    verdict = reset_is_a_fresh_start(stream(engine, GRU, "another reset"))
    assert not verdict
    assert "not the zero point" in verdict.cause


def test_something_that_outlives_a_reset_fails(engine: Engine) -> None:
    streaming = stream(engine, GRU, "a memory of its own")
    assert streaming.restart["value"] == 0
    assert not reset_is_a_fresh_start(streaming)


def test_states_that_calibration_saw_smaller_fail(engine: Engine) -> None:
    streaming = stream(engine, LSTM, conversion="small_conversion")
    verdict = states_stay_in_range(streaming)
    assert not verdict
    assert verdict.figures["first_clipped_window_state_c"] <= WINDOWS
    assert "had smaller states" in verdict.cause


def test_raw_bytes_are_judged_where_firmware_copies_them(engine: Engine) -> None:
    unequal = stream(engine, UNEQUAL)
    assert not raw_copy_is_safe(unequal, StateFeedback.RAW)
    told = raw_copy_is_safe(unequal, StateFeedback.CONTRACT)
    assert told
    assert "not judged" in told.observed
    assert told.figures["raw_cost_db_state_h"] > 1.5
    equal = replace(unequal, pairs=tuple({**pair, "equal": True} for pair in unequal.pairs))
    assert raw_copy_is_safe(equal, StateFeedback.RAW)


def test_the_contract_must_beat_raw_bytes_by_far(engine: Engine) -> None:
    unequal = stream(engine, UNEQUAL)
    far = replace(unequal, noise={**unequal.noise, "raw": {n: 100 * a for n, a in unequal.noise["host"].items()}})
    assert contract_beats_raw(far)
    near = replace(unequal, noise={**unequal.noise, "raw": {n: 10 * a for n, a in unequal.noise["host"].items()}})
    assert not contract_beats_raw(near)
    assert not contract_is_raw_or_better(near)
    host_only = {**far.noise, "graph": far.noise["raw"]}
    assert not contract_beats_raw(replace(far, noise=host_only))


def test_equal_pairs_prove_nothing_about_raw_bytes(engine: Engine) -> None:
    equal = replace(stream(engine, UNEQUAL), pairs=({"state": "state_h", "equal": True},))
    assert not contract_beats_raw(equal)
    assert not contract_is_raw_or_better(equal)


def test_what_is_not_a_number_fails(engine: Engine) -> None:
    sound = stream(engine, GRU)
    lost = {name: array * np.nan for name, array in sound.noise["host"].items()}
    assert not contract_streams(replace(sound, noise={**sound.noise, "host": lost}))


def test_the_series_have_a_value_for_each_window(engine: Engine) -> None:
    sound = stream(engine, GRU)
    for check in (contract_streams, states_stay_in_range):
        series = figures_of(check(sound))["series"]
        assert series
        assert {len(values) for values in series.values()} == {WINDOWS}
