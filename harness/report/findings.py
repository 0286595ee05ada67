"""What a run amounts to: the verdict in a sentence, and everything that is not a pass, each cause once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS, RED, WORST_FIRST, Row, worst
from harness.wording import count

_SAID = {
    CANNOT_TELL: ("cannot be judged", "cannot be judged"),
    FAIL: ("fails", "fail"),
    FIXED: ("holds though listed as a known failure", "hold though listed as known failures"),
    KNOWN: ("fails as known", "fail as known"),
    PASS: ("holds", "hold"),
}
"""Of one claim, and of more."""

RANGES = ("ms", "sram_used_bytes", "flash_used_bytes", "weight_reads", "cpu_operators", "npu_segments")
REFERS = "see "
"""How the remedy of a claim begins that follows from another claim."""


def verdict(rows: Sequence[Row], *, interrupted: bool) -> dict[str, str]:
    """Green (pass) or red (the worst outcome that makes it so), and the run in one sentence."""
    if not rows:
        return {"outcome": CANNOT_TELL, "sentence": "Nothing was judged: the run ended before its first result."}
    counted = Counter(row.outcome for row in rows)
    parts = [f"{counted[name]:,} {words[counted[name] > 1]}" for name, words in _SAID.items() if counted[name]]
    total = count(len(rows), "claim")
    sentence = f"all {total} hold." if counted[PASS] == len(rows) else f"of {total}, {', '.join(parts)}."
    red = [outcome for outcome in counted if outcome in RED]
    color = "Red" if red else "Green"
    return {"outcome": worst(red or [PASS]), "sentence": f"{color}{' so far' * interrupted}: {sentence}"}


def findings(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Everything that is not a pass, the same claim with the same cause once, the worst first.

    `subjects` are the models and cases that it concerns. What only follows from another claim comes after it.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        if row.outcome != PASS:
            groups.setdefault((row.outcome, row.test, *_why(row)), []).append(row.case)
    found = [
        {"outcome": outcome, "test": test, "cause": cause, "remedy": remedy, "subjects": subjects}
        for (outcome, test, cause, remedy), subjects in groups.items()
    ]
    return sorted(found, key=lambda entry: (_rank(entry), -len(entry["subjects"])))


def _rank(finding: Mapping[str, Any]) -> tuple[int, bool]:
    return WORST_FIRST.index(finding["outcome"]), finding["remedy"].startswith(REFERS)


def answers(cases: Sequence[Mapping[str, Any]], models: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The first questions in figures: how many cases run on the NPU alone, at once; how fast, large and exact.

    Least and most of each figure; nothing where no case has it. `sqnr_db` is of the worst output of each model.
    """
    placed = [case["figures"] for case in cases if {"cpu_operators", "npu_segments"} <= set(case["figures"])]
    alone = sum(figures["cpu_operators"] == 0 and figures["npu_segments"] == 1 for figures in placed)
    ranges = {name: _range(case["figures"].get(name) for case in cases) for name in RANGES}
    exact = _range(_sqnr(model["figures"]) for model in models)
    return {"placed": len(placed), "on_npu_alone": alone, **ranges, "sqnr_db": exact}


def _sqnr(figures: Mapping[str, float | None]) -> float | None:
    """Of the output that deviates most, states aside."""
    prefix = "sqnr_db_"
    known = {name: db for name, db in figures.items() if name.startswith(prefix) and db is not None}
    outputs = [db for name, db in known.items() if not name.startswith(f"{prefix}state_")]
    return min(outputs or known.values(), default=None)


def _range(values: Iterable[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    return [min(known), max(known)] if known else []


def _why(row: Row) -> tuple[str, str]:
    """Cause and remedy: of the failed stage, else of the verdict; for a known failure its reason."""
    if row.failure:
        return row.failure["cause"], row.failure["remedy"]
    if row.known or not row.verdict:
        return row.known or row.message, ""
    return row.verdict["cause"] or row.verdict["observed"], row.verdict["remedy"]
