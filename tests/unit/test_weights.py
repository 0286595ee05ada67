"""Random weights do not depend on how many steps a model takes, nor on what becomes of its state or its sequence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine import Engine
from harness.jobs import Job
from harness.making import weights
from harness.plain import load
from harness.spec import Cell, Quantization, Retention, RnnSpec, StateStyle
from harness.subjects import GeneratedModel

SMALL = RnnSpec(cell=Cell.GRU, units=5, time_steps=4, features=3)
SPECS = {
    "gru": replace(SMALL, state=StateStyle.TRANSFER),
    "gru, reset before": replace(SMALL, reset_after=False, quantization=Quantization.INT16X8),
    "lstm": replace(SMALL, cell=Cell.LSTM, state=StateStyle.TRANSFER, retention=Retention.LONG),
    "rnn": replace(SMALL, cell=Cell.RNN, return_sequences=True, seed=3),
    "stacked": replace(SMALL, cell=Cell.LSTM, layers=2, return_sequences=True),
    "bidirectional": replace(SMALL, bidirectional=True),
}


def drawn(engine: Engine, job: Job) -> dict[str, Any]:
    assert engine.observe(job).done
    found: dict[str, Any] = load(Path(engine.store.entry_path(job.key)))["value"]["weights"]
    return found


@pytest.mark.parametrize("name", SPECS)
def test_the_shortest_model_has_the_weights_of_the_model(engine: Engine, name: str) -> None:
    own = drawn(engine, Job("weights", {"spec": SPECS[name].to_plain()}))
    shortest = drawn(engine, weights(GeneratedModel(SPECS[name], {})).job)
    assert own.keys() == shortest.keys()
    assert all(np.array_equal(own[key], shortest[key]) for key in own)


def test_models_that_differ_in_shape_or_seed_have_weights_of_their_own() -> None:
    others = [replace(SMALL, units=6), replace(SMALL, seed=1), replace(SMALL, features=4), replace(SMALL, layers=2)]
    keys = {weights(GeneratedModel(spec, {})).job.key for spec in (SMALL, *others)}
    assert len(keys) == 5
