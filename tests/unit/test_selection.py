"""Which models and targets a run asks about."""

from __future__ import annotations

import pytest

from harness.catalog import FUSED, FUSED_GUIDE, GUIDE, MATRICES, STREAMING
from harness.errors import TargetError, UsageError
from harness.selection import Axes, TargetQuery, find_targets, select
from harness.spec import Cell, Quantization, Retention, StateCalibration, StateStyle
from harness.target import ACCELERATORS, VelaConfig

CONFIG = VelaConfig.installed()
NOTHING = Axes()
DEFAULTS = TargetQuery()


@pytest.mark.parametrize(("name", "models", "targets"), [("quick", 25, 3), ("standard", 73, 11)])
def test_a_matrix_has_its_models_and_targets(name: str, models: int, targets: int) -> None:
    selection = select(name, NOTHING, DEFAULTS, CONFIG)
    assert (len(selection.models), len(selection.targets)) == (models, targets)
    assert len({spec.id for spec in selection.models}) == models


def test_the_full_matrix_asks_the_guide_on_every_sensible_target() -> None:
    selection = select("full", NOTHING, DEFAULTS, CONFIG)
    assert len(set(selection.targets_of(GUIDE[0]))) == 166
    assert len(selection.targets_of(selection.models[0])) == len(ACCELERATORS)
    varied = {spec.id for spec in selection.models} - {
        spec.id for spec in select("standard", NOTHING, DEFAULTS, CONFIG).models
    }
    for word in ("int16x8", "reset_before", "long", "t100", "layers2", "bidirectional", "sequences"):
        assert any(word in name for name in varied), word


def test_one_fused_lstm_is_asked_in_every_matrix_and_more_where_they_are_asked_for() -> None:
    for name in MATRICES:
        assert FUSED in select(name, NOTHING, DEFAULTS, CONFIG).models
    assert [spec for spec in select("quick", NOTHING, DEFAULTS, CONFIG).models if spec.is_fused] == [FUSED]
    assert FUSED_GUIDE not in select("quick", NOTHING, DEFAULTS, CONFIG).guide
    full = select("full", NOTHING, DEFAULTS, CONFIG)
    assert {(spec.units, spec.time_steps) for spec in full.models if spec.is_fused} == {(32, 8), (256, 28)}
    assert FUSED_GUIDE in full.guide
    asked = select("quick", Axes(state=(StateStyle.FUSED,)), DEFAULTS, CONFIG)
    assert {(spec.cell, spec.units, spec.time_steps) for spec in asked.models} == {
        (Cell.LSTM, units, steps) for units in (32, 256) for steps in (8, 28)
    }
    assert (asked.guide, asked.windows, asked.streaming) == ((FUSED_GUIDE,), (), ())
    unrolled = select("quick", Axes(state=(StateStyle.NONE, StateStyle.TRANSFER)), DEFAULTS, CONFIG)
    assert not [spec for spec in unrolled.models if spec.is_fused]


@pytest.mark.parametrize(
    ("axes", "reason"),
    [
        (Axes(state=(StateStyle.FUSED,), cell=(Cell.GRU,)), "state fused is for lstm: "),
        (Axes(state=(StateStyle.FUSED,), cell=(Cell.RNN, Cell.GRU)), "no fused operator of rnn"),
        (Axes(state=(StateStyle.FUSED,), quantization=(Quantization.INT16X8,), cell=(Cell.LSTM,)), "in int16x8"),
    ],
)
def test_what_has_no_fused_operator_is_refused_with_the_reason(axes: Axes, reason: str) -> None:
    with pytest.raises(UsageError, match=f"no model of the matrix quick has all .*{reason}"):
        select("quick", axes, DEFAULTS, CONFIG)


def test_a_given_axis_replaces_that_of_the_matrix() -> None:
    selection = select("quick", Axes(units=(48,), cell=(Cell.GRU,)), DEFAULTS, CONFIG)
    assert {(spec.cell, spec.units) for spec in selection.models} == {(Cell.GRU, 48)}
    assert {spec.time_steps for spec in selection.models} == set(MATRICES["quick"].time_steps)
    assert selection.guide == ()


def test_the_guide_is_asked_where_every_given_value_admits_it() -> None:
    axes = Axes(units=(256,), state=(StateStyle.TRANSFER,))
    assert {spec.state for spec in select("quick", axes, DEFAULTS, CONFIG).guide} == {StateStyle.TRANSFER}
    other = select("quick", Axes(quantization=(Quantization.INT16X8,)), DEFAULTS, CONFIG)
    assert other.guide == ()
    assert {spec.quantization for spec in other.models} == {Quantization.INT16X8}


def test_streaming_is_asked_in_every_matrix_with_weights_that_keep_the_state() -> None:
    for name in MATRICES:
        assert select(name, NOTHING, DEFAULTS, CONFIG).streaming == STREAMING
    assert {spec.time_steps for spec in STREAMING} == {1, 8, 28}
    assert {(spec.cell, spec.retention) for spec in STREAMING} == {
        (Cell.GRU, Retention.LONG),
        (Cell.LSTM, Retention.LONG),
        (Cell.RNN, Retention.PLAIN),
    }
    assert select("quick", Axes(units=(48,)), DEFAULTS, CONFIG).streaming == ()


def test_a_given_state_calibration_is_asked_of_models_with_states() -> None:
    given = (StateCalibration.CHAIN, StateCalibration.UNIFORM)
    found = select("quick", Axes(state_calibration=given), DEFAULTS, CONFIG).models
    assert {spec.state_calibration for spec in found if spec.state is StateStyle.TRANSFER} == set(given)
    assert {spec.state_calibration for spec in found if spec.state is StateStyle.NONE} == {StateCalibration.CHAIN}
    with pytest.raises(UsageError, match="no model of the matrix"):
        select("quick", Axes(state=(StateStyle.NONE,), state_calibration=given[1:]), DEFAULTS, CONFIG)


def test_an_unknown_matrix_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown matrix 'tiny': choose one of quick, standard, full"):
        select("tiny", NOTHING, DEFAULTS, CONFIG)


def test_globs_pick_from_the_sensible_combinations() -> None:
    everything = find_targets(CONFIG, TargetQuery(accelerator=("*",), system_config=("*",), memory_mode=("*",)))
    assert len(everything) == 166
    dedicated = find_targets(CONFIG, TargetQuery(accelerator=("ethos-u65-*",), memory_mode=("Dedicated*",)))
    assert {target.memory_mode for target in dedicated} == {
        "Dedicated_Sram",
        "Dedicated_Sram_256KB",
        "Dedicated_Sram_384KB",
        "Dedicated_Sram_512KB",
    }
    assert {target.system_config for target in dedicated} == {"Ethos_U65_High_End"}


def test_names_are_taken_at_their_word() -> None:
    with pytest.raises(TargetError, match="belongs to another family"):
        find_targets(CONFIG, TargetQuery(accelerator=("ethos-u55-128",), system_config=("Ethos_U65_High_End",)))


@pytest.mark.parametrize(
    "query",
    [
        TargetQuery(accelerator=("ethos-u99-*",)),
        TargetQuery(accelerator=("ethos-u55-*",), memory_mode=("Dedicated*",)),
    ],
)
def test_words_that_fit_nothing_are_refused(query: TargetQuery) -> None:
    with pytest.raises(TargetError, match=r"unknown accelerator|no target has"):
        find_targets(CONFIG, query)
