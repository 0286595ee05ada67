"""The document says the same of equal runs, and of each case the worst."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from report_rows import FIGURES, Reader, document, of_each_outcome, row

from harness.report import write_report
from harness.report.render import render_html
from harness.results import FAIL, KNOWN, PASS, WORST_FIRST
from harness.session import Session, Settings


def test_equal_runs_give_equal_documents(tmp_path: Path) -> None:
    rows = of_each_outcome()
    sessions = [Session(Settings(store=tmp_path / name)) for name in ("one", "two")]
    first = document(sessions[0], rows)
    assert first == document(sessions[1], rows[::-1])
    assert str(tmp_path) not in json.dumps(first)


def test_another_run_gives_another_document(session: Session) -> None:
    assert document(session, [row()]) != document(session, [row(outcome=FAIL)])


def test_the_json_is_strict_and_has_its_version(session: Session, tmp_path: Path) -> None:
    write_report(document(session, of_each_outcome()), tmp_path / "reports")
    text = (tmp_path / "reports" / "report.json").read_text(encoding="utf-8")
    read = json.loads(text, parse_constant=pytest.fail)
    assert read["schema_version"] == 1
    assert read["outcomes"] == dict.fromkeys(WORST_FIRST, 1)
    assert read["command"] == "pytest '--npu-model=a b.tflite'"
    assert read["cases"][0]["figures"] == FIGURES
    assert read["environment"]["versions"]["numpy"]


def test_a_case_shows_the_worst_of_its_claims(session: Session) -> None:
    rows = [row("test_a", PASS), row("test_b", FAIL), row("test_c", KNOWN)]
    made = document(session, rows)
    assert [case["outcome"] for case in made["cases"]] == [FAIL]
    assert [claim["test"] for claim in made["cases"][0]["claims"]] == ["test_a", "test_b", "test_c"]
    assert made["models"][0]["outcome"] == FAIL


def test_operators_on_the_cpu_are_read_from_the_store(session: Session) -> None:
    operator = {"name": "SPLIT", "tensor": "gru/split", "subgraph": 0, "index": 3}
    reason = "unsupported DataType Float32"
    report = {
        "total_cycles": 0,
        "npu_cycles": 0,
        "core_clock_hz": 1.0,
        "macs": 0,
        "encoded_weight_bytes": 0,
        "constants_in": "Dram",
        "arena_in": "Sram",
        "constant_bytes_per_cycle": 1.0,
        "memories": {},
        "cpu_operators": 1,
        "npu_operators": 0,
    }
    placement = {"segments": 0, "source_operators": 1, "on_cpu": [operator], "compiled_bytes": 1}
    reasons = [{"operator": "SPLIT", "tensor": "gru/split", "reason": reason}]
    value = {"placement": placement, "report": report, "reasons": reasons, "operator_cycles": []}
    session.store.write("ab", {"outcome": "done", "value": value})
    rows = [row(evidence=({"stage": "compilation", "key": "ab"}, {"stage": "inspection", "key": "cd"}))]
    (case,) = document(session, rows)["cases"]
    (found,) = case["on_cpu"]
    assert (found["name"], found["reason"], found["index"]) == ("SPLIT", reason, 3)
    assert "SPLIT in float" in found["cause"]
    assert "harness.repair" in found["remedy"]
    assert reason in Reader(render_html(document(session, rows))).words


def test_an_entry_that_is_gone_is_no_operator(session: Session) -> None:
    rows = [row(evidence=({"stage": "compilation", "key": "ab"},))]
    assert document(session, rows)["cases"][0]["on_cpu"] == []


def test_an_own_vela_ini_is_named_with_its_hash(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "soc.ini"
    path.write_bytes(session.config.path.read_bytes())
    own = Session(Settings(store=tmp_path / "store", vela_config=path))
    named = document(own, [row()])["vela_config"]
    assert named["file"] == "soc.ini"
    assert re.fullmatch("[0-9a-f]{64}", named["sha256"])
    assert document(session, [row()])["vela_config"] == {"file": "vela.ini of the installed Vela"}
