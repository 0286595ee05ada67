"""A side is what a report says of it, toolchain by toolchain; a damaged report is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from diff_reports import case, model, on_cpu, report, two_toolchains, write

from harness.diff import compare
from harness.diff.reports import Toolchain, side_of_report
from harness.diff.subject import CASE, MODEL, Side
from harness.errors import UsageError


def read(folder: Path, content: object, toolchain: str | None = None) -> Side:
    chosen = None if toolchain is None else Toolchain.parse(toolchain)
    return side_of_report(write(folder, "report", content), "a", chosen)


def test_models_and_cases_are_read(tmp_path: Path) -> None:
    side = read(tmp_path, report(cases=[case("gru", on_cpu=on_cpu("TANH", "TANH"))]))
    gru, on_u55 = side.subjects["gru"], side.subjects["gru-u55"]
    assert (gru.kind, gru.figures, gru.on_cpu) == (MODEL, {"sqnr_db_y": 30.0}, None)
    assert gru.inventory is not None
    assert gru.inventory.ports == {"input x": "int8 0.5 at 3", "output y": "float32"}
    assert (on_u55.kind, on_u55.on_cpu, on_u55.reasons) == (CASE, {"TANH": 2}, {"TANH": "no float"})
    assert on_u55.inventory == gru.inventory
    assert on_u55.tools.system == {"core_clock": "500e6", "arena": "Axi0"}
    assert (gru.tools.tensorflow, gru.tools.litert, gru.tools.vela) == ("2.21.0", "2.3.0", "5.2.0")
    assert side.tools["keras"] == "not installed"


def test_a_case_that_was_not_compiled_has_no_placement(tmp_path: Path) -> None:
    assert read(tmp_path, report(cases=[case("gru", figures={})])).subjects["gru-u55"].on_cpu is None


def test_the_accuracy_of_each_claim_is_a_figure(tmp_path: Path) -> None:
    verdict = {"figures": {"accuracy_after": 0.97}}
    entry = {"test": "test_default_kernels_keep_accuracy", "outcome": "pass", "message": "", "known": "", "failure": {}}
    told = model("gru", claims=[{**entry, "verdict": verdict, "evidence": []}])
    figures = read(tmp_path, report([told], [])).subjects["gru"].figures
    assert figures["accuracy of default kernels keep accuracy"] == 0.97


def test_a_given_tflite_was_converted_by_what_it_names(tmp_path: Path) -> None:
    given = model("gru", kind="given", sha256="ab" * 32)
    assert read(tmp_path, report([given], [])).subjects["gru"].tools.tensorflow == ""
    given["inventory"]["made_by"]["tensorflow"] = "2.15.1"
    side = read(tmp_path, report([given]))
    assert {subject.tools.tensorflow for subject in side.subjects.values()} == {"2.15.1"}
    assert side.subjects["gru"].sha256 == "ab" * 32
    made = {**given, "made": {"file": "gru.tflite", "sha256": "cd" * 32}}
    subject = read(tmp_path, report([made], [])).subjects["gru"]
    assert (subject.tools.tensorflow, subject.sha256) == ("2.21.0", "cd" * 32)


def test_what_the_converter_wrote_before_repairs_is_read(tmp_path: Path) -> None:
    chain = model("gru", converted={"operators": {}, "float_operators": {"SPLIT": 1}})
    inventory = read(tmp_path, report([chain], [])).subjects["gru"].inventory
    assert inventory is not None
    assert inventory.from_converter == {"SPLIT": 1}


def test_a_report_without_inventories_is_read(tmp_path: Path) -> None:
    old = model("gru")
    del old["inventory"]
    assert read(tmp_path, report([old])).subjects["gru-u55"].inventory is None


def test_two_toolchains_of_one_report_have_subjects_of_the_same_names(tmp_path: Path) -> None:
    guide, today = (read(tmp_path, two_toolchains(), name) for name in ("guide", "today"))
    assert set(guide.subjects) == set(today.subjects) == {"gru", "gru-u55"}
    assert (guide.subjects["gru-u55"].tools.tensorflow, guide.subjects["gru-u55"].tools.vela) == ("2.5.0", "3.0.0")
    assert (today.subjects["gru-u55"].tools.tensorflow, today.subjects["gru-u55"].tools.vela) == ("2.21.0", "5.2.0")
    # LiteRT is that of the run, which judges the models of all toolchains.
    assert guide.subjects["gru"].tools.litert == today.subjects["gru"].tools.litert == "2.3.0"
    assert (guide.tools["python"], today.tools["python"]) == ("3.8.18", "3.11.7")


def test_models_of_one_toolchain_compiled_by_the_vela_of_another(tmp_path: Path) -> None:
    crossed = read(tmp_path, two_toolchains(), "guide/today")
    assert set(crossed.subjects) == {"gru", "gru-u55"}
    assert (crossed.subjects["gru-u55"].tools.tensorflow, crossed.subjects["gru-u55"].tools.vela) == ("2.5.0", "5.2.0")
    assert crossed.tools["ethos-u-vela"] == "5.2.0"


def test_all_of_a_report_keeps_its_names(tmp_path: Path) -> None:
    side = read(tmp_path, two_toolchains())
    assert set(side.subjects) == {"gru", "gru_guide", "gru-u55", "gru_guide-u55", "gru_guide-u55_vela_today"}
    assert side.subjects["gru_guide-u55_vela_today"].tools.vela == "5.2.0"
    assert side.subjects["gru_guide-u55"].tools.vela == "3.0.0"


def test_reports_of_one_toolchain_each_are_compared_by_what_they_ask(tmp_path: Path) -> None:
    guide = report([model("gru_guide", toolchain="guide")], [case("gru_guide")], toolchains={"guide": GUIDE_TOOLS})
    both = compare(read(tmp_path, guide), read(tmp_path, report()))
    assert [pair.after.name for pair in both.pairs] == ["gru", "gru-u55"]


GUIDE_TOOLS = {"python": "3.8.18", "versions": {"tensorflow": "2.5.0"}}


@pytest.mark.parametrize(
    ("toolchain", "sentence"),
    [
        ("tf29", "has no toolchain 'tf29': it has guide, today"),
        ("today/guide", "no Vela of guide compiled models of today: there is today"),
    ],
)
def test_a_toolchain_that_is_not_there(tmp_path: Path, toolchain: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(tmp_path, two_toolchains(), toolchain)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([], "no report of schema version"),
        ({**report(), "schema_version": 1}, "no report of schema version 2"),
        ({**report(), "models": [{}]}, "damaged"),
        ({**report(), "cases": [{"model": "gru"}]}, "damaged"),
        ({**report(), "models": 3}, "damaged"),
        ({**report(), "environment": {}}, "damaged"),
    ],
    ids=["list", "version", "model", "case", "number", "environment"],
)
def test_what_is_no_report(tmp_path: Path, content: object, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        read(tmp_path, content)


def test_a_file_that_cannot_be_read_or_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*none\.json: No such file"):
        side_of_report(tmp_path / "none.json", "a")
    (tmp_path / "torn.json").write_text('{"schema_version": 2, ', encoding="utf-8")
    with pytest.raises(UsageError, match="is no JSON"):
        side_of_report(tmp_path / "torn.json", "a")
