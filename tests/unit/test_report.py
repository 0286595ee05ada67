"""The report says the same of equal runs, escapes what is hostile, and gives each outcome a sign of its own."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Literal

import pytest

from harness.fixtures import fact
from harness.report import build_document, summary_lines, write_report
from harness.report.render import CASES_SHOWN, SIGNS, render_html
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS, WORST_FIRST, Row, row_of, worst
from harness.session import Session, Settings

HOSTILE = "<script>alert('1')</script>\"&"
MODEL = {"id": "gru", "kind": "given", "file": "gru.tflite", "sha256": "00"}
TARGET = {"id": "u55", "accelerator": "ethos-u55-128", "system_config": "High", "memory_mode": "Shared_Sram"}
FIGURES = {
    "npu_segments": 1.0,
    "cpu_operators": 2.0,
    "ms": 1.5,
    "sram_used_bytes": 2048.0,
    "flash_used_bytes": 4096.0,
}
VERDICT = {
    "claim": "is_estimated",
    "passed": True,
    "observed": "1.5 ms",
    "allowed": "more than 0",
    "cause": "",
    "remedy": "",
    "figures": FIGURES,
}
FAILURE = {
    "sentence": "compilation crashed with SIGSEGV",
    "stage": "compilation",
    "kind": "crashed",
    "signal": "SIGSEGV",
    "detail": "",
    "reproduce": "python -m harness.worker --run task.json",
}


def row(test: str = "test_is_estimated", outcome: str = PASS, **changes: object) -> Row:
    asked: dict[str, Any] = {"model": MODEL, "target": TARGET, "verdict": VERDICT, "message": "1.5 ms", **changes}
    return Row(test=test, outcome=outcome, **asked)


def of_each_outcome() -> list[Row]:
    return [
        row(f"test_{outcome.replace(' ', '_')}", outcome, target={**TARGET, "id": f"u55_{number}"})
        for number, outcome in enumerate(WORST_FIRST)
    ]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Settings(store=tmp_path / "store"))


def document(session: Session, rows: list[Row], *, interrupted: bool = False) -> dict[str, Any]:
    return build_document(rows, session, interrupted=interrupted, arguments=["--npu-model=a b.tflite"])


class Reader(HTMLParser):
    """What a browser would see: tags, links, anchors and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.anchors: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.links += [given["href"] or ""] if "href" in given else []
        self.anchors += [given["id"] or ""] if "id" in given else []

    def handle_data(self, data: str) -> None:
        self.words += data


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


def test_hostile_names_are_text(session: Session) -> None:
    rows = [
        row(
            model={**MODEL, "id": HOSTILE, "file": HOSTILE},
            message=HOSTILE,
            verdict={**VERDICT, "allowed": HOSTILE, "cause": HOSTILE, "remedy": HOSTILE},
            failure={**FAILURE, "reproduce": HOSTILE},
            known=HOSTILE,
        ),
    ]
    page = render_html(document(session, rows))
    reader = Reader(page)
    assert "<script" not in page
    assert "script" not in reader.tags
    assert reader.words.count(HOSTILE) >= 7
    assert HOSTILE in reader.anchors


def test_each_outcome_has_a_sign_of_its_own(session: Session) -> None:
    assert set(SIGNS) == set(WORST_FIRST)
    assert len(set(SIGNS.values())) == len(SIGNS)
    reader = Reader(render_html(document(session, of_each_outcome())))
    for outcome, sign in SIGNS.items():
        assert re.search(rf"{re.escape(sign)}\s+1 {outcome}", reader.words)


def test_every_link_has_its_place(session: Session) -> None:
    reader = Reader(render_html(document(session, of_each_outcome())))
    assert len(reader.links) > len(WORST_FIRST)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.anchors)
    assert len(set(reader.anchors)) == len(reader.anchors)


def test_the_page_needs_nothing_else(session: Session) -> None:
    page = render_html(document(session, of_each_outcome()))
    assert not re.search(r"https?://|src=|@import|url\(", page)


@pytest.mark.parametrize("interrupted", [True, False])
def test_an_interrupted_run_says_so(session: Session, *, interrupted: bool) -> None:
    made = document(session, [row()], interrupted=interrupted)
    assert made["interrupted"] == interrupted
    assert ("This run was interrupted" in Reader(render_html(made)).words) == interrupted


def test_a_failure_is_told_with_the_command_that_shows_it_again(session: Session) -> None:
    failed = row(outcome=CANNOT_TELL, verdict={}, failure=FAILURE, message=FAILURE["sentence"])
    words = Reader(render_html(document(session, [failed]))).words
    assert "compilation crashed with SIGSEGV" in words
    assert FAILURE["reproduce"] in words


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


