"""Levels of a stream: SQNR at its end with an interval over its sequences, from window to window, and agreement."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from harness.evidence import Streaming
from harness.metrics import bootstrap_interval

HOST, GRAPH, RAW, RESET, ROUNDED = "host", "graph", "raw", "reset", "rounded"
WORDS = {
    HOST: "by contract on the host",
    GRAPH: "by contract in the graph",
    RAW: "raw bytes",
    RESET: "reset each window",
    ROUNDED: "rounding alone",
}
LAST = 10
"""Windows at the end of a stream over which its error is told."""

RESAMPLES, SEED = 1000, 0


def ratio_db(signal: NDArray[np.float64], noise: NDArray[np.float64]) -> float:
    """The ratio of two energies in dB: inf without noise, -inf without signal, 0 for nothing by nothing."""
    return _db(float(signal.sum()), float(noise.sum()))


def _db(above: float, below: float) -> float:
    if above == 0 or below == 0:
        return 0.0 if above == below else math.copysign(math.inf, above - below)
    return 10 * math.log10(above) - 10 * math.log10(below)


def last_windows_db(streaming: Streaming, way: str, name: str, kind: str) -> float:
    """SQNR of an output or state over the last windows of all sequences of a kind."""
    rows = streaming.rows(kind)
    return ratio_db(streaming.signal[name][rows, -LAST:], streaming.noise[way][name][rows, -LAST:])


def interval_db(
    signal: NDArray[np.float64], noise: NDArray[np.float64], confidence: float = 0.95
) -> tuple[float, float]:
    """The interval of their ratio over sequences, (n, windows) each."""
    energies = np.stack([signal.sum(axis=1), noise.sum(axis=1)], axis=1)
    if not np.isfinite(energies).all():
        return math.nan, math.nan

    def ratios(drawn: NDArray[np.float64]) -> list[float]:
        above, below = (drawn[:, :, place].sum(axis=1).tolist() for place in (0, 1))
        return [_db(*pair) for pair in zip(above, below, strict=True)]

    return bootstrap_interval(energies, ratios, SEED, resamples=RESAMPLES, confidence=confidence)


def figures_of_ways(streaming: Streaming, kind: str) -> dict[str, float]:
    """For each way and output the SQNR at the end, and the share of labels kept; with intervals over sequences."""
    figures = {}
    rows = streaming.rows(kind)
    for way in WORDS:
        for name in streaming.signal:
            ends = streaming.signal[name][rows, -LAST:], streaming.noise[way][name][rows, -LAST:]
            figures.update(_with_interval(f"stream_db_{way}_{name}", ratio_db(*ends), interval_db(*ends)))
        agrees = streaming.agrees[way][rows]
        interval = bootstrap_interval(agrees, _means, SEED, resamples=RESAMPLES)
        figures.update(_with_interval(f"stream_agreement_{way}", float(agrees.mean()), interval))
    return figures


def series_of_ways(streaming: Streaming, kind: str) -> dict[str, list[float]]:
    """For each way and output the SQNR of each window."""
    rows = streaming.rows(kind)
    return {
        f"stream_db_{way}_{name}": [
            round(ratio_db(streaming.signal[name][rows, place], energy[rows, place]), 2)
            for place in range(streaming.windows)
        ]
        for way in WORDS
        for name, energy in streaming.noise[way].items()
    }


def _means(drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    means: NDArray[np.float64] = drawn.reshape(len(drawn), -1).mean(axis=1)
    return means


def _with_interval(name: str, value: float, interval: tuple[float, float]) -> dict[str, float]:
    return {name: value, f"{name}_low": interval[0], f"{name}_high": interval[1]}
