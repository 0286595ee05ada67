"""A model that is given is judged from any folder, by pytest and by ethos-u-check; a bad one costs one failed test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import Folder

U55 = "ethos-u55-128"
CLAIM = "test_is_a_quantized_tflite"
OWN_SYSTEM = """
[System_Config.My_SoC]
core_clock=250e6
axi0_port=Sram
axi1_port=OffChipFlash
Sram_clock_scale=1.0
Sram_burst_length=32
Sram_read_latency=32
Sram_write_latency=32
OffChipFlash_clock_scale=0.125
OffChipFlash_burst_length=128
OffChipFlash_read_latency=64
OffChipFlash_write_latency=64
[Memory_Mode.My_Mode]
const_mem_area=Axi1
arena_mem_area=Axi0
cache_mem_area=Axi0
"""


def failed(report: dict[str, Any]) -> list[tuple[str, str]]:
    """Model and test of all that did not pass."""
    claims = [(model["id"], claim) for model in report["models"] for claim in model["claims"]]
    claims += [(case["model"], claim) for case in report["cases"] for claim in case["claims"]]
    return [(model, claim["test"]) for model, claim in claims if claim["outcome"] != "pass"]


def test_pytest_judges_a_model_from_an_empty_folder(folder: Folder, samples: Path) -> None:
    ran = folder.pytest(f"--npu-model={samples / 'gru_transfer.tflite'}")
    assert (ran.code, set(ran.outcomes)) == (0, {"passed", "deselected"})  # it keeps no variables
    assert "✓ pass        gru_transfer-u55_128_high_end_embedded_shared_sram" in ran.out
    assert f"report: {folder.path / 'reports' / 'index.html'}" in ran.out
    report = folder.report
    assert failed(report) == []
    assert [target["accelerator"] for target in report["targets"]] == [U55, "ethos-u65-256", "ethos-u85-256"]
    assert [case["figures"]["npu_segments"] for case in report["cases"]] == [1, 1, 1]
    assert min(case["figures"]["ms"] for case in report["cases"]) > 0


def test_the_command_says_the_same(folder: Folder, samples: Path) -> None:
    model = samples / "gru_transfer.tflite"
    assert folder.check(model, f"--accelerator={U55}").code == 0
    from_command = folder.report
    assert folder.pytest(f"--npu-model={model}", f"--npu-accelerator={U55}").code == 0
    assert {**folder.report, "command": ""} == {**from_command, "command": ""}


def test_models_of_one_name_and_several_targets_are_told_apart(folder: Folder, samples: Path) -> None:
    for place, name in (("a", "gru_transfer"), ("b", "lstm_transfer")):
        (folder.path / place).mkdir()
        (folder.path / place / "My Model.tflite").write_bytes((samples / f"{name}.tflite").read_bytes())
    ran = folder.check("a/My Model.tflite", "b/My Model.tflite", "--accelerator=ethos-u55-128,ethos-u85-256")
    assert ran.code == 0
    report = folder.report
    assert [model["id"] for model in report["models"]] == ["my_model_1", "my_model_2"]
    assert len({model["sha256"] for model in report["models"]}) == 2
    assert len({case["id"] for case in report["cases"]}) == len(report["cases"]) == 4


def test_a_claim_that_does_not_hold_is_exit_1_and_equal_runs_write_equal_reports(folder: Folder, samples: Path) -> None:
    written = []
    for _ in range(2):
        ran = folder.check(samples / "gru_float_chain.tflite", f"--accelerator={U55}")
        assert ran.code == 1
        written.append([(folder.path / "reports" / name).read_bytes() for name in ("index.html", "report.json")])
    assert written[0] == written[1]
    assert "computes_in_integers: 4 float tensors at DEQUANTIZE" in ran.out
    assert "fully_on_npu: on the CPU: 1 DEQUANTIZE, 2 QUANTIZE, 1 SPLIT" in ran.out
    assert "run python -m harness.repair on the model" in ran.out
    (case,) = folder.report["cases"]
    assert case["outcome"] == "fail"
    assert sorted(operator["name"] for operator in case["on_cpu"]) == ["DEQUANTIZE", "QUANTIZE", "QUANTIZE", "SPLIT"]
    assert all(operator["cause"] and operator["remedy"] for operator in case["on_cpu"])


BAD: dict[str, tuple[str | Callable[[bytes], bytes] | None, str]] = {
    "missing": (None, "missing.tflite: No such file or directory; name a .tflite that exists"),
    "empty": (lambda _: b"", "empty.tflite: the file is empty: export the model again"),
    "foreign": (lambda _: b"not a model at all", "foreign.tflite: this is not a TFLite file"),
    "truncated": (lambda whole: whole[:5000], "truncated.tflite: the TFLite file is damaged or truncated (5000 bytes"),
    "compiled": ("gru_compiled", "compiled.tflite is already compiled"),
    "float": ("gru_float", "float.tflite is a float model"),
    "looped": ("gru_looped_float", "looped.tflite is a float model"),
}


def write_bad(name: str, samples: Path, folder: Path) -> Path:
    content, path = BAD[name][0], folder / f"{name}.tflite"
    if isinstance(content, str):
        path.write_bytes((samples / f"{content}.tflite").read_bytes())
    elif content is not None:
        path.write_bytes(content((samples / "gru_transfer.tflite").read_bytes()))
    return path


@pytest.mark.parametrize("name", BAD)
def test_a_bad_model_is_one_failed_test_with_a_report(folder: Folder, samples: Path, name: str) -> None:
    path = write_bad(name, samples, folder.path)
    ran = folder.pytest(f"--npu-model={path.name}", f"--npu-accelerator={U55}")
    assert (ran.code, {word: ran.outcomes[word] for word in ran.outcomes if word != "deselected"}) == (1, {"failed": 1})
    (sentence,) = [line for line in ran.out.splitlines() if line.startswith("is_quantized_tflite: ")]
    assert BAD[name][1] in sentence
    report = folder.report
    assert failed(report) == [(name, CLAIM)]
    assert sum(report["outcomes"].values()) == report["outcomes"]["fail"] == 1


def test_bad_models_beside_a_good_one_cost_nothing(folder: Folder, samples: Path) -> None:
    good = samples / "gru_transfer.tflite"
    assert folder.check(good, f"--accelerator={U55}").code == 0
    alone = folder.report
    bad = [write_bad(name, samples, folder.path) for name in BAD]
    ran = folder.check(bad[0], good, *bad[1:], f"--accelerator={U55}")
    assert ran.code == 1
    report = folder.report
    assert sorted(failed(report)) == sorted((name, CLAIM) for name in BAD)
    assert report["outcomes"]["pass"] == alone["outcomes"]["pass"]
    assert report["cases"] == alone["cases"]


def test_an_own_vela_ini_is_enough(folder: Folder, samples: Path) -> None:
    (folder.path / "soc.ini").write_text(OWN_SYSTEM, encoding="utf-8")
    ran = folder.check(samples / "gru_transfer.tflite", "--vela-config=soc.ini", f"--accelerator={U55}")
    assert ran.code == 0
    report = folder.report
    assert report["vela_config"]["file"] == "soc.ini"
    assert [target["system_config"] for target in report["targets"]] == ["My_SoC"]


def states_of(folder: Folder) -> dict[str, Any]:
    (model,) = folder.report["models"]
    (claim,) = [claim for claim in model["claims"] if claim["test"] == "test_state_pairs_are_explained"]
    found: dict[str, Any] = claim
    return found


def test_a_state_that_must_not_be_copied_comes_with_its_c(folder: Folder, samples: Path) -> None:
    model = samples / "lstm_transfer.tflite"
    assert folder.check(model, f"--accelerator={U55}").code == 0
    assert states_of(folder)["verdict"]["figures"] == {
        "differing_state_pairs": 0,
        "raw_error_lsb_state_c": 0,
        "raw_error_lsb_state_h": 0,
        "state_pairs": 2,
    }
    assert not (folder.path / "reports" / "contracts").exists()
    ran = folder.pytest(f"--npu-model={model}", f"--npu-accelerator={U55}", "--npu-state-pair=state_h_out=state_c_in")
    assert ran.code == 0
    claim = states_of(folder)
    assert "state_h_out to state_c_in: scale ratio 0.49" in claim["verdict"]["observed"]
    header = (folder.path / "reports" / "contracts" / "lstm_transfer.h").read_text(encoding="utf-8")
    assert "static inline int8_t lstm_transfer_state_c_rescale(int8_t value)" in header


def test_a_state_pair_that_the_model_lacks_fails_one_test(folder: Folder, samples: Path) -> None:
    ran = folder.check(samples / "gru_transfer.tflite", f"--accelerator={U55}", "--state-pair=h=state_h_in")
    assert ran.code == 1
    assert "the model has no output h for a state pair: its outputs are " in ran.out
    assert "the states that were named are not those of this model" in ran.out
    assert failed(folder.report) == [("gru_transfer", "test_state_pairs_are_explained")]


def test_states_without_a_partner_ask_for_their_names(folder: Folder, samples: Path) -> None:
    model = samples.parent / "npu" / "data" / "lstm_transfer_32x8.tflite"
    ran = folder.check(model, f"--accelerator={U55}")
    assert ran.code == 1
    assert "states without a partner: StatefulPartitionedCall_1:1, StatefulPartitionedCall_1:2" in ran.out
    names = (
        "StatefulPartitionedCall_1:1=serving_default_state_h:0,StatefulPartitionedCall_1:2=serving_default_state_c:0"
    )
    assert folder.check(model, f"--accelerator={U55}", f"--state-pair={names}").code == 0
    assert states_of(folder)["verdict"]["figures"]["state_pairs"] == 2
    assert folder.check(model, f"--accelerator={U55}", "--state-pair=none").code == 0
    assert states_of(folder)["verdict"]["observed"] == "no states"


def test_the_report_goes_where_it_is_asked_for(folder: Folder, samples: Path) -> None:
    ran = folder.check(samples / "gru_transfer.tflite", f"--accelerator={U55}", "--report-dir=out/of the way")
    assert ran.code == 0
    assert (folder.path / "out" / "of the way" / "report.json").is_file()
    assert not (folder.path / "reports").exists()


def test_the_process_that_reports_loads_no_heavy_tool(folder: Folder, samples: Path) -> None:
    folder.write(
        conftest="""
        import sys
        HEAVY = {"tensorflow", "keras", "ai_edge_litert", "ethosu", "tflite_micro"}
        def pytest_unconfigure():
            print("HEAVY", sorted(HEAVY & {name.split(".")[0] for name in sys.modules}))
        """
    )
    # A store of its own, so that stages do run.
    ran = folder.pytest(
        f"--npu-model={samples / 'gru_transfer.tflite'}", f"--npu-accelerator={U55}", "--npu-store=store"
    )
    assert ran.code == 0
    assert "HEAVY []" in ran.out


def test_a_fused_lstm_is_asked_whether_a_reset_makes_it_forget_and_models_without_variables_are_not(
    folder: Folder, samples: Path
) -> None:
    ran = folder.check(samples / "lstm_fused.tflite", samples / "gru_transfer.tflite", f"--accelerator={U55}")
    report = folder.report
    asked = {
        model["id"]: [claim for claim in model["claims"] if claim["test"] == "test_forgets_after_reset"]
        for model in report["models"]
    }
    (claim,) = asked["lstm_fused"]
    assert (claim["outcome"], asked["gru_transfer"]) == ("pass", [])
    assert "reset before each sequence (reset_all_variables() of LiteRT" in claim["verdict"]["observed"]
    # All else holds, but for what the host model of the NPU cannot execute.
    assert (ran.code, failed(report)) == (1, [("lstm_fused", "test_stream_matches_reference")])
    assert "int16 tanh and sigmoid" in ran.out
