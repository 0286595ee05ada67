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
    copied_bytes_stream_alike,
    figures_of,
    host_and_graph_agree,
    raw_copy_is_safe,
    reset_is_a_fresh_start,
    states_stay_in_range,
)
from harness.engine import Engine
from harness.evidence import CopiedBytes, Streaming
from harness.jobs import Field, Job
from harness.spec import Cell, Retention, RnnSpec, StateCalibration, StateFeedback, StateStyle
from harness.stages import KERAS, LITERT, STAGES, Stage

GRU = RnnSpec(cell=Cell.GRU, units=16, time_steps=2, features=8, state=StateStyle.TRANSFER, retention=Retention.LONG)
LSTM = replace(GRU, cell=Cell.LSTM)
UNEQUAL = replace(GRU, state_calibration=StateCalibration.UNIFORM)
STATELESS = replace(GRU, state=StateStyle.NONE)
CHECKS = (contract_streams, host_and_graph_agree, reset_is_a_fresh_start, contract_is_raw_or_better)


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "streaming", Stage("streaming_stages:stream", LITERT))
    small = Stage("streaming_stages:convert_small_states", (*KERAS, "ai-edge-litert"))
    monkeypatch.setitem(STAGES, "small_conversion", small)


def converted(spec: RnnSpec, conversion: str = "conversion") -> tuple[Field, Field]:
    """Weights and model."""
    weights = Field(Job("weights", {"spec": spec.to_plain()}), "weights")
    return weights, Field(Job(conversion, {"spec": spec.to_plain()}, {"weights": weights}), "model")


def copy_bytes(engine: Engine, spec: RnnSpec) -> CopiedBytes:
    outcome = engine.observe(Job("copying", {}, {"model": converted(spec)[1]}))
    assert outcome.done, outcome.sentence
    return CopiedBytes.from_plain(outcome.value)


def stream(engine: Engine, spec: RnnSpec, fault: str = "none", conversion: str = "conversion") -> Streaming:
    weights, model = converted(spec, conversion)
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
    assert 0 <= verdict.figures["first_clipped_step_state_c"] <= LSTM.time_steps
    assert "state_c clipped from window " in verdict.observed
    assert "had smaller states" in verdict.cause


def test_the_first_clipped_window_and_step_are_named(engine: Engine) -> None:
    sound = stream(engine, GRU)
    state = sound.ranges["state_h"]
    beyond = np.zeros_like(state.beyond_lsb)
    first = int(sound.rows("normal")[0])
    beyond[first, 4, 1], beyond[first, 5, 0] = 0.6, 3.0
    verdict = states_stay_in_range(replace(sound, ranges={"state_h": replace(state, beyond_lsb=beyond)}))
    assert (verdict.figures["first_clipped_window_state_h"], verdict.figures["first_clipped_step_state_h"]) == (5, 1)
    assert "clipped from window 5 on, first after step 1, " in verdict.observed
    assert len(verdict.series["step_held_high_state_h"]) == 1 + GRU.time_steps
    never = states_stay_in_range(replace(sound, ranges={"state_h": replace(state, beyond_lsb=0 * beyond)}))
    assert "state_h never clipped" in never.observed


def test_raw_bytes_are_judged_where_firmware_copies_them(engine: Engine) -> None:
    unequal = stream(engine, UNEQUAL)
    assert not raw_copy_is_safe(unequal, StateFeedback.RAW)
    told = raw_copy_is_safe(unequal, StateFeedback.CONTRACT)
    assert told
    assert "not judged" in told.observed
    assert told.figures["raw_cost_db_state_h"] > 3.0
    equal = replace(unequal, pairs=tuple({**pair, "equal": True} for pair in unequal.pairs))
    assert raw_copy_is_safe(equal, StateFeedback.RAW)


def test_copied_bytes_of_a_given_model_are_told_and_judged_where_declared(engine: Engine) -> None:
    copied = copy_bytes(engine, UNEQUAL)
    verdict = copied_bytes_stream_alike(copied, StateFeedback.RAW)
    assert not verdict
    assert "state_h under 20 dB from window" in verdict.observed
    assert len(verdict.series["copied_db_state_h"]) == copied.windows
    assert copied_bytes_stream_alike(copied, StateFeedback.CONTRACT)


def test_copied_bytes_are_right_where_the_pair_is_equal_and_nothing_without_states(engine: Engine) -> None:
    copied = copy_bytes(engine, GRU)
    assert all(pair["equal"] for pair in copied.pairs)
    assert not any(noise.any() for noise in copied.noise.values())
    assert copied_bytes_stream_alike(copied, StateFeedback.RAW)
    without = copied_bytes_stream_alike(copy_bytes(engine, STATELESS), StateFeedback.RAW)
    assert without.observed == "no states"


def test_copied_bytes_of_a_state_that_nothing_carries_over_are_not_compared(engine: Engine) -> None:
    copied = copy_bytes(engine, replace(GRU, state_calibration=StateCalibration.ZEROS))
    assert "no value of one is a value of the other" in copied.problem
    assert not copied_bytes_stream_alike(copied, StateFeedback.RAW)
    told = copied_bytes_stream_alike(copied, StateFeedback.CONTRACT)
    assert told
    assert told.observed.startswith("not compared: ")


def test_named_states_that_the_model_lacks_are_not_compared(engine: Engine) -> None:
    job = Job("copying", {"pairs": [["h", "state_h_in"]]}, {"model": converted(GRU)[1]})
    assert "no output h" in CopiedBytes.from_plain(engine.observe(job).value).problem


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


def test_silence_is_allowed_more_than_what_is_not_silent(engine: Engine) -> None:
    sound = stream(engine, GRU)

    def worse(kind: str) -> Streaming:
        noise = {name: array.copy() for name, array in sound.noise["rounded"].items()}
        noise["state_h"][sound.rows(kind)] *= 2
        return replace(sound, noise={**sound.noise, "host": noise})

    assert contract_streams(worse("burst"))
    assert not contract_streams(worse("normal"))


def test_the_series_have_a_value_for_each_window_or_place_in_it(engine: Engine) -> None:
    sound = stream(engine, GRU)
    for check in (contract_streams, states_stay_in_range):
        series = figures_of(check(sound))["series"]
        assert series
        for name, values in series.items():
            assert len(values) == (1 + GRU.time_steps if name.startswith("step_") else WINDOWS), name
