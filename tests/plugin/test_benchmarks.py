"""pytest-benchmark saves and compares Vela's estimates: without change they are equal, and 5 % more fail the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import SCRIPTS, Folder, Ran

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def benched(folder: Folder) -> Folder:
    folder.environment["PYTEST_ADDOPTS"] = "-p no:cacheprovider -p no:hypothesispytest"
    return folder


def bench(folder: Folder, model: Path, *arguments: object) -> Ran:
    """Benchmark the estimate of a model that is called kws."""
    (folder.path / "kws.tflite").write_bytes(model.read_bytes())
    asked = (f"--npu-model={folder.path / 'kws.tflite'}", "--npu-accelerator=ethos-u55-128")
    where = f"--benchmark-storage=file://{folder.path / 'saved'}"
    command = ("env", "-C", ROOT, SCRIPTS / "pytest", "tests/benchmark", "--benchmark-only")
    return folder.run(*command, *asked, where, *arguments)


def test_an_estimate_that_grew_fails_the_comparison(benched: Folder, samples: Path) -> None:
    assert bench(benched, samples / "gru_transfer.tflite", "--benchmark-save=before").code == 0
    (saved,) = (benched.path / "saved").rglob("*_before.json")
    benchmarks = json.loads(saved.read_text(encoding="utf-8"))["benchmarks"]
    assert {benchmark["group"] for benchmark in benchmarks} == {"Vela estimate", "stage, wall time"}
    (benchmark,) = [benchmark for benchmark in benchmarks if benchmark["group"] == "Vela estimate"]
    assert benchmark["stats"]["rounds"] == 1
    assert benchmark["stats"]["mean"] == pytest.approx(benchmark["extra_info"]["ms"] / 1e3)
    assert benchmark["extra_info"]["total_cycles"] == 4567
    assert benchmark["extra_info"]["npu_operator_coverage"] == 1
    assert benchmark["extra_info"]["sram_used_bytes"] == 336
    compare = ("--benchmark-compare=0001", "--benchmark-compare-fail=mean:5%")
    same = bench(benched, samples / "gru_transfer.tflite", *compare)
    assert (same.code, same.outcomes) == (0, {"passed": 1})  # not the stages, which are as quick as the machine is
    slower = bench(benched, samples / "lstm_transfer.tflite", *compare)
    assert slower.code == 1
    assert "Performance has regressed" in slower.out + slower.err


def test_in_other_runs_there_are_no_benchmarks_to_skip(benched: Folder) -> None:
    ran = benched.run("env", "-C", ROOT, SCRIPTS / "pytest", "tests/benchmark")
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "skipped" not in ran.out
