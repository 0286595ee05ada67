"""The models that the harness asks about by itself: data only."""

from __future__ import annotations

from harness.spec import Cell, RnnSpec, StateStyle, Weights

GUIDE_UNITS = 256
GUIDE_TIME_STEPS = 28
WINDOW_TIME_STEPS = 7

GUIDE = tuple(
    RnnSpec(cell=cell, units=GUIDE_UNITS, time_steps=GUIDE_TIME_STEPS, state=state, weights=Weights.MNIST)
    for cell in Cell
    for state in StateStyle
)
"""Arm's guide "RNN models for Ethos-U": 256 units on the 28 rows of a digit, for each cell and state style."""

WINDOWS = tuple(
    RnnSpec(
        cell=cell,
        units=GUIDE_UNITS,
        time_steps=WINDOW_TIME_STEPS,
        state=StateStyle.TRANSFER,
        weights=Weights.MNIST,
    )
    for cell in Cell
)
"""The same weights on 7 rows at a time, the state carried over four windows."""

SLICE = RnnSpec(cell=Cell.GRU, units=32, time_steps=GUIDE_TIME_STEPS, weights=Weights.SLICE)
"""Small enough to be trained in a test, on a slice of the training digits."""
