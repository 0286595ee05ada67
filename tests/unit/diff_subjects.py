"""Subjects to compare: a model and a case that are fine, and what differs from them in one way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.diff.change import Change
from harness.diff.comparison import changes_of
from harness.diff.subject import CASE, MODEL, Inventory, Pair, Side, Subject, Tools

OLD = Tools(tensorflow="2.15.1", litert="2.3.0", vela="3.10.0", vela_config="vela.ini", system={"core_clock": "500e6"})
NEW = replace(OLD, tensorflow="2.21.0")
TODAY = replace(NEW, vela="5.2.0")
PER_TENSOR = Inventory(
    operators={"FULLY_CONNECTED": 7, "SPLIT": 4, "TANH": 2},
    in_float={},
    per_channel={},
    ports={"output scores": "int8 0.1 at 3"},
)
PER_CHANNEL = replace(PER_TENSOR, per_channel={"FULLY_CONNECTED": 7})
CHAIN = {"DEQUANTIZE": 1, "QUANTIZE": 2, "SPLIT": 1}
FLOAT_SPLIT = replace(PER_TENSOR, operators={**PER_TENSOR.operators, "DEQUANTIZE": 1, "QUANTIZE": 2}, in_float=CHAIN)
FLOAT_TANH = replace(PER_TENSOR, in_float={"DEQUANTIZE": 1, "QUANTIZE": 1, "TANH": 1})
FIGURES = {
    "npu_segments": 1.0,
    "total_cycles": 1_000_000.0,
    "ms": 2.0,
    "sram_used_bytes": 4_096.0,
    "flash_used_bytes": 70_000.0,
    "sqnr_db_output": 30.0,
}


def case(**changes: Any) -> Subject:  # noqa: ANN401 - fields of a subject
    given = {"name": "gru-u55", "kind": CASE, "tools": TODAY, "inventory": PER_TENSOR, "on_cpu": {}, "figures": FIGURES}
    return Subject(**{**given, **changes})


def model(**changes: Any) -> Subject:  # noqa: ANN401 - the same
    given = {"name": "gru", "kind": MODEL, "tools": TODAY, "inventory": PER_TENSOR, "figures": FIGURES}
    return Subject(**{**given, **changes})


def figures(**changes: float) -> dict[str, float]:
    return {**FIGURES, **changes}


def side(label: str, *subjects: Subject, **tools: str) -> Side:
    return Side(label=label, tools=tools, subjects={subject.name: subject for subject in subjects})


def changes(before: Subject, after: Subject) -> list[Change]:
    return list(changes_of(Pair(before, after)))
