"""The states of a representative dataset: one chain through the model itself, or drawn where the spec says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.conversion import CHAIN_WINDOWS, SAMPLES, representative_samples
from harness.oracle import evaluate
from harness.spec import Cell, RnnSpec, StateCalibration, StateStyle

UNITS, FEATURES = 4, 3
SHAPES = {
    "kernel": (FEATURES, 4 * UNITS),
    "recurrent_kernel": (UNITS, 4 * UNITS),
    "bias": (4 * UNITS,),
    "head_kernel": (UNITS, 10),
    "head_bias": (10,),
}
WEIGHTS = {name: np.random.default_rng(3).normal(size=shape) for name, shape in SHAPES.items()}
LSTM = RnnSpec(cell=Cell.LSTM, units=UNITS, time_steps=2, features=FEATURES, state=StateStyle.TRANSFER)


def samples_of(**changes: Any) -> list[dict[str, np.ndarray]]:  # noqa: ANN401 - fields of the spec
    return representative_samples({**LSTM.to_plain(), **changes}, WEIGHTS, b"")


def test_a_chain_is_one_run_of_the_model_over_all_windows() -> None:
    samples = samples_of()
    assert len(samples) == CHAIN_WINDOWS
    windows = np.concatenate([sample["input"] for sample in samples], axis=1)
    fresh = {name + "_in": np.zeros((1, UNITS)) for name in LSTM.states}
    assert not any(samples[0][name].any() for name in fresh)
    whole = evaluate(LSTM.to_plain(), WEIGHTS, {"input": windows[:, :-2], **fresh})
    for name in LSTM.states:
        np.testing.assert_allclose(samples[-1][name + "_in"], whole[name + "_out"], atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [(StateCalibration.ZEROS, 0, 0), (StateCalibration.UNIFORM, 0, 1), (StateCalibration.NORMAL, -5, 5)],
)
def test_drawn_states_are_what_their_name_says(kind: StateCalibration, low: float, high: float) -> None:
    samples = samples_of(state_calibration=kind.value)
    states = np.stack([sample[name + "_in"] for sample in samples for name in LSTM.states])
    assert len(samples) == CHAIN_WINDOWS
    assert states.shape[1:] == (1, UNITS)
    assert low <= states.min() <= states.max() <= high
    expected = {"zeros": (0, 0), "uniform": (0.5, 12**-0.5), "normal": (0, 1)}[kind.value]
    np.testing.assert_allclose((states.mean(), states.std()), expected, atol=0.06)


def test_the_windows_do_not_depend_on_how_states_are_calibrated() -> None:
    first, second = samples_of(), samples_of(state_calibration="normal")
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one["input"], other["input"])


def test_a_model_without_states_gets_windows_alone() -> None:
    samples = samples_of(state="none")
    assert len(samples) == SAMPLES
    assert set(samples[0]) == {"input"}
