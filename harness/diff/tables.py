"""The figures before and after, side by side, of every subject of which one differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.diff.figures import label_of, told
from harness.diff.subject import CASE, MODEL, Pair, Subject

_COST = ("npu_segments", "cpu_operators", "total_cycles", "ms", "sram_used_bytes", "flash_used_bytes", "compiled_bytes")
_ERROR = r"sqnr_db_(?!.*_(low|high)$).*|agreement|accuracy of .*"


def tables(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    """`title`, `columns` and `rows` (subject and cells) of the cost of cases and the error of models."""
    every = list(pairs)
    models = [pair for pair in every if pair.before.kind == MODEL]
    names = sorted({name for pair in models for name in pair.before.figures if re.fullmatch(_ERROR, name)})
    found = [
        _table("Cost", _COST, [pair for pair in every if pair.before.kind == CASE]),
        _table("Error", names, models),
    ]
    return [table for table in found if table["rows"]]


def _table(title: str, names: Sequence[str], pairs: Iterable[Pair]) -> dict[str, Any]:
    rows = [(pair.after.name, _cells(pair, names)) for pair in pairs]
    changed = [(name, cells) for name, cells in rows if any(" -> " in cell for cell in cells)]
    kept = [place for place in range(len(names)) if any(cells[place] for _, cells in changed)]
    return {
        "title": title,
        "columns": [label_of(names[place]) for place in kept],
        "rows": [{"subject": name, "cells": [cells[place] for place in kept]} for name, cells in changed],
    }


def _cells(pair: Pair, names: Sequence[str]) -> list[str]:
    before, after = (_figures(side) for side in (pair.before, pair.after))
    return [_cell(name, before.get(name), after.get(name)) for name in names]


def _cell(name: str, before: float | None, after: float | None) -> str:
    if before is None and after is None:
        return ""
    texts = [told(name, value) for value in (before, after)]
    return texts[0] if texts[0] == texts[1] else " -> ".join(texts)


def _figures(side: Subject) -> Mapping[str, float]:
    on_cpu = {} if side.on_cpu is None else {"cpu_operators": float(sum(side.on_cpu.values()))}
    return {**side.figures, **on_cpu}
