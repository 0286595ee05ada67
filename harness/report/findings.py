"""What a run amounts to: the verdict in a sentence, and everything that is not a pass, each cause once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS, WORST_FIRST, Row, worst
from harness.wording import count

_SAID = {
    CANNOT_TELL: "could not be judged",
    FAIL: "failed",
    FIXED: "listed as a known failure but held",
    KNOWN: "failed as known",
    PASS: "held",
}


def verdict(rows: Sequence[Row], *, interrupted: bool) -> dict[str, str]:
    """The worst outcome, and the run in one sentence."""
    if not rows:
        return {"outcome": CANNOT_TELL, "sentence": "Nothing was judged: the run ended before its first result."}
    counted = Counter(row.outcome for row in rows)
    parts = [f"{counted[outcome]:,} {words}" for outcome, words in _SAID.items() if counted[outcome]]
    total = count(len(rows), "claim")
    sentence = f"All {total} held." if counted[PASS] == len(rows) else f"Of {total}, {', '.join(parts)}."
    so_far = "So far: " if interrupted else ""
    return {"outcome": worst(list(counted)), "sentence": so_far + sentence}


def findings(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Everything that is not a pass, the same claim with the same cause once, the worst first.

    `subjects` are the models and cases that it concerns.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.outcome != PASS:
            groups.setdefault((row.outcome, row.test, *_why(row)), []).append(row.case)
    found = [
        {"outcome": outcome, "test": test, "cause": cause, "remedy": remedy, "subjects": subjects}
        for (outcome, test, cause, remedy), subjects in groups.items()
    ]
    return sorted(found, key=lambda entry: (WORST_FIRST.index(entry["outcome"]), -len(entry["subjects"])))


def answers(cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first three questions in figures: how many cases run on the NPU alone, at once, and how fast and large.

    Least and most of each figure; nothing where no case has it.
    """
    placed = [case["figures"] for case in cases if {"cpu_operators", "npu_segments"} <= set(case["figures"])]
    alone = sum(figures["cpu_operators"] == 0 and figures["npu_segments"] == 1 for figures in placed)
    ranges = {name: _range(cases, name) for name in ("ms", "sram_used_bytes", "weight_reads")}
    return {"placed": len(placed), "on_npu_alone": alone, **ranges}


def _range(cases: Sequence[Mapping[str, Any]], name: str) -> list[float]:
    values = [case["figures"][name] for case in cases if case["figures"].get(name) is not None]
    return [min(values), max(values)] if values else []


def _why(row: Row) -> tuple[str, str]:
    """Cause and remedy: of the failed stage, else of the verdict; for a known failure its reason."""
    if row.failure:
        return row.failure["cause"], row.failure["remedy"]
    if row.known or not row.verdict:
        return row.known or row.message, ""
    return row.verdict["cause"] or row.verdict["observed"], row.verdict["remedy"]
