"""The command: exit status 0, 1 and 2, one sentence for bad input, files written whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diff_reports import case, model, on_cpu, report, two_toolchains, write

from harness.diff.command_line import main


@pytest.fixture
def before(tmp_path: Path) -> Path:
    return write(tmp_path, "before", report())


@pytest.fixture
def worse(tmp_path: Path) -> Path:
    return write(tmp_path, "worse", report(cases=[case("gru", on_cpu=on_cpu("TANH"))]))


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_equal_reports(before: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(before, before) == 0
    assert "no difference: 1 model and 1 case are alike" in capsys.readouterr().out


def test_worse_is_1_and_the_way_back_is_0(before: Path, worse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(before, worse) == 1
    assert "TANH moved to the CPU" in capsys.readouterr().out
    assert run(worse, before) == 0
    assert "TANH moved from the CPU" in capsys.readouterr().out


def test_two_toolchains_of_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = write(tmp_path, "both", two_toolchains())
    assert run(both, "--toolchains", "guide,today") == 0
    told = capsys.readouterr().out
    assert told.startswith("guide -> today: no difference but in the tools")
    assert "tensorflow 2.5.0 -> 2.21.0" in told
    assert run(both, "--toolchains", "guide, guide/today") == 0
    assert capsys.readouterr().out.startswith("guide -> guide/today")


def test_toolchains_of_two_reports(tmp_path: Path, before: Path, capsys: pytest.CaptureFixture[str]) -> None:
    both = write(tmp_path, "both", two_toolchains())
    assert run(both, before, "--toolchains=guide,today") == 0
    assert f"{both} -> {before}" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["markdown", "html", "json"])
def test_files_are_written_whole(
    name: str, before: Path, worse: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new folder" / f"diff.{name}"
    assert run(before, worse, f"--{name}", path) == 1
    capsys.readouterr()
    text = path.read_text(encoding="utf-8")
    assert "TANH moved to the CPU" in text
    assert name != "json" or json.loads(text)["verdict"]["outcome"] == "worse"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_a_file_that_cannot_be_written(before: Path, worse: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(before, worse, "--html", before / "diff.html") == 2
    said = capsys.readouterr()
    assert "cannot write" in said.err
    assert said.err.count("\n") == 1
    # What was found is told all the same.
    assert "TANH moved to the CPU" in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{before}"], "nothing to compare"),
        (["{before}", "{before}", "{before}"], "give two report.json or two .tflite"),
        (["{before}", "model.tflite"], "give two report.json or two .tflite"),
        (["a.txt", "b.txt"], "give two report.json or two .tflite"),
        (["{before}", "none.json"], "cannot read none.json"),
        (["{before}", "--toolchains=guide"], "name two, as --toolchains guide,today"),
        (["{before}", "--toolchains=guide,today,tf29"], "name two"),
        (["{before}", "--toolchains=guide,today"], "has no toolchain 'guide'"),
        (["a.tflite", "b.tflite", "--toolchains=guide,today"], "--toolchains is about reports"),
        (["{before}", "{other}"], "nothing to compare"),
    ],
    ids=str,
)
def test_what_cannot_be_compared(
    words: list[str], sentence: str, before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = write(tmp_path, "other", report([model("lstm")], []))
    assert run(*(word.format(before=before, other=other) for word in words)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.startswith("harness.diff: ")
    assert said.err.count("\n") == 1


def test_wrong_usage_is_2(before: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(before, before, "--verbose")
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
