"""Checks of a model over many windows: its states handed over by the contract, on the host and in the graph."""

from __future__ import annotations

import numpy as np

from harness.checks.levels import (
    GRAPH,
    HOST,
    LAST,
    ROUNDED,
    WORDS,
    figures_of_ways,
    interval_db,
    ratio_db,
    series_of_ways,
)
from harness.checks.verdict import Verdict
from harness.evidence import Streaming
from harness.policy import CALIBRATED_KIND, MAX_STREAM_UNEXPLAINED_DB

BY_CONTRACT = (HOST, GRAPH)
CONFIDENCE = 0.999
"""As for the quantization error of one window: dozens of streams are asked about, none of which may fail by chance."""

_Place = tuple[str, str, str]
"""Way, kind of sequence, output or state."""


def contract_streams(streaming: Streaming) -> Verdict:
    """With its states handed over by the contract, a model stays as near to float64 as rounding allows."""
    places = [
        (way, kind, name) for way in BY_CONTRACT for kind in dict.fromkeys(streaming.kinds) for name in streaming.signal
    ]
    behind = {place: ratio_db(*_noises(streaming, place)) for place in places}
    wrong = [place for place, db in behind.items() if not db <= _limit(place) and _surely(streaming, place)]
    worst = max(behind, key=lambda place: behind[place])
    figures = figures_of_ways(streaming, CALIBRATED_KIND)
    return Verdict(
        "contract_streams",
        bool(places) and not wrong,
        f"windows {streaming.windows - LAST + 1} to {streaming.windows}: {_ways(streaming, figures)}; "
        f"over all windows at most {behind[worst]:.2f} dB behind rounding ({' '.join(worst)})",
        "at most "
        + ", ".join(f"{MAX_STREAM_UNEXPLAINED_DB[kind]:g} dB ({kind})" for kind in dict.fromkeys(streaming.kinds))
        + " less than rounding explains",
        cause=f"{', '.join(' '.join(place) for place in wrong)}: a state is not what the window before left"
        if wrong
        else "",
        remedy="hand each state over by its own contract: python -m harness.contract" if wrong else "",
        figures=figures,
        series=series_of_ways(streaming, CALIBRATED_KIND),
    )


def host_and_graph_agree(streaming: Streaming) -> Verdict:
    """From the same states, the QUANTIZE in the graph and the rescale on the host give the same bytes."""
    apart = streaming.one_window
    wrong = [name for name, distance in apart.items() if distance["largest_lsb"]]
    return Verdict(
        "host_and_graph_agree",
        bool(apart) and not wrong,
        ", ".join(
            f"{name}: {distance['differing']:.1%} of the values differ, by at most {distance['largest_lsb']} LSB"
            for name, distance in apart.items()
        ),
        "no difference: the rescale rounds as QUANTIZE does",
        cause=f"{', '.join(wrong)}: rescale and QUANTIZE are not the same function" if wrong else "",
        figures={f"host_graph_lsb_{name}": distance["largest_lsb"] for name, distance in apart.items()},
    )


def reset_is_a_fresh_start(streaming: Streaming) -> Verdict:
    """After a reset, nothing is left of the windows before."""
    differing, value = streaming.restart["differing"], streaming.restart["value"]
    return Verdict(
        "reset_is_a_fresh_start",
        differing == 0 and value == 0,
        f"after a reset the states stand for {value:g}, and {differing:.0f} values of the outputs are not those of a "
        "new interpreter",
        "zeros, and no difference",
        cause="" if value == 0 else "the reset is not the zero point of the state input",
        figures={"reset_differing": differing, "reset_value": value},
    )


def _noises(streaming: Streaming, place: _Place) -> tuple[np.ndarray, np.ndarray]:
    """The error over all windows, and that of rounding alone, (n, windows)."""
    way, kind, name = place
    rows = streaming.rows(kind)
    return streaming.noise[way][name][rows], streaming.noise[ROUNDED][name][rows]


def _surely(streaming: Streaming, place: _Place) -> bool:
    """Whether other sequences would show it too: in a sensitive cell one LSB changes the course of a stream."""
    low, _ = interval_db(*_noises(streaming, place), confidence=CONFIDENCE)
    return not low <= _limit(place)


def _limit(place: _Place) -> float:
    return MAX_STREAM_UNEXPLAINED_DB[place[1]]


def _ways(streaming: Streaming, figures: dict[str, float]) -> str:
    return "; ".join(
        f"{WORDS[way]} "
        + ", ".join(f"{name} {figures[f'stream_db_{way}_{name}']:.1f} dB" for name in streaming.signal)
        + f", {figures[f'stream_agreement_{way}']:.0%} of labels"
        for way in WORDS
    )
