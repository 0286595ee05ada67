"""What the harness changes about the converter, and what stays the same."""

from __future__ import annotations

import pytest

from harness.engine import Engine
from harness.jobs import Job
from harness.spec import Cell, RnnSpec, StateStyle
from harness.stages import KERAS, STAGES, Stage


@pytest.mark.parametrize("cell", [Cell.GRU, Cell.LSTM])
def test_the_converter_writes_the_same_by_our_tables(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, cell: Cell
) -> None:
    tools = (*KERAS, "ai-edge-litert")
    monkeypatch.setitem(STAGES, "both_tables", Stage("conversion_stages:both_tables", tools))
    spec = RnnSpec(cell=cell, units=16, time_steps=4, state=StateStyle.TRANSFER)
    found = engine.observe(Job("both_tables", {"spec": spec.to_plain()})).value
    assert found == {"equal": True, "by_the_library": [True, True, False]}
