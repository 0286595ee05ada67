"""The guide's toolchain for real: small models converted by TensorFlow 2.5 and compiled by Vela 3.0, beside today's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.toolchains import builtin_toolchains, install_command, python_of

ROOT = Path(__file__).parent.parent.parent
GUIDE = builtin_toolchains()["guide"]
pytestmark = [
    pytest.mark.needs_guide,
    pytest.mark.skipif(python_of(GUIDE) is None, reason=f"needs the toolchain guide: {install_command('guide')}"),
]
UNITS, STEPS = 16, 4
OWN, CROSSED = "u55_128_high_end_embedded_shared_sram", "u55_128_high_end_embedded_shared_sram_vela_today"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a run over both toolchains and both Velas reports."""
    folder = tmp_path_factory.mktemp("report")
    asked = {
        "toolchain": "guide,today",
        "vela-toolchain": "guide,today",
        "units": UNITS,
        "time-steps": STEPS,
        "cell": "gru,lstm",
        "accelerator": "ethos-u55-128",
        "report-dir": folder,
    }
    options = [f"--npu-{name}={value}" for name, value in asked.items()]
    command = [sys.executable, "-m", "pytest", "tests/verification", "-q", "-k", f"u{UNITS}_t{STEPS}", *options]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "PYTEST_ADDOPTS": ""}, check=False, stdout=subprocess.DEVNULL)
    document: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return document


def outcomes(report: dict[str, Any], name: str, target: str = "") -> dict[str, str]:
    """The outcome of each claim about a model, or about a case of it."""
    items = report["cases"] if target else report["models"]
    (found,) = (
        (item for item in items if (item["model"], item["target"]) == (name, target))
        if target
        else (item for item in items if item["id"] == name)
    )
    return {claim["test"]: claim["outcome"] for claim in found["claims"]}


def model(cell: str, state: str, toolchain: str = "guide") -> str:
    return f"{cell}_u{UNITS}_t{STEPS}_{state}_int8" + ("" if toolchain == "today" else f"_{toolchain}")


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("state", ["none", "transfer"])
def test_what_keras_2_builds_is_what_keras_3_builds(report: dict[str, Any], cell: str, state: str) -> None:
    found = outcomes(report, model(cell, state))
    for claim in ("unrolled_equals_looped", "unrolled_equals_oracle", "looped_equals_oracle"):
        assert found[f"test_{claim}"] == "pass"


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("state", ["none", "transfer"])
def test_states_were_calibrated_by_name(report: dict[str, Any], cell: str, state: str) -> None:
    """Lists in another order than the inputs would swap the ranges of the two states of an LSTM."""
    assert outcomes(report, model(cell, state))["test_error_is_rounding"] == "pass"


def test_the_guides_vela_runs_the_guides_models(report: dict[str, Any]) -> None:
    for cell, state in (("gru", "none"), ("gru", "transfer"), ("lstm", "none")):
        assert outcomes(report, model(cell, state), OWN)["test_runs_entirely_on_the_npu"] == "pass"


def test_tensorflow_2_5_leaves_a_float_tanh_in_lstm_with_states(report: dict[str, Any]) -> None:
    assert outcomes(report, model("lstm", "transfer"))["test_computes_in_integers"] == "known"
    assert outcomes(report, model("lstm", "transfer"), OWN)["test_runs_entirely_on_the_npu"] == "known"


def test_vela_3_leaves_todays_fully_connected_on_the_cpu(report: dict[str, Any]) -> None:
    (case,) = (
        case
        for case in report["cases"]
        if case["model"] == model("gru", "transfer", "today") and case["target"].endswith("_vela_guide")
    )
    assert {operator["name"] for operator in case["on_cpu"]} == {"FULLY_CONNECTED"}
    (pair,) = (pair for pair in report["pairs"] if (pair["toolchain"], pair["vela_toolchain"]) == ("today", "guide"))
    assert "per channel" in pair["incompatible"]


def test_todays_vela_takes_the_guides_models(report: dict[str, Any]) -> None:
    for cell in ("gru", "lstm"):
        found = outcomes(report, model(cell, "none"), CROSSED)
        assert found["test_runs_entirely_on_the_npu"] == "pass"
        assert found["test_stream_matches_reference"] == "pass"


def test_nothing_is_red_but_what_is_known(report: dict[str, Any]) -> None:
    assert report["verdict"]["outcome"] == "pass", report["findings"]
