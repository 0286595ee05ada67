"""A model description names itself, travels as plain values, and says what contradicts itself."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import Any

import pytest

from harness.errors import SpecError
from harness.spec import Cell, Quantization, Retention, RnnSpec, StateCalibration, StateStyle, Weights

SPEC = RnnSpec(cell=Cell.GRU, units=16, time_steps=3)
TRANSFER = replace(SPEC, state=StateStyle.TRANSFER)
BASES = {"state_calibration": TRANSFER}
"""What a parameter is tried on where it has no meaning without another."""

OTHERS: dict[str, Any] = {
    "cell": Cell.LSTM,
    "units": 17,
    "time_steps": 4,
    "features": 5,
    "state": StateStyle.TRANSFER,
    "quantization": Quantization.INT16X8,
    "weights": Weights.MNIST,
    "retention": Retention.LONG,
    "state_calibration": StateCalibration.ZEROS,
    "reset_after": False,
    "return_sequences": True,
    "layers": 2,
    "bidirectional": True,
    "seed": 1,
}


def test_every_parameter_of_a_spec_is_tried_here() -> None:
    assert set(OTHERS) == {field.name for field in fields(RnnSpec)}


def test_the_id_of_the_guide_model_reads_aloud() -> None:
    spec = RnnSpec(cell=Cell.GRU, units=256, time_steps=28, state=StateStyle.TRANSFER)
    assert spec.id == "gru_u256_t28_transfer_int8"


@pytest.mark.parametrize("name", OTHERS)
def test_the_id_tells_apart_specs_that_differ_in(name: str) -> None:
    base = BASES.get(name, SPEC)
    other = replace(base, **{name: OTHERS[name]})
    assert other.id != base.id
    assert re.fullmatch(r"[a-z0-9_]+", other.id)


@pytest.mark.parametrize(
    ("cell", "states"), [(Cell.GRU, ("state_h",)), (Cell.LSTM, ("state_h", "state_c")), (Cell.RNN, ("state_h",))]
)
def test_a_cell_has_states(cell: Cell, states: tuple[str, ...]) -> None:
    assert replace(SPEC, cell=cell).states == states


def test_a_fused_lstm_has_an_unrolled_twin() -> None:
    fused = replace(SPEC, cell=Cell.LSTM, state=StateStyle.FUSED)
    assert fused.id == "lstm_u16_t3_fused_int8"
    assert fused.unfused == replace(SPEC, cell=Cell.LSTM)
    assert TRANSFER.unfused is TRANSFER


def test_lengths_and_styles_of_a_layer_have_one_shortest_model() -> None:
    many = replace(TRANSFER, time_steps=50, quantization=Quantization.INT16X8, state_calibration=StateCalibration.ZEROS)
    assert many.shortest == SPEC.shortest == replace(SPEC, time_steps=1)
    assert replace(SPEC, seed=1).shortest != replace(SPEC, units=17).shortest != SPEC.shortest


@pytest.mark.parametrize("name", ["units", "time_steps", "features", "layers"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, "8", None])
def test_sizes_are_whole_numbers_of_1_or_more(name: str, value: object) -> None:
    changes: dict[str, Any] = {name: value}
    with pytest.raises(SpecError) as caught:
        replace(SPEC, **changes)
    assert str(caught.value) == f"{name.replace('_', ' ')} is {value!r}: give a whole number of 1 or more"


def test_a_seed_is_not_negative() -> None:
    with pytest.raises(SpecError, match="seed is -1: give 0 or more"):
        replace(SPEC, seed=-1)


@pytest.mark.parametrize("name", OTHERS)
def test_plain_values_come_back_as_the_spec_with_another(name: str) -> None:
    spec = replace(BASES.get(name, SPEC), **{name: OTHERS[name]})
    plain = spec.to_plain()
    assert {type(value) for value in plain.values()} <= {str, int, bool}
    assert RnnSpec.from_plain(plain) == spec


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": Cell.LSTM, "reset_after": False}, "reset_after=False is a variant of gru: lstm has no reset gate"),
        ({"cell": Cell.RNN, "retention": Retention.LONG}, "retention long .* rnn has no gate"),
        ({"weights": Weights.MNIST, "retention": Retention.LONG}, "retention long .* weights are mnist"),
        ({"state_calibration": StateCalibration.ZEROS}, "state calibration zeros .* give state transfer"),
        (
            {"state": StateStyle.TRANSFER, "state_calibration": StateCalibration.NORMAL, "weights": Weights.MNIST},
            "state calibration normal is for random weights, not mnist",
        ),
        ({"state": StateStyle.TRANSFER, "bidirectional": True}, "state transfer and bidirectional contradict"),
        ({"state": StateStyle.TRANSFER, "layers": 2}, "state transfer is for a single layer here: give layers=1"),
        ({"weights": Weights.SLICE, "layers": 2}, "weights slice are those of a single plain layer"),
        ({"weights": Weights.MNIST, "bidirectional": True}, "weights mnist are those of a single plain layer"),
        ({"state": StateStyle.FUSED}, "state fused is for lstm: TFLite has no fused operator of gru that the NPU runs"),
        ({"state": StateStyle.FUSED, "cell": Cell.RNN}, "state fused is for lstm: .* rnn"),
        (
            {"state": StateStyle.FUSED, "cell": Cell.LSTM, "quantization": Quantization.INT16X8},
            "state fused is for int8: the converter refuses the fused operator in int16x8",
        ),
        ({"state": StateStyle.FUSED, "cell": Cell.LSTM, "layers": 2}, "state fused is for a single layer"),
        ({"state": StateStyle.FUSED, "cell": Cell.LSTM, "bidirectional": True}, "state fused is for a single layer"),
        ({"state": StateStyle.FUSED, "cell": Cell.LSTM, "return_sequences": True}, "state fused .* its last step"),
        (
            {"state": StateStyle.FUSED, "cell": Cell.LSTM, "state_calibration": StateCalibration.ZEROS},
            "state calibration zeros is of state inputs",
        ),
        ({"weights": Weights.MNIST, "reset_after": False}, "weights mnist are those of a single plain layer"),
    ],
)
def test_parameters_that_contradict_each_other_are_named(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        replace(SPEC, **changes)


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(SpecError, match="unknown model parameter 'hidden_size'"):
        RnnSpec.from_plain({**SPEC.to_plain(), "hidden_size": 16})


@pytest.mark.parametrize(
    ("name", "word", "choice"),
    [
        ("cell", "cell", "gru, lstm, rnn"),
        ("state", "state style", "none, transfer, fused"),
        ("quantization", "quantization", "int8"),
        ("weights", "weights", "random, mnist"),
        ("retention", "retention", "plain, long"),
        ("state_calibration", "state calibration", "chain, zeros, uniform, normal"),
    ],
)
def test_an_unknown_value_is_named_with_the_ones_there_are(name: str, word: str, choice: str) -> None:
    with pytest.raises(SpecError, match=f"unknown {word} 'vanilla': choose one of {choice}"):
        RnnSpec.from_plain({**SPEC.to_plain(), name: "vanilla"})
