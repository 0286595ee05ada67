"""The verdict of a run in one sentence, and each cause once."""

from __future__ import annotations

from report_rows import FAILURE, TARGET, VERDICT, of_each_outcome, row

from harness.report.figures import describe_figures
from harness.report.findings import answers, findings, verdict
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS


def test_the_verdict_counts_every_outcome() -> None:
    told = verdict(of_each_outcome(), interrupted=False)
    assert told["outcome"] == CANNOT_TELL
    assert told["sentence"] == (
        "Of 5 claims, 1 could not be judged, 1 failed, 1 listed as a known failure but held, 1 failed as known, 1 held."
    )


def test_the_verdict_of_a_good_run_is_short() -> None:
    assert verdict([row(), row()], interrupted=False) == {"outcome": PASS, "sentence": "All 2 claims held."}


def test_the_verdict_of_an_interrupted_run_is_so_far() -> None:
    assert verdict([row()], interrupted=True)["sentence"].startswith("So far: ")


def test_nothing_judged_is_no_pass() -> None:
    assert verdict([], interrupted=True)["outcome"] == CANNOT_TELL


def test_each_cause_is_told_once_the_worst_first() -> None:
    wrong = {**VERDICT, "passed": False, "cause": "too slow", "remedy": "fewer units"}
    rows = [row(outcome=FAIL, verdict=wrong, target={**TARGET, "id": f"u55_{number}"}) for number in range(3)]
    rows += [row(), row(outcome=CANNOT_TELL, failure=FAILURE, verdict={}), row(outcome=KNOWN, known="as ever")]
    found = findings(rows)
    assert [entry["outcome"] for entry in found] == [CANNOT_TELL, FAIL, KNOWN]
    assert found[0]["cause"] == FAILURE["cause"]
    assert (found[1]["cause"], found[1]["remedy"]) == ("too slow", "fewer units")
    assert found[1]["subjects"] == ["gru-u55_0", "gru-u55_1", "gru-u55_2"]
    assert found[2]["cause"] == "as ever"


def test_what_was_fixed_is_told() -> None:
    (found,) = findings([row(outcome=FIXED)])
    assert found["cause"] == "1.5 ms"


def test_only_what_runs_on_the_npu_alone_is_counted() -> None:
    figures = [
        {"cpu_operators": 0.0, "npu_segments": 1.0, "ms": 2.0},
        {"cpu_operators": 0.0, "npu_segments": 2.0, "ms": 0.5},
        {"cpu_operators": 3.0, "npu_segments": 1.0, "ms": None},
        {"cpu_operators": 3.0, "npu_segments": 0.0},
        {"cpu_operators": 0.0},
        {},
    ]
    told = answers([{"figures": entry} for entry in figures])
    assert told == {"placed": 4, "on_npu_alone": 1, "ms": [0.5, 2.0], "sram_used_bytes": [], "weight_reads": []}


def test_a_figure_is_told_with_unit_and_provenance() -> None:
    told = describe_figures(["ms", "sqnr_db_state_h_out", "walk_db_output", "carried_lsb", "anything"])
    assert told["ms"] == {"label": "time of one inference", "unit": "ms", "provenance": "estimated", "better": "low"}
    assert told["sqnr_db_state_h_out"]["label"] == "SQNR, state h out"
    assert told["sqnr_db_state_h_out"]["better"] == "high"
    assert (told["walk_db_output"]["unit"], told["walk_db_output"]["provenance"]) == ("dB", "")
    assert (told["carried_lsb"]["unit"], told["anything"]["unit"]) == ("LSB", "")
