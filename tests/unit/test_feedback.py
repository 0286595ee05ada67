"""Streams of integers stand for real values; what is not quantized stands for itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from harness.feedback import HAND_OVERS, Recurrent, fresh_states, run_windows, to_real

STATE = {
    "state": "h",
    "output": "h_out",
    "input": "h_in",
    "shape": [1, 2],
    "dtype": "int8",
    "output_scale": 0.5,
    "output_zero_point": 1,
    "input_scale": 0.25,
    "input_zero_point": -3,
    "equal": False,
    "multiplier": 1 << 30,
    "shift": 2,
}


class Counter(NamedTuple):
    """Stands for an interpreter: its state output is the state input plus one, in its own integers."""

    inputs: dict[str, dict[str, Any]]
    outputs: dict[str, dict[str, Any]]
    resets: list[str]
    """What was done, in order: a window, or a reset of the variables, of which it has none."""

    def reset(self) -> None:
        """There is nothing to clear."""
        self.resets.append("reset")

    def invoke(self, sample: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The window itself, and the state one further."""
        self.resets.append("window")
        return {"y": sample["x"], "h_out": (sample["h_in"] + 1).astype(np.int8)}


COUNTER = Recurrent(
    b"",
    "none",
    Counter(
        {"x": {"quantization": (0.0, 0)}, "h_in": {"quantization": (0.25, -3)}}, {"y": {"quantization": (0.0, 0)}}, []
    ),
    [STATE],
    ["x"],
    ["y"],
)
WINDOWS = {"x": np.arange(6, dtype=np.float32).reshape(2, 3, 1)}


def test_each_way_hands_over_what_its_name_says() -> None:
    streams = {name: run_windows(COUNTER, WINDOWS, way)["h"][0, :, 0].tolist() for name, way in HAND_OVERS.items()}
    # From the zero point -3: -2 is -1.5 in the terms of the output, and -9 in those of the input; and so on.
    assert streams == {
        "contract": [-9, -21, -45],
        "raw": [-2, -1, 0],
        "reset": [-9, -9, -9],
        "unreset": [-9, -21, -45],
    }


def test_variables_are_reset_where_a_way_begins_afresh() -> None:
    done = {}
    for name, way in HAND_OVERS.items():
        COUNTER.interpreter.resets.clear()
        run_windows(COUNTER, {"x": WINDOWS["x"][:, :2]}, way)
        done[name] = list(COUNTER.interpreter.resets)
    once = ["reset", "window", "window"] * 2
    assert done == {
        "contract": once,
        "raw": once,
        "reset": ["reset", "window"] * 4,
        "unreset": ["window"] * 4,
    }


def test_each_sequence_begins_afresh() -> None:
    stream = run_windows(COUNTER, WINDOWS, HAND_OVERS["contract"])
    np.testing.assert_array_equal(stream["h"][0], stream["h"][1])
    assert fresh_states([STATE])["h_in"].tolist() == [-3, -3]


def test_what_is_not_quantized_stands_for_itself() -> None:
    real = to_real(COUNTER, run_windows(COUNTER, WINDOWS, HAND_OVERS["raw"]))
    np.testing.assert_array_equal(real["y"], WINDOWS["x"])
    assert real["h"][0, :, 0].tolist() == [0.25, 0.5, 0.75]
