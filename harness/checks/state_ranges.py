"""Checks of the range of the states over many windows."""

from __future__ import annotations

import math

import numpy as np

from harness.checks.levels import ratio_db
from harness.checks.verdict import Verdict
from harness.evidence import Streaming
from harness.policy import CALIBRATED_KIND, MIN_STATE_CLIPPING_DB

HALF_A_STEP = 0.5
"""What is clipped by less would have been rounded as far."""


def states_stay_in_range(streaming: Streaming) -> Verdict:
    """What the states lose beyond the range of their tensors is little, over all windows of data as in calibration.

    Other kinds of sequences are shown: their states may be larger than any that the calibration saw.
    """
    names = list(streaming.ranges)
    levels = {name: _clipping_db(streaming, name, CALIBRATED_KIND) for name in names}
    wrong = [name for name, db in levels.items() if not db >= MIN_STATE_CLIPPING_DB]
    further = {
        f"{name} {kind}": _clipping_db(streaming, name, kind)
        for kind in dict.fromkeys(streaming.kinds)
        for name in names
        if kind != CALIBRATED_KIND
    }
    return Verdict(
        "states_stay_in_range",
        bool(names) and not wrong,
        "; ".join(_told(streaming, name, levels[name]) for name in names)
        + "; shown, not judged: "
        + ", ".join(f"{name} {db:.1f} dB" for name, db in further.items()),
        f"clipped by at least {MIN_STATE_CLIPPING_DB:g} dB less than the signal",
        cause=f"{', '.join(wrong)}: the representative dataset had smaller states than these" if wrong else "",
        remedy="calibrate along one chain of as many windows as the device will stream" if wrong else "",
        figures={f"state_clipping_db_{name}": db for name, db in levels.items()}
        | {
            f"first_clipped_{unit}_{name}": at for name in names for unit, at in _first_clipped(streaming, name).items()
        },
        series={**_by_window(streaming), **_by_place(streaming)},
    )


def _clipping_db(streaming: Streaming, name: str, kind: str) -> float:
    """The signal against what lies beyond the range."""
    state, rows = streaming.ranges[name], streaming.rows(kind)
    return ratio_db(state.signal[rows], state.clipped[rows])


def _first_clipped(streaming: Streaming, name: str) -> dict[str, float]:
    """The first window, from 1, in which a state of data like the calibration's is clipped, and the step there.

    Step 0 is the state input. Both are NaN where none is clipped.
    """
    beyond = streaming.ranges[name].beyond_lsb[streaming.rows(CALIBRATED_KIND)]
    clipped = np.argwhere((beyond > HALF_A_STEP).any(axis=0))
    window, step = (float(clipped[0][0] + 1), float(clipped[0][1])) if len(clipped) else (math.nan, math.nan)
    return {"window": window, "step": step}


def _told(streaming: Streaming, name: str, db: float) -> str:
    state = streaming.ranges[name]
    first = _first_clipped(streaming, name)
    held = f"[{np.nanmax(state.held_low):.2f}, {np.nanmin(state.held_high):.2f}]"
    where = f"after step {first['step']:.0f}" if first["step"] else "at the state input"
    clipped = (
        "never clipped"
        if math.isnan(first["window"])
        else f"clipped from window {first['window']:.0f} on, first {where}, {db:.1f} dB below the signal"
    )
    return f"{name} {clipped}; its tensors hold {held}"


def _by_window(streaming: Streaming) -> dict[str, list[float]]:
    """The range in float64 of each window, over all sequences."""
    return {
        f"{side}_{name}": [round(float(value), 4) for value in values]
        for name, state in streaming.ranges.items()
        for side, values in (("low", state.low.min(axis=1)), ("high", state.high.max(axis=1)))
    }


def _by_place(streaming: Streaming) -> dict[str, list[float]]:
    """The range in float64 at the state input and after each step, over all windows, beside what the tensors hold."""
    return {
        f"step_{side}_{name}": [round(float(value), 4) for value in values]
        for name, state in streaming.ranges.items()
        for side, values in (
            ("low", state.low.min(axis=0)),
            ("high", state.high.max(axis=0)),
            ("held_low", state.held_low),
            ("held_high", state.held_high),
        )
    }
