"""Toolchains by option: what cannot be asked is one sentence, and what is not installed is told and stays so."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import Folder

ROOT = Path(__file__).parent.parent.parent
SMALL = ("--npu-cell=rnn", "--npu-units=4", "--npu-time-steps=2", "--npu-accelerator=ethos-u55-32")


@pytest.fixture
def nothing_installed(folder: Folder) -> Folder:
    folder.environment["HARNESS_TOOLCHAINS"] = str(folder.path / "toolchains")
    folder.environment["PYTEST_ADDOPTS"] = "-p no:hypothesispytest"
    return folder


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        ("--npu-toolchain=tf30", "no toolchain 'tf30': there are today, guide,"),
        ("--npu-toolchain=vela45", "toolchain vela45 has no TensorFlow: name it with --npu-vela-toolchain"),
        ("--npu-toolchain=mine.toml", "mine.toml"),
        ("--npu-toolchain=", "toolchain is empty: name at least one"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(nothing_installed: Folder, option: str, sentence: str) -> None:
    ran = nothing_installed.pytest(ROOT / "tests" / "verification", option)
    assert ran.code == 4
    assert sentence in ran.err
    assert "Traceback" not in ran.err + ran.out


def test_a_given_model_is_built_by_no_toolchain(nothing_installed: Folder, samples: Path) -> None:
    ran = nothing_installed.pytest(f"--npu-model={samples / 'gru_transfer.tflite'}", "--npu-toolchain=guide")
    assert ran.code == 4
    assert "--npu-toolchain is about the models of the matrix" in ran.err


def test_a_given_model_is_compiled_by_other_velas(nothing_installed: Folder, samples: Path) -> None:
    asked = (f"--npu-model={samples / 'gru_transfer.tflite'}", "--npu-accelerator=ethos-u55-128")
    ran = nothing_installed.pytest(*asked, "--npu-vela-toolchain=vela45,today", "-k", "test_is_estimated")
    assert ran.outcomes["passed"] == ran.outcomes["error"] == 1
    outcomes = {case["target"]: case["outcome"] for case in nothing_installed.report["cases"]}
    own = "u55_128_high_end_embedded_shared_sram"
    assert outcomes == {own: "pass", f"{own}_vela_vela45": "cannot tell"}


def test_what_is_not_installed_is_told_and_the_rest_goes_on(nothing_installed: Folder) -> None:
    chosen = ("--npu-toolchain=guide,today", *SMALL, "-k", "test_computes_in_integers and none and u4_t2")
    ran = nothing_installed.pytest(ROOT / "tests" / "verification", *chosen)
    assert ran.code == 1
    assert ran.outcomes["passed"] == ran.outcomes["error"] == 1
    assert (
        "toolchain guide: TensorFlow 2.5.0, Vela 3.0.0; not installed: python -m harness.toolchains install" in ran.out
    )
    report = nothing_installed.report
    outcomes = {model["id"]: model["outcome"] for model in report["models"]}
    assert outcomes == {"rnn_u4_t2_none_int8": "pass", "rnn_u4_t2_none_int8_guide": "cannot tell"}
    (finding,) = report["findings"]
    assert finding["cause"] == "this is about a toolchain that is not installed here"
    assert not report["toolchains"]["guide"]["installed"]
    assert not (nothing_installed.path / "toolchains").exists()


def test_targets_that_no_vela_knows_leave_nothing_to_ask(nothing_installed: Folder) -> None:
    asked = ("--npu-toolchain=guide", "--npu-accelerator=ethos-u85-256", "-k", "test_is_estimated")
    ran = nothing_installed.pytest(ROOT / "tests" / "verification", *asked)
    assert ran.code == 5
