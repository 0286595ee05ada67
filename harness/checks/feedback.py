"""Checks of what copying the bytes of a state costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.checks.levels import GRAPH, HOST, LAST, RAW, ratio_db
from harness.checks.verdict import Verdict
from harness.evidence import CopiedBytes, Streaming
from harness.policy import CALIBRATED_KIND, MAX_RAW_COST_DB, MIN_CONTRACT_GAIN_DB, MIN_COPIED_DB
from harness.spec import StateFeedback

Pairs = Sequence[Mapping[str, Any]]

NOT_JUDGED = "; not judged: the states are handed over by the contract"
CAUSE = "the bytes of a state output mean something else at the state input"
REMEDY = "append a QUANTIZE: python -m harness.repair IN.tflite OUT.tflite --states"


def raw_copy_is_safe(streaming: Streaming, feedback: StateFeedback) -> Verdict:
    """Copying the bytes of a state costs nothing; judged where that is the `feedback` of the firmware."""
    lost = {name: _gain(streaming, HOST, name) for name in streaming.signal}
    safe = _all_equal(streaming.pairs) or all(db <= MAX_RAW_COST_DB for db in lost.values())
    judged = feedback is StateFeedback.RAW
    return Verdict(
        "raw_copy_is_safe",
        safe or not judged,
        f"{_pairs(streaming.pairs)}; after {streaming.windows} windows copied bytes cost "
        + ", ".join(f"{name} {db:.1f} dB" for name, db in lost.items())
        + ("" if judged else NOT_JUDGED),
        f"equal pairs, or at most {MAX_RAW_COST_DB:g} dB",
        cause="" if safe else CAUSE,
        remedy="" if safe else REMEDY,
        figures={f"raw_cost_db_{name}": db for name, db in lost.items()},
    )


def copied_bytes_stream_alike(copied: CopiedBytes, feedback: StateFeedback) -> Verdict:
    """Copied state bytes give what the contract gives; judged where copying is the `feedback` of the firmware."""
    levels = {name: _levels(copied, name) for name in copied.signal}
    low = {name: first for name, series in levels.items() if (first := _first_below(series))}
    safe, judged = not copied.problem and (_all_equal(copied.pairs) or not low), feedback is StateFeedback.RAW
    return Verdict(
        "copied_bytes_stream_alike",
        safe or not judged,
        _copied(copied, levels, low) + ("" if judged or not copied.pairs else NOT_JUDGED),
        f"equal pairs, or at least {MIN_COPIED_DB:g} dB",
        cause="" if safe else CAUSE,
        remedy="" if safe else REMEDY,
        figures={f"copied_db_{name}": series[-1] for name, series in levels.items()},
        series={f"copied_db_{name}": series for name, series in levels.items()},
    )


def contract_beats_raw(streaming: Streaming) -> Verdict:
    """Where the sides of a state differ, the contract is far better than copied bytes, on the host and in the graph."""
    names = [pair["state"] for pair in streaming.pairs if not pair["equal"]]
    gains = {f"{way}_{name}": _gain(streaming, way, name) for way in (HOST, GRAPH) for name in names}
    return Verdict(
        "contract_beats_raw",
        bool(gains) and all(gain >= MIN_CONTRACT_GAIN_DB for gain in gains.values()),
        f"{_pairs(streaming.pairs)}; " + ", ".join(f"{name} {gain:.1f} dB better" for name, gain in gains.items()),
        f"a pair that differs, and at least {MIN_CONTRACT_GAIN_DB:g} dB better",
        figures={f"contract_gain_db_{name}": gain for name, gain in gains.items()},
    )


def contract_is_raw_or_better(streaming: Streaming) -> Verdict:
    """The contract beats copied bytes where the sides differ, and is the same bytes where they do not."""
    if not _all_equal(streaming.pairs):
        return contract_beats_raw(streaming)
    same = all(
        np.array_equal(streaming.noise[way][name], streaming.noise[RAW][name])
        for way in (HOST, GRAPH)
        for name in streaming.signal
    )
    observed = "the same bytes each way" if same else "other bytes"
    return Verdict("contract_is_raw_or_better", same, f"{_pairs(streaming.pairs)}; {observed}", "the same bytes")


def _gain(streaming: Streaming, way: str, name: str) -> float:
    """What a way is better than copied bytes at the end of the stream, in dB."""
    rows = streaming.rows(CALIBRATED_KIND)
    raw, better = (streaming.noise[asked][name][rows, -LAST:] for asked in (RAW, way))
    return ratio_db(raw, better)


def _copied(copied: CopiedBytes, levels: Mapping[str, list[float]], low: Mapping[str, int]) -> str:
    if copied.problem:
        return f"not compared: {copied.problem}"
    if not copied.pairs:
        return "no states"
    return (
        f"{_pairs(copied.pairs)}; copied bytes against the contract in window {copied.windows}: "
        + ", ".join(f"{name} {series[-1]:.1f} dB" for name, series in levels.items())
        + "".join(f"; {name} under {MIN_COPIED_DB:g} dB from window {first} on" for name, first in low.items())
    )


def _levels(copied: CopiedBytes, name: str) -> list[float]:
    """From window to window, over all sequences."""
    signal, noise = copied.signal[name], copied.noise[name]
    return [round(ratio_db(signal[:, place], noise[:, place]), 2) for place in range(copied.windows)]


def _first_below(series: list[float]) -> int:
    """The first window, from 1, that is under the limit; 0: none is."""
    return next((place for place, db in enumerate(series, start=1) if not db >= MIN_COPIED_DB), 0)


def _all_equal(pairs: Pairs) -> bool:
    """Whether the bytes of each state output mean the same at the state input."""
    return all(pair["equal"] for pair in pairs)


def _pairs(pairs: Pairs) -> str:
    words = [
        f"{pair['state']} equal"
        if pair["equal"]
        else f"{pair['state']} off by up to {pair['raw_error_lsb']} LSB where bytes are copied"
        for pair in pairs
    ]
    return ", ".join(words)
