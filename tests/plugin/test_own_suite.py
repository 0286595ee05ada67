"""A suite of one's own judges its models with the fixture `ethos_u`, and keeps what it judged beside the report."""

from __future__ import annotations

import hashlib
import json
import shlex
from pathlib import Path

import pytest
from runs import SCRIPTS, Folder

CASE = "kws-u55_128_high_end_embedded_shared_sram"
SUITE = """
    import sys

    HEAVY = {"tensorflow", "keras", "ai_edge_litert", "ethosu", "tflite_micro"}

    def test_kws_fits(ethos_u):
        assert ethos_u.check("kws.tflite", accelerator="ethos-u55-128").fully_on_npu

    def test_kws_is_quick(ethos_u):
        judgement = ethos_u.check("kws.tflite", accelerator="ethos-u55-128", max_ms=1)
        assert judgement.meets_the_policy
        assert judgement.figures["sram_used_bytes"] < 1000
        assert not HEAVY & {name.split(".")[0] for name in sys.modules}

    def test_mine():
        pass
"""


@pytest.fixture
def suite(folder: Folder, samples: Path) -> Folder:
    folder.write(test_mine=SUITE)
    (folder.path / "kws.tflite").write_bytes((samples / "gru_transfer.tflite").read_bytes())
    return folder


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_fits_passes_and_is_in_the_report_with_its_artefacts(suite: Folder) -> None:
    ran = suite.pytest("--npu-store=store", "-p", "no:cacheprovider")
    assert (ran.code, ran.outcomes) == (0, {"passed": 3})
    (case,) = suite.report["cases"]
    assert (case["id"], case["outcome"]) == (CASE, "pass")
    assert [claim["test"] for claim in case["claims"]] == ["test_kws_fits", "test_kws_is_quick"]
    artefacts = suite.path / "reports" / "artefacts" / CASE
    manifest = json.loads((artefacts / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["sha256"] == {name: digest(artefacts / name) for name in ("kws.tflite", "kws_vela.tflite")}
    assert digest(artefacts / "kws.tflite") == digest(suite.path / "kws.tflite")
    assert manifest["versions"]["ethos-u-vela"]
    shipped = digest(artefacts / "kws_vela.tflite")
    (artefacts / "kws_vela.tflite").unlink()
    vela, check = (shlex.split(command) for command in manifest["commands"])
    assert suite.run("env", "-C", artefacts, SCRIPTS / vela[0], *vela[1:]).code == 0
    assert digest(artefacts / "kws_vela.tflite") == shipped
    assert suite.run("env", "-C", artefacts, SCRIPTS / check[0], *check[1:]).code == 0


def test_what_does_not_fit_fails_with_the_message(suite: Folder, samples: Path) -> None:
    (suite.path / "kws.tflite").write_bytes((samples / "gru_float_chain.tflite").read_bytes())
    ran = suite.pytest()
    assert (ran.code, ran.outcomes) == (1, {"failed": 2, "passed": 1})
    assert "AssertionError: assert fully_on_npu: on the CPU: 1 DEQUANTIZE, 2 QUANTIZE, 1 SPLIT; allowed:" in ran.out
    assert "assert meets_the_policy: max_ms: unknown: Vela estimates nothing that runs on the CPU" in ran.out
    assert [case["outcome"] for case in suite.report["cases"]] == ["fail"]


def test_settings_of_the_project_complete_the_target_and_set_limits(suite: Folder) -> None:
    suite.write(
        test_mine="""
        def test_kws(ethos_u):
            judgement = ethos_u.check("kws.tflite")
            assert judgement.target.accelerator == "ethos-u85-256"
            assert not judgement.meets_the_policy
            assert "at most 5 cycles" in str(judgement)
        """
    )
    (suite.path / "pyproject.toml").write_text(
        "[tool.harness]\naccelerator = 'ethos-u85-256'\n[tool.harness.policy.kws]\nmax_cycles = 5\n", encoding="utf-8"
    )
    assert suite.pytest().code == 0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("'kws.tflite', accelerator='ethos-u99-128'", "unknown accelerator 'ethos-u99-128': choose from ethos-u55-32"),
        ("'kws.tflite'", "3 targets fit (ethos-u55-128 Ethos_U55_High_End_Embedded Shared_Sram, "),
        (
            "'kws.tflite', accelerator='ethos-u55-128', max_mss=1",
            "unknown limit 'max_mss': the limits are fully_on_npu",
        ),
        (
            "'kws.tflite', accelerator='ethos-u55-128', max_ms='x'",
            "max_ms is 'x' (the call): give a number of 0 or more",
        ),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(suite: Folder, call: str, sentence: str) -> None:
    suite.write(test_mine=f"def test_it(ethos_u):\n    ethos_u.check({call})\n")
    ran = suite.pytest()
    assert ran.code == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith("ethos_u.check: ")]
    assert sentence in line


def test_models_given_as_options_leave_their_artefacts_too(suite: Folder, samples: Path) -> None:
    bad = samples / "gru_float.tflite"
    targets = "--accelerator=ethos-u55-128,ethos-u85-256"
    assert suite.check("kws.tflite", bad, targets).code == 1
    folders = sorted(path.name for path in (suite.path / "reports" / "artefacts").iterdir())
    assert folders == [CASE, "kws-u85_256_sys_dram_mid_dedicated_sram"]
