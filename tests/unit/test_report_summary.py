"""The summary says the verdict first, fits a pull request and follows the schema; GitHub gets what it shows."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report_rows import FAILURE, MODEL, TARGET, VERDICT, document, of_each_outcome, row

from harness.baseline import BETTER, CAME, WENT, WORSE, Baseline, Change, read_baseline, write_baseline
from harness.report import (
    accept,
    add_to_job_summary,
    annotation_lines,
    baseline_part,
    summary_markdown,
    verdict_lines,
)
from harness.report.summary import LARGEST_BYTES
from harness.results import CANNOT_TELL, FAIL, KNOWN, PASS, Row
from harness.session import Session, Settings

CASE = "gru-u55"
ENTRY = {
    "cpu_operators": {},
    "npu_segments": 1,
    "total_cycles": 1000,
    "sram_used_bytes": 1000,
    "flash_used_bytes": 1000,
    "weight_read_bytes": 1000,
}
BROKEN = {
    **VERDICT,
    "claim": "max_ms",
    "passed": False,
    "observed": "1.5 ms",
    "allowed": "at most 1 ms",
    "cause": "slow",
}
ACTIONS = {"GITHUB_ACTIONS": "true"}


def told(*changes: tuple[str, str], entry: object = None, case: str = CASE) -> dict[str, Any]:
    return {
        "section": "cases",
        "id": case,
        "entry": entry or ENTRY,
        "changes": [asdict(Change(kind, case, sentence)) for kind, sentence in changes],
    }


def with_baseline(tmp_path: Path, *, update: bool = False, **entries: object) -> Session:
    path = tmp_path / "baseline.json"
    settings = Settings(store=tmp_path / "store", baseline=path, update_baseline=update)
    write_baseline(path, Baseline(Session(Settings(store=tmp_path / "store")).tools, cases=entries))  # type: ignore[arg-type]
    return Session(settings)


def whole(session: Session, rows: list[Row]) -> dict[str, Any]:
    return document(session, rows) | baseline_part(rows, session, whole=True)


def schema() -> dict[str, Any]:
    content: dict[str, Any] = json.loads((files("harness") / "report" / "schema.json").read_text(encoding="utf-8"))
    return content


def test_the_document_follows_the_schema(tmp_path: Path) -> None:
    session = with_baseline(tmp_path, old=ENTRY)
    rows = [
        *of_each_outcome(),
        row("test_crashed", CANNOT_TELL, verdict={}, failure=FAILURE, target={}),
        row("test_baseline", FAIL, baseline=told((WORSE, "it grew"), (BETTER, "it shrank"))),
    ]
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(json.loads(json.dumps(whole(session, rows))), schema())


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema_version", 1),
        ("outcomes", {"good": 1}),
        ("models", [{"id": "x"}]),
        ("baseline", {"file": "x"}),
        ("cases", {}),
    ],
)
def test_another_document_does_not(session: Session, key: str, value: object) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(json.dumps({**document(session, [row()]), key: value})), schema())


def test_the_verdict_comes_first(session: Session) -> None:
    assert verdict_lines(document(session, [row()])) == ["green: 1 claim (1 pass)"]
    red = document(session, [row(), row("test_b", FAIL), row("test_c", CANNOT_TELL)])
    assert verdict_lines(red) == ["red: 2 claims of 3 do not hold (1 cannot tell, 1 fail, 1 pass)"]
    assert summary_markdown(red).startswith("### Ethos-U: red: 2 claims of 3 do not hold")
    assert verdict_lines(document(session, [])) == ["red: 0 claims of 0 do not hold (nothing was judged)"]
    stopped = document(session, [row()], interrupted=True)
    assert verdict_lines(stopped) == ["green: 1 claim (1 pass); the run was interrupted"]


def test_what_got_worse_is_told_before_what_came_and_what_got_better(tmp_path: Path) -> None:
    session = with_baseline(tmp_path, old=ENTRY)
    rows = [
        row(baseline=told((BETTER, "shrank"), case="a")),
        row(FAIL, baseline=told((WORSE, "grew"), case="z")),
        row(baseline=told((CAME, "is new"), case="b")),
    ]
    lines = verdict_lines(whole(session, rows))
    assert lines[1:] == [
        "worse: z grew",
        "came: b is new",
        "went: old is in the baseline and was not asked",
        "better: a shrank",
    ]
    assert f"- {lines[1]}" in summary_markdown(whole(session, rows)).splitlines()


def test_many_changes_are_counted(tmp_path: Path) -> None:
    rows = [row(baseline=told(*((WORSE, f"grew {place}") for place in range(100))))]
    made = whole(with_baseline(tmp_path), rows)
    assert len(verdict_lines(made)) < 10
    assert verdict_lines(made)[-1] == "... and 94 more changes since baseline.json"


def test_of_part_of_a_run_nothing_went(tmp_path: Path) -> None:
    session = with_baseline(tmp_path, old=ENTRY)
    rows = [row(baseline=told())]
    assert [c["kind"] for c in baseline_part(rows, session, whole=True)["baseline"]["changes"]] == [WENT]
    assert baseline_part(rows, session, whole=False)["baseline"]["changes"] == []
    assert baseline_part([row()], session, whole=True) == {}
    assert baseline_part(rows, Session(Settings(store=tmp_path / "store")), whole=True) == {}


def test_an_update_keeps_what_could_not_be_observed(tmp_path: Path) -> None:
    rows = [row(baseline=told(entry={**ENTRY, "npu_segments": 2}))]
    for is_whole, left in ((False, {CASE, "crashed-u55", "old"}), (True, {CASE, "crashed-u55"})):
        session = with_baseline(tmp_path, update=True, **{CASE: ENTRY, "crashed-u55": ENTRY, "old": ENTRY})
        crashed = row("test_x", CANNOT_TELL, model={**MODEL, "id": "crashed"}, target=TARGET)
        accept([*rows, crashed], session, whole=is_whole)
        written = read_baseline(tmp_path / "baseline.json")
        assert set(written.cases) == left
        assert written.cases[CASE]["npu_segments"] == 2


def test_a_run_that_compares_nothing_leaves_the_baseline_alone(tmp_path: Path) -> None:
    session = with_baseline(tmp_path, update=True, old=ENTRY)
    before = (tmp_path / "baseline.json").read_bytes()
    accept([row()], session, whole=True)
    assert (tmp_path / "baseline.json").read_bytes() == before


def test_an_update_drops_what_another_vela_said(tmp_path: Path) -> None:
    session = with_baseline(tmp_path, update=True)
    write_baseline(tmp_path / "baseline.json", Baseline({"vela": "4"}, {CASE: ENTRY, "crashed-u55": ENTRY}))
    accept([row(baseline=told())], session, whole=True)
    assert set(read_baseline(tmp_path / "baseline.json").cases) == {CASE}


def test_the_reasons_are_in_the_markdown(session: Session) -> None:
    text = summary_markdown(document(session, [row("test_meets_the_policy", FAIL, verdict=BROKEN)]))
    assert f"- `{CASE}` max_ms: 1.5 ms; allowed: at most 1 ms; slow" in text.splitlines()
    assert f"| `{CASE}` | fail | 1 | 2 | 1.500 | 2,048 | 4,096 |" in text.splitlines()


def test_the_worst_cases_are_shown_first(session: Session) -> None:
    text = summary_markdown(document(session, of_each_outcome()))
    shown = [line.split("|")[2].strip() for line in text.splitlines() if line.startswith("| `")]
    assert shown == ["cannot tell", "fail", "fixed", "known", "pass"]


def test_the_markdown_fits_a_comment_however_much_fails(session: Session) -> None:
    long = {**BROKEN, "observed": "a very long sentence " * 500}
    many = [
        row(f"test_{n}", FAIL, verdict=long, message="ü" * 9000, target={**TARGET, "id": f"u{n}" * 300})
        for n in range(300)
    ]
    text = summary_markdown(document(session, many))
    assert len(text.encode()) <= LARGEST_BYTES
    assert text.startswith("### Ethos-U: red: 300 claims of 300")


def test_github_is_given_annotations_that_it_can_read(session: Session) -> None:
    made = document(session, [row("test_meets", FAIL, verdict={**BROKEN, "observed": "x"}, message="50 %\nof it")])
    (line,) = annotation_lines(made, ACTIONS)
    assert line == f"::error title=max_ms {CASE}::50 %25%0Aof it; allowed: at most 1 ms; slow"
    assert annotation_lines(made, {}) == []
    assert annotation_lines(document(session, [row()]), ACTIONS) == []
    many = annotation_lines(document(session, [row(f"test_{n}", FAIL, verdict=BROKEN) for n in range(30)]), ACTIONS)
    assert (len(many), many[-1]) == (10, "::error::21 more claims do not hold")


def test_the_summary_of_the_job_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    path.write_text("before\n", encoding="utf-8")
    add_to_job_summary("after\n", {"GITHUB_STEP_SUMMARY": str(path)})
    assert path.read_text(encoding="utf-8") == "before\nafter\n"
    add_to_job_summary("after\n", {})


def test_a_green_run_says_so_and_no_more(session: Session) -> None:
    text = summary_markdown(document(session, [row(outcome=PASS)]))
    assert "What does not hold" not in text
    assert "What changed" not in text


def test_the_markdown_carries_the_facts_of_the_report(session: Session) -> None:
    names = ("before", "after", "change", "change_low", "change_high")
    change = {f"accuracy_{name}": value for name, value in zip(names, (0.97, 0.96, -0.01, -0.02, 0.0), strict=True)}
    rows = [row(), row("test_known", KNOWN, known="as ever"), row("test_task", verdict={**VERDICT, "figures": change})]
    made = document(session, rows)
    text = summary_markdown(made)
    for sentence in made["not_checked"]:
        assert f"- {sentence}" in text
    assert "- test_known: as ever (1 affected)" in text
    assert "| ethos-u55-128 High Shared_Sram | 1 | 0 of 1 | 1.500 | 2,048 |" in text
    assert "| 97.00% | 96.00% | -1.00 [-2.00, +0.00] |" in text
    assert made["command"] in text
    assert "TensorFlow × Vela" not in text  # noqa: RUF001 - as people write it
    for verified, words in ((True, ": a verified combination."), (False, ": not a verified combination.")):
        environment = {**made["environment"], "verified_combination": verified}
        assert words in summary_markdown({**made, "environment": environment})


def test_the_markdown_tells_each_tensorflow_with_each_vela(session: Session) -> None:
    made = document(session, [row()])
    pair = {"toolchain": "tf213", "tensorflow": "2.13.1", "vela_toolchain": "today", "vela": "5.2.0"}
    told = {**pair, "outcomes": {PASS: 2, FAIL: 1}, "answers": {"placed": 3, "on_npu_alone": 2}, "incompatible": ""}
    apart = {**told, "outcomes": {}, "answers": {"placed": 0, "on_npu_alone": 0}, "incompatible": "too old"}
    text = summary_markdown({**made, "pairs": [told, apart]})
    assert "| 2.13.1 (tf213) | 5.2.0 (today) | 2 pass, 1 fail | 2 of 3 |" in text
    assert "| none; incompatible: too old | unknown |" in text
