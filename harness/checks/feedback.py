"""Checks of what copying the bytes of a state costs."""

from __future__ import annotations

import numpy as np

from harness.checks.levels import GRAPH, HOST, LAST, RAW, ratio_db
from harness.checks.verdict import Verdict
from harness.evidence import Streaming
from harness.policy import CALIBRATED_KIND, MAX_STREAM_UNEXPLAINED_DB, MIN_CONTRACT_GAIN_DB
from harness.spec import StateFeedback


def raw_copy_is_safe(streaming: Streaming, feedback: StateFeedback) -> Verdict:
    """Copying the bytes of a state costs nothing; judged where that is the `feedback` of the firmware."""
    lost = {name: _gain(streaming, HOST, name) for name in streaming.signal}
    safe = not streaming.differs or all(db <= MAX_STREAM_UNEXPLAINED_DB for db in lost.values())
    judged = feedback is StateFeedback.RAW
    return Verdict(
        "raw_copy_is_safe",
        safe or not judged,
        f"{_pairs(streaming)}; after {streaming.windows} windows copied bytes cost "
        + ", ".join(f"{name} {db:.1f} dB" for name, db in lost.items())
        + ("" if judged else "; not judged: the states are handed over by the contract"),
        f"at most {MAX_STREAM_UNEXPLAINED_DB:g} dB, or equal pairs",
        cause="" if safe else "the bytes of a state output mean something else at the state input",
        remedy="" if safe else "append a QUANTIZE: python -m harness.repair IN.tflite OUT.tflite --states",
        figures={f"raw_cost_db_{name}": db for name, db in lost.items()},
    )


def contract_beats_raw(streaming: Streaming) -> Verdict:
    """Where the sides of a state differ, the contract is far better than copied bytes, on the host and in the graph."""
    names = [pair["state"] for pair in streaming.pairs if not pair["equal"]]
    gains = {f"{way}_{name}": _gain(streaming, way, name) for way in (HOST, GRAPH) for name in names}
    return Verdict(
        "contract_beats_raw",
        bool(gains) and all(gain >= MIN_CONTRACT_GAIN_DB for gain in gains.values()),
        f"{_pairs(streaming)}; " + ", ".join(f"{name} {gain:.1f} dB better" for name, gain in gains.items()),
        f"a pair that differs, and at least {MIN_CONTRACT_GAIN_DB:g} dB better",
        figures={f"contract_gain_db_{name}": gain for name, gain in gains.items()},
    )


def contract_is_raw_or_better(streaming: Streaming) -> Verdict:
    """The contract beats copied bytes where the sides differ, and is the same bytes where they do not."""
    if streaming.differs:
        return contract_beats_raw(streaming)
    same = all(
        np.array_equal(streaming.noise[way][name], streaming.noise[RAW][name])
        for way in (HOST, GRAPH)
        for name in streaming.signal
    )
    observed = "the same bytes each way" if same else "other bytes"
    return Verdict("contract_is_raw_or_better", same, f"{_pairs(streaming)}; {observed}", "the same bytes")


def _gain(streaming: Streaming, way: str, name: str) -> float:
    """What a way is better than copied bytes at the end of the stream, in dB."""
    rows = streaming.rows(CALIBRATED_KIND)
    raw, better = (streaming.noise[asked][name][rows, -LAST:] for asked in (RAW, way))
    return ratio_db(raw, better)


def _pairs(streaming: Streaming) -> str:
    words = [
        f"{pair['state']} equal"
        if pair["equal"]
        else f"{pair['state']} off by up to {pair['raw_error_lsb']} LSB where bytes are copied"
        for pair in streaming.pairs
    ]
    return ", ".join(words)