def test_accuracy_has_a_table(session: Session) -> None:
    names = ("before", "after", "change", "change_low", "change_high")
    figures = {
        f"accuracy_{name}": value for name, value in zip(names, (0.97, 0.96, -0.01, -0.012, -0.008), strict=True)
    }
    rows = [row(verdict={**VERDICT, "figures": figures}, target={})]
    words = Reader(render_html(document(session, rows))).words
    assert "97.00 %96.00 %-1.00 [-1.20, -0.80]" in words


def test_an_own_vela_ini_is_named_with_its_hash(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "soc.ini"
    path.write_bytes(session.config.path.read_bytes())
    own = Session(Settings(store=tmp_path / "store", vela_config=path))
    named = document(own, [row()])["vela_config"]
    assert named["file"] == "soc.ini"
    assert re.fullmatch("[0-9a-f]{64}", named["sha256"])
    assert document(session, [row()])["vela_config"] == {"file": "vela.ini of the installed Vela"}


def test_the_terminal_sees_a_line_for_each_case(session: Session) -> None:
    (line,) = summary_lines(document(session, [row()]))
    assert line.startswith("✓ pass")
    assert "gru-u55" in line
    assert "1 NPU segment, 2 CPU operators" in line
    assert "1.500 ms estimated, 2,048 B SRAM, 4,096 B behind it" in line


def test_the_terminal_does_not_see_more_than_it_can_bear(session: Session) -> None:
    rows = [row(target={**TARGET, "id": f"u55_{number:03}"}) for number in range(CASES_SHOWN + 3)]
    lines = summary_lines(document(session, rows))
    assert len(lines) == CASES_SHOWN + 1
    assert lines[-1] == "... and 3 more cases in the report"


def test_the_worst_outcome_is_the_least_certain() -> None:
    assert worst([PASS, KNOWN, FIXED, FAIL, CANNOT_TELL]) == CANNOT_TELL
    assert worst([PASS, KNOWN, FIXED]) == FIXED
    assert worst([PASS]) == PASS


def report_of(
    outcome: Literal["passed", "failed", "skipped"],
    *facts: dict[str, Any],
    when: Literal["setup", "call", "teardown"] = "call",
    wasxfail: str = "",
) -> pytest.TestReport:
    report = pytest.TestReport(
        nodeid="tests/test_x.py::test_is_estimated[gru-u55]",
        location=("tests/test_x.py", 1, "test_is_estimated"),
        keywords={},
        outcome=outcome,
        longrepr="the long\nlast line" if outcome == "failed" else None,
        when=when,
        user_properties=[fact(entry) for entry in facts],
    )
    # Only an expected failure has the attribute.
    vars(report).update({"wasxfail": wasxfail} if wasxfail else {})
    return report


ABOUT = {"model": MODEL, "target": TARGET}
WRONG = {"verdict": {**VERDICT, "passed": False}}


@pytest.mark.parametrize(
    ("report", "outcome", "message"),
    [
        (report_of("passed", ABOUT, {"verdict": VERDICT}), PASS, "1.5 ms"),
        (report_of("failed", ABOUT, WRONG), FAIL, "1.5 ms"),
        (report_of("failed", ABOUT, {"failure": FAILURE}, when="setup"), CANNOT_TELL, FAILURE["sentence"]),
        (report_of("failed", ABOUT), CANNOT_TELL, "last line"),
        (report_of("skipped", ABOUT, {"failure": FAILURE}, when="setup", wasxfail="why"), KNOWN, FAILURE["sentence"]),
        (report_of("failed", ABOUT, {"verdict": VERDICT}, {"fixed": "upstream"}), FIXED, "1.5 ms"),
    ],
    ids=["passed", "failed", "stage failed", "test failed", "known", "fixed"],
)
def test_a_report_is_a_row(report: pytest.TestReport, outcome: str, message: str) -> None:
    made = row_of(report)
    assert made is not None
    assert (made.test, made.outcome, made.message) == ("test_is_estimated", outcome, message)
    assert (made.case, made.known) == ("gru-u55", "why" if outcome == KNOWN else "")


@pytest.mark.parametrize(
    "report",
    [report_of("passed"), report_of("passed", ABOUT, when="setup"), report_of("passed", ABOUT, when="teardown")],
    ids=["another test", "setup", "teardown"],
)
def test_what_decides_nothing_is_no_row(report: pytest.TestReport) -> None:
    assert row_of(report) is None


def test_evidence_adds_up() -> None:
    entries = [{"evidence": [{"stage": stage, "key": stage}]} for stage in ("inspection", "compilation")]
    made = row_of(report_of("passed", ABOUT, *entries, {"verdict": VERDICT}))
    assert made is not None
    assert [entry["stage"] for entry in made.evidence] == ["inspection", "compilation"]
