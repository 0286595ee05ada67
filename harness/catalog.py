"""The models that the harness asks about by itself: the guide's, and three matrices. Data only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product

from harness.spec import UNROLLED, Cell, Quantization, Retention, RnnSpec, StateCalibration, StateStyle, Weights
from harness.target import DEFAULT_ACCELERATORS

GUIDE_UNITS = 256
GUIDE_TIME_STEPS = 28
WINDOW_TIME_STEPS = 7


def grid(  # noqa: PLR0913 - the axes
    units: Iterable[int],
    time_steps: Iterable[int],
    *,
    cells: Iterable[Cell] = Cell,
    states: Iterable[StateStyle] = UNROLLED,
    quantizations: Iterable[Quantization] = (Quantization.INT8,),
    state_calibrations: Iterable[StateCalibration] = (StateCalibration.CHAIN,),
) -> tuple[RnnSpec, ...]:
    """Every combination of these values that has a meaning, with random weights."""
    return tuple(
        RnnSpec(
            cell=cell,
            units=width,
            time_steps=steps,
            state=state,
            quantization=quantization,
            state_calibration=calibration,
        )
        for cell, width, steps, state, quantization, calibration in product(
            cells, units, time_steps, states, quantizations, state_calibrations
        )
        if calibration is StateCalibration.CHAIN or state is StateStyle.TRANSFER
        if state is not StateStyle.FUSED or (cell is Cell.LSTM and quantization is Quantization.INT8)
    )


GUIDE = tuple(replace(spec, weights=Weights.MNIST) for spec in grid((GUIDE_UNITS,), (GUIDE_TIME_STEPS,)))
"""Arm's guide "RNN models for Ethos-U": 256 units on the 28 rows of a digit, for each cell and state style."""

GUIDE_VERSIONS = {"tensorflow": "2.5.0", "numpy": "1.19.5", "ethos-u-vela": "3.0.0"}
"""The versions that the guide installs."""

WINDOWS = tuple(
    replace(spec, weights=Weights.MNIST)
    for spec in grid((GUIDE_UNITS,), (WINDOW_TIME_STEPS,), states=(StateStyle.TRANSFER,))
)
"""The same weights on 7 rows at a time, the state carried over four windows."""

STREAMING_UNITS = 32
STREAMING_TIME_STEPS = (1, 8, 28)
STREAMING = tuple(
    spec if spec.cell is Cell.RNN else replace(spec, retention=Retention.LONG)
    for spec in grid((STREAMING_UNITS,), STREAMING_TIME_STEPS, states=(StateStyle.TRANSFER,))
)
"""Where an error in the state shows: what is carried from window to window is kept as long as the cell can."""

STREAMING_PLAIN = tuple(
    spec
    for spec in grid((STREAMING_UNITS,), STREAMING_TIME_STEPS, states=(StateStyle.TRANSFER,))
    if spec not in STREAMING
)
"""The same as initialized: a state that is soon forgotten forgives errors in it."""

SEEDS = tuple(replace(STREAMING[0], seed=seed) for seed in range(24))
"""The first of them with other weights: the pair of its state is equal for most seeds, and cannot be relied upon."""

UNEQUAL = tuple(spec for spec in SEEDS if spec.seed in (2, 6))
"""Those whose state output has another scale than the state input: their calibration ends on its largest state."""

FUSED = RnnSpec(cell=Cell.LSTM, units=32, time_steps=8, state=StateStyle.FUSED)
"""LSTM as one operator, small; beside it stands the unrolled one of the same weights."""

FUSED_GUIDE = RnnSpec(
    cell=Cell.LSTM, units=GUIDE_UNITS, time_steps=GUIDE_TIME_STEPS, state=StateStyle.FUSED, weights=Weights.MNIST
)
"""The guide's trained LSTM as one operator."""

SLICE = RnnSpec(cell=Cell.GRU, units=32, time_steps=GUIDE_TIME_STEPS, weights=Weights.SLICE)
"""Small enough to be trained in a test, on a slice of the training digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Models that are asked about together; `accelerators` and `every_target` say on which targets.

    `further` are models beside the grid of `units` and `time_steps`, `guide` the trained ones.
    `every_target` are the models that are also asked on every sensible combination of accelerator, system
    configuration and memory mode.
    """

    units: tuple[int, ...]
    time_steps: tuple[int, ...]
    accelerators: tuple[str, ...]
    further: tuple[RnnSpec, ...] = (FUSED,)
    guide: tuple[RnnSpec, ...] = GUIDE
    every_target: tuple[RnnSpec, ...] = ()


_AROUND_THE_GUIDE = tuple(replace(spec, weights=Weights.RANDOM) for spec in GUIDE)
_STATELESS = tuple(spec for spec in _AROUND_THE_GUIDE if spec.state is StateStyle.NONE)
_ONE_FACTOR_AT_A_TIME = (
    *(replace(spec, quantization=Quantization.INT16X8) for spec in _AROUND_THE_GUIDE),
    *(replace(spec, reset_after=False) for spec in _AROUND_THE_GUIDE if spec.cell is Cell.GRU),
    *(replace(spec, retention=Retention.LONG) for spec in _AROUND_THE_GUIDE if spec.cell is not Cell.RNN),
    *(replace(spec, time_steps=100) for spec in _AROUND_THE_GUIDE),
    *(replace(spec, layers=2) for spec in _STATELESS),
    *(replace(spec, bidirectional=True) for spec in _STATELESS),
    *(replace(spec, return_sequences=True) for spec in _STATELESS),
    FUSED,
    replace(FUSED_GUIDE, weights=Weights.RANDOM),
)

EVERY_ACCELERATOR = ("*",)
MATRICES = {
    "quick": Matrix(units=(32, 256), time_steps=(8, 28), accelerators=DEFAULT_ACCELERATORS),
    "standard": Matrix(units=(16, 64, 256), time_steps=(4, 8, 28, 50), accelerators=EVERY_ACCELERATOR),
    "full": Matrix(
        units=(16, 64, 256),
        time_steps=(4, 8, 28, 50),
        accelerators=EVERY_ACCELERATOR,
        further=_ONE_FACTOR_AT_A_TIME,
        guide=(*GUIDE, FUSED_GUIDE),
        every_target=GUIDE,
    ),
}
