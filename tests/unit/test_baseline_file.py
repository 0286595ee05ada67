"""A baseline tells each change in its kind, within its tolerances, and is the same bytes for the same models."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from observations import COMPILED, ON_CPU

from harness.baseline import (
    BETTER,
    CAME,
    SHOWN,
    WENT,
    WORSE,
    Baseline,
    case_entry,
    compare_case,
    compare_model,
    gone,
    model_entry,
    read_baseline,
    write_baseline,
)
from harness.errors import UsageError
from harness.evidence import OutputError, QuantizationErrors
from harness.policy import DEFAULT, Policy

ENTRY = {
    "cpu_operators": {"SPLIT": 1},
    "npu_segments": 2,
    "total_cycles": 1000,
    "sram_used_bytes": 1000,
    "flash_used_bytes": 1000,
    "weight_read_bytes": 1000,
}
DB = {"sqnr_db": {"output": 30.0, "state_h": 25.0}}


def changed(policy: Policy = DEFAULT, *, judge_cycles: bool = True, **after: object) -> list[tuple[str, str]]:
    found = compare_case("case", ENTRY, {**ENTRY, **after}, policy, judge_cycles=judge_cycles)
    assert {change.case for change in found} <= {"case"}
    return [(change.kind, change.sentence) for change in found]


def errors(**levels: float) -> QuantizationErrors:
    measured = {name: OutputError(db, db, db, db, 0, db, noise=None) for name, db in levels.items()}  # type: ignore[arg-type]
    return QuantizationErrors("normal", 1, 8, {}, {"litert_reference": measured}, {}, {}, {}, ())


def test_without_change_nothing_is_told() -> None:
    assert changed() == []
    assert compare_model("gru", DB, DB, DEFAULT) == []


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"cpu_operators": {"SPLIT": 2}}, (WORSE, "1 operator more on the CPU: 1 SPLIT")),
        ({"cpu_operators": {}}, (BETTER, "1 operator fewer on the CPU: 1 SPLIT")),
        ({"npu_segments": 3}, (WORSE, "2 -> 3 NPU segments")),
        ({"npu_segments": 1}, (BETTER, "2 -> 1 NPU segment")),
        ({"npu_segments": 0}, (WORSE, "2 -> 0 NPU segments")),
        ({"total_cycles": 1060}, (WORSE, "1,000 -> 1,060 cycles (+6.0%)")),
        ({"total_cycles": 940}, (BETTER, "1,000 -> 940 cycles (-6.0%)")),
        ({"total_cycles": 0}, (WORSE, "1,000 -> 0 cycles (unknown)")),
        ({"sram_used_bytes": 1060}, (WORSE, "1,000 -> 1,060 bytes of SRAM (+6.0%)")),
        ({"flash_used_bytes": 1060}, (WORSE, "1,000 -> 1,060 bytes behind the SRAM (+6.0%)")),
        ({"weight_read_bytes": 940}, (BETTER, "1,000 -> 940 bytes of weights read (-6.0%)")),
    ],
)
def test_a_change_is_told_in_its_kind(after: dict[str, object], told: tuple[str, str]) -> None:
    assert changed(**after) == [told]


def test_another_operator_on_the_cpu_is_worse_though_one_left() -> None:
    assert changed(cpu_operators={"WHILE": 1}) == [
        (WORSE, "1 operator more on the CPU: 1 WHILE"),
        (BETTER, "1 operator fewer on the CPU: 1 SPLIT"),
    ]


@pytest.mark.parametrize("name", ["total_cycles", "sram_used_bytes", "flash_used_bytes", "weight_read_bytes"])
def test_what_is_within_the_tolerance_is_no_change(name: str) -> None:
    assert changed(**{name: 1050}) == changed(**{name: 950}) == []
    assert changed(Policy(baseline_cycles_tolerance=0, baseline_bytes_tolerance=0), **{name: 1001}) != []
    assert changed(Policy(baseline_cycles_tolerance=0.1, baseline_bytes_tolerance=0.1), **{name: 1100}) == []


def test_bytes_from_nothing_are_worse() -> None:
    (change,) = compare_case("c", {**ENTRY, "flash_used_bytes": 0}, ENTRY, DEFAULT, judge_cycles=True)
    assert (change.kind, change.sentence) == (WORSE, "0 -> 1,000 bytes behind the SRAM (from nothing)")


def test_cycles_of_another_vela_are_shown_and_not_judged() -> None:
    assert changed(judge_cycles=False, total_cycles=9000) == [(SHOWN, "1,000 -> 9,000 cycles (+800.0%)")]
    assert changed(judge_cycles=False, sram_used_bytes=9000)[0][0] == WORSE


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ({"output": 29.0, "state_h": 25.0}, (WORSE, "SQNR of output 30.00 -> 29.00 dB (-1.00 dB)")),
        ({"output": 31.0, "state_h": 25.0}, (BETTER, "SQNR of output 30.00 -> 31.00 dB (+1.00 dB)")),
        ({"output": 30.0}, (WORSE, "SQNR of state_h is no longer measured")),
    ],
)
def test_one_decibel_is_told(after: dict[str, float], told: tuple[str, str]) -> None:
    (change,) = compare_model("gru", DB, {"sqnr_db": after}, DEFAULT)
    assert (change.kind, change.sentence) == told


def test_half_a_decibel_and_a_new_output_are_no_change() -> None:
    after = {"sqnr_db": {"output": 29.5, "state_h": 25.5, "state_c": 1.0}}
    assert compare_model("gru", DB, after, DEFAULT) == []
    assert compare_model("gru", {"sqnr_db": {"output": 25.63}}, {"sqnr_db": {"output": 25.13}}, DEFAULT) == []


def test_what_came_and_went_is_named() -> None:
    assert [c.kind for c in compare_case("new", None, ENTRY, DEFAULT, judge_cycles=True)] == [CAME]
    assert [c.kind for c in compare_model("new", None, DB, DEFAULT)] == [CAME]
    accepted = Baseline({}, {"b": ENTRY, "a": ENTRY}, {"m": DB})
    assert [(c.kind, c.case) for c in gone(accepted, {"models": [], "cases": ["b"]})] == [(WENT, "m"), (WENT, "a")]


def test_an_entry_holds_what_the_compiled_file_and_vela_say() -> None:
    assert case_entry(COMPILED) == {
        "cpu_operators": {},
        "npu_segments": 1,
        "total_cycles": 1_000_000,
        "sram_used_bytes": 4_096,
        "flash_used_bytes": 70_000,
        "weight_read_bytes": 6_000,
    }
    assert case_entry(ON_CPU)["cpu_operators"] == {"SPLIT": 2, "WHILE": 1}
    found = model_entry(errors(output=30.456, state_h=float("inf"), state_c=float("nan")))
    assert found == {"sqnr_db": {"output": 30.46, "state_c": -200.0, "state_h": 200.0}}
    assert compare_model("gru", found, found, DEFAULT) == []


def test_equal_baselines_are_equal_bytes_and_sorted(tmp_path: Path) -> None:
    first, second = (Baseline({"vela": "5.2.0"}, dict.fromkeys(names, ENTRY), {"m": DB}) for names in ("ab", "ba"))
    write_baseline(tmp_path / "first.json", first)
    write_baseline(tmp_path / "second.json", replace(second, cases=dict(reversed(second.cases.items()))))
    text = (tmp_path / "first.json").read_bytes()
    assert text == (tmp_path / "second.json").read_bytes()
    assert text.endswith(b"}\n")
    assert read_baseline(tmp_path / "first.json") == first
    assert len(text.splitlines()) > 20


DAMAGED: dict[str, Any] = {
    "is no baseline of schema version 1": [[], {}, {"schema_version": 2}, "text"],
    "is damaged at cases": [
        {"schema_version": 1, "tools": {}, "models": {}},
        {"schema_version": 1, "tools": {}, "models": {}, "cases": {"a": {"npu_segments": 1}}},
        {"schema_version": 1, "tools": {}, "models": {}, "cases": {"a": 1}},
    ],
    "is damaged at models": [{"schema_version": 1, "tools": {}, "cases": {}, "models": []}],
    "is damaged at tools": [{"schema_version": 1, "cases": {}, "models": {}}],
}


@pytest.mark.parametrize("sentence", DAMAGED)
def test_a_damaged_baseline_is_one_sentence(tmp_path: Path, sentence: str) -> None:
    for content in DAMAGED[sentence]:
        path = tmp_path / "baseline.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        with pytest.raises(UsageError, match=sentence):
            read_baseline(path)


def test_a_baseline_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "half.json").write_text('{"cases": {', encoding="utf-8")
    with pytest.raises(UsageError, match="is damaged: Expecting"):
        read_baseline(tmp_path / "half.json")
    with pytest.raises(UsageError, match=r"No such file or directory; --npu-update-baseline writes a new one"):
        read_baseline(tmp_path / "nowhere.json")
