"""The verdict of a run in one sentence, and each cause once."""

from __future__ import annotations

import json
from pathlib import Path

from report_rows import FAILURE, TARGET, VERDICT, of_each_outcome, row

from harness.report.figures import describe_figures
from harness.report.findings import answers, findings, verdict
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS, RED


def test_the_verdict_counts_every_outcome() -> None:
    told = verdict(of_each_outcome(), interrupted=False)
    assert told["outcome"] == CANNOT_TELL
    assert told["sentence"] == (
        "Red: of 5 claims, 1 cannot be judged, 1 fails, 1 holds though listed as a known failure, 1 fails as known, "
        "1 holds."
    )


def test_the_verdict_of_a_good_run_is_short() -> None:
    assert verdict([row(), row()], interrupted=False) == {"outcome": PASS, "sentence": "Green: all 2 claims hold."}


def test_known_failures_leave_a_run_green_and_others_do_not() -> None:
    known = [row(outcome=KNOWN), row(outcome=KNOWN), row()]
    assert verdict(known, interrupted=False) == {
        "outcome": PASS,
        "sentence": "Green: of 3 claims, 2 fail as known, 1 holds.",
    }
    for outcome in RED:
        told = verdict([*known, row(outcome=outcome)], interrupted=False)
        assert told["outcome"] == outcome
        assert told["sentence"].startswith("Red: ")


def test_the_verdict_of_an_interrupted_run_is_so_far() -> None:
    assert verdict([row()], interrupted=True)["sentence"].startswith("Green so far: ")


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


def test_what_follows_from_another_claim_comes_after_it() -> None:
    follows = {**VERDICT, "cause": "pieces", "remedy": "see fully_on_npu for each of these operators"}
    causes = {**VERDICT, "cause": "float", "remedy": "repair it"}
    rows = [row("test_segments", FAIL, verdict=follows), row("test_segments", FAIL, verdict=follows)]
    rows += [row("test_placement", FAIL, verdict=causes), row("test_known", KNOWN)]
    assert [entry["test"] for entry in findings(rows)] == ["test_placement", "test_segments", "test_known"]


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
    assert (told["placed"], told["on_npu_alone"]) == (4, 1)
    assert (told["ms"], told["sram_used_bytes"], told["weight_reads"]) == ([0.5, 2.0], [], [])
    assert (told["cpu_operators"], told["npu_segments"]) == ([0.0, 3.0], [0.0, 2.0])


def test_how_exact_is_told_of_the_worst_output_and_not_of_states() -> None:
    figures = [
        {"sqnr_db_output": 40.0, "sqnr_db_state_h_out": 20.0},
        {"sqnr_db_a": 35.0, "sqnr_db_b": 30.0, "sqnr_db_c": None},
        {"sqnr_db_state_h_out": 25.0},
        {"ms": 1.0},
    ]
    assert answers([], [{"figures": entry} for entry in figures])["sqnr_db"] == [25.0, 40.0]
    assert answers([], [{"figures": {}}])["sqnr_db"] == []


def test_a_figure_is_told_with_unit_and_provenance() -> None:
    told = describe_figures(["ms", "sqnr_db_state_h_out", "walk_db_output", "carried_lsb", "anything"])
    assert told["ms"] == {"label": "time of one inference", "unit": "ms", "provenance": "estimated", "better": "low"}
    assert told["sqnr_db_state_h_out"]["label"] == "SQNR, state h out"
    assert told["sqnr_db_state_h_out"]["better"] == "high"
    assert (told["walk_db_output"]["unit"], told["walk_db_output"]["provenance"]) == ("dB", "")
    assert (told["carried_lsb"]["unit"], told["anything"]["unit"]) == ("LSB", "")


def test_a_figure_of_a_stream_says_how_it_was_streamed() -> None:
    told = describe_figures(["stream_db_graph_state_h_low", "stream_agreement_host", "high_state_c"])
    assert told["stream_db_graph_state_h_low"]["label"] == (
        "SQNR over a stream, state h, by contract in the graph, low end of its interval"
    )
    assert told["stream_agreement_host"]["label"] == "labels as in float64 over a stream, by contract on the host"
    assert told["high_state_c"]["label"] == "largest value in float64, state c"


def test_every_figure_of_the_example_has_a_provenance() -> None:
    example = Path(__file__).parent.parent.parent / "reports" / "example" / "report.json"
    figures = json.loads(example.read_text(encoding="utf-8"))["figures"]
    told = describe_figures(figures)
    assert len(told) > 100
    assert [name for name, figure in told.items() if not figure["provenance"]] == []
