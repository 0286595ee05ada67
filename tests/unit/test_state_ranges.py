"""The tensors that hold a state are found step by step, and what lies beyond their range is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine import Engine
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage

SEQUENCES, WINDOWS, STEPS, UNITS = 2, 5, 3, 8


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "ranging", Stage("streaming_stages:range_of_constant", LITERT))


def ranges(engine: Engine, model: Path, value: float) -> dict[str, Any]:
    """The ranges of states that are `value` at one unit in one step of the last window of one sequence, else zero."""
    arguments = {"value": value, "sequences": SEQUENCES, "windows": WINDOWS, "steps": STEPS, "units": UNITS}
    outcome = engine.observe(Job("ranging", arguments, {"model": engine.store.add_file(model)}))
    assert outcome.done, outcome.sentence
    found: dict[str, Any] = outcome.value
    return found


@pytest.mark.parametrize(("name", "states"), [("gru_transfer", ["state_h"]), ("lstm_transfer", ["state_c", "state_h"])])
def test_every_step_of_every_state_has_its_tensor(engine: Engine, samples: Path, name: str, states: list[str]) -> None:
    found = ranges(engine, samples / f"{name}.tflite", 0.0)
    assert sorted(found) == states
    for state in found.values():
        assert state["scale"].shape == (1 + STEPS,)
        assert np.isfinite(state["scale"]).all()
        assert (state["held_low"] < 0).all()
        assert (state["held_high"] > 0).all()
        assert not state["clipped"].any()


def test_a_value_beyond_the_range_is_clipped_where_it_occurs(engine: Engine, samples: Path) -> None:
    state = ranges(engine, samples / "gru_transfer.tflite", 100.0)["state_h"]
    assert state["high"].max(axis=1).tolist() == [0.0] * (WINDOWS - 1) + [100.0]
    clipped = state["clipped"]
    assert np.argwhere(clipped).tolist() == [[1, WINDOWS - 1]]
    beyond = 100.0 - state["held_high"][2]
    assert clipped[1, -1] == pytest.approx(beyond**2)
    assert state["signal"][1, -1] == pytest.approx(100.0**2)
    assert np.argwhere(state["beyond_lsb"] > 0).tolist() == [[1, WINDOWS - 1, 2]]
    assert state["beyond_lsb"][1, -1, 2] == pytest.approx(beyond / state["scale"][2])
