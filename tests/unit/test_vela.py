"""Compiling in process gives what Vela's own command line gives: bytes, figures and reasons."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.checks import fully_on_npu, is_estimated, report_agrees_with_file, stays_off_the_npu, stays_within_segments
from harness.engine import Engine
from harness.evidence import Compilation
from harness.explain import explain
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.selection import TargetQuery, find_targets
from harness.stages import LITERT, STAGES, VELA, Stage
from harness.target import Target, VelaConfig
from harness.vela import reasons

Whole = Callable[[Outcome], Any]
KIB = 1024
U55 = {"accelerator": "ethos-u55-128", "system_config": "Ethos_U55_High_End_Embedded", "memory_mode": "Shared_Sram"}
TARGETS = (
    *find_targets(VelaConfig.installed(), TargetQuery()),
    Target(**{**U55, "memory_mode": "Sram_Only"}),
    Target(accelerator="ethos-u65-512", system_config="Ethos_U65_Client_Server", memory_mode="Dedicated_Sram_384KB"),
    Target(accelerator="ethos-u85-1024", system_config="Ethos_U85_SYS_Flash_High", memory_mode="Shared_Sram"),
)


def compile_sample(engine: Engine, path: Path, target: dict[str, str], **options: str) -> Outcome:
    return engine.observe(Job("compilation", {**target, **options}, {"model": engine.store.add_file(path)}))


def compilation(engine: Engine, path: Path, **options: str) -> Compilation:
    return Compilation.from_plain(compile_sample(engine, path, U55, **options).value)


def command_line(model: Path, target: Target, folder: Path, *options: str) -> tuple[bytes, dict[str, str]]:
    """The file and the one line of the summary that `vela` writes."""
    named = [
        f"--accelerator-config={target.accelerator}",
        f"--system-config={target.system_config}",
        f"--memory-mode={target.memory_mode}",
        "--config=Arm/vela.ini",
        f"--output-dir={folder}",
    ]
    words = [str(Path(sys.executable).with_name("vela")), str(model), *named, *options]
    subprocess.run(words, check=True, capture_output=True, cwd=folder)
    (summary,) = folder.glob("*_summary_*.csv")
    with summary.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    return (folder / f"{model.stem}_vela.tflite").read_bytes(), row


def figures(row: dict[str, str], *, constants_in: str) -> dict[str, float]:
    """The figures of the summary that the harness shows; the summary counts memory in KiB.

    With Sram_Only, the summary books the constants under on-chip flash although they lie in SRAM.
    """
    kib = {area: float(row[f"{area}_memory_used"]) for area in ("sram", "dram", "on_chip_flash", "off_chip_flash")}
    in_sram = ("sram", "on_chip_flash")
    return {
        "total_cycles": float(row["cycles_total"]),
        "npu_cycles": float(row["cycles_npu"]),
        "macs": float(row["nn_macs"]),
        "core_clock_hz": float(row["core_clock"]),
        "encoded_weight_bytes": float(row["total_npu_encoded_weights"]),
        "sram_used_bytes": KIB * sum(kib[area] for area in in_sram),
        "flash_used_bytes": KIB * (kib["dram"] + kib["off_chip_flash"]),
        "weight_read_bytes": float(row[f"{constants_in}_weight_read_bytes"]),
    }


PAIRS = [
    *(("gru_transfer", target) for target in TARGETS),
    *((name, target) for name in ("lstm_transfer", "lstm_float_chain", "gru_looped_float") for target in TARGETS[:3]),
]


@pytest.mark.parametrize(("name", "target"), PAIRS, ids=[f"{name}-{target.id}" for name, target in PAIRS])
def test_bytes_and_figures_are_those_of_the_command_line(  # noqa: PLR0913, PLR0917 - fixtures
    engine: Engine, samples: Path, whole: Whole, tmp_path: Path, name: str, target: Target
) -> None:
    path = samples / f"{name}.tflite"
    value = whole(compile_sample(engine, path, target.to_plain()))
    written, row = command_line(path, target, tmp_path)
    assert value["model"] == written
    estimate = Compilation.from_plain(value).estimate
    area = {"OffChipFlash": "off_chip_flash", "OnChipFlash": "sram", "Dram": "dram"}[estimate.constants_in]
    expected = figures(row, constants_in=area)
    assert {name: float(getattr(estimate, name)) for name in expected} == expected
    assert estimate.ms == pytest.approx(float(row["inference_time"]) * 1e3)


def test_the_options_are_those_of_the_command_line(engine: Engine, samples: Path, whole: Whole, tmp_path: Path) -> None:
    path, options = samples / "gru_float_chain.tflite", {"optimise": "Size", "ignore_ops": "TANH"}
    value = whole(compile_sample(engine, path, U55, **options))
    written, row = command_line(path, TARGETS[0], tmp_path, "--optimise=Size", "--ignore-ops=TANH")
    assert value["model"] == written
    assert value["report"]["total_cycles"] == int(float(row["cycles_total"]))
    assert value["model"] != whole(compile_sample(engine, path, U55))["model"]


@pytest.mark.parametrize("target", TARGETS[:3], ids=[target.id for target in TARGETS[:3]])
def test_the_estimate_by_operator_adds_up(engine: Engine, samples: Path, target: Target) -> None:
    value = compile_sample(engine, samples / "gru_float_chain.tflite", target.to_plain()).value
    places = [place for place, _, _ in value["operator_cycles"]]
    assert places == sorted(set(places))
    assert set(places) <= set(range(-1, 47))
    assert sum(macs for _, _, macs in value["operator_cycles"]) == value["report"]["macs"]
    on_cpu = {operator["index"] for operator in value["placement"]["on_cpu"]}
    assert [cycles for place, cycles, _ in value["operator_cycles"] if place in on_cpu and cycles] == []
    assert sum(cycles for _, cycles, _ in value["operator_cycles"]) == value["report"]["total_cycles"]


def test_a_clean_model_holds_every_claim(engine: Engine, samples: Path) -> None:
    compiled = compilation(engine, samples / "gru_transfer.tflite")
    claims = [fully_on_npu, stays_within_segments, report_agrees_with_file, is_estimated]
    assert [str(verdict) for verdict in (claim(compiled) for claim in claims) if not verdict] == []
    assert compiled.npu_operator_coverage == 1


@pytest.mark.parametrize(("operators", "cpu", "segments"), [("TANH", {"TANH": 3}, 4), ("SOFTMAX", {"SOFTMAX": 1}, 1)])
def test_an_ignored_operator_is_seen_on_the_cpu(
    engine: Engine, samples: Path, operators: str, cpu: dict[str, int], segments: int
) -> None:
    compiled = compilation(engine, samples / "gru_transfer.tflite", ignore_ops=operators)
    assert Counter(operator.name for operator in compiled.on_cpu) == cpu
    assert compiled.segments == segments
    assert compiled.reported_cpu_operators == sum(cpu.values())
    assert compiled.npu_operator_coverage == 1 - sum(cpu.values()) / 55
    assert f"on the CPU: {cpu[operators]} {operators}" in str(fully_on_npu(compiled))
    assert bool(stays_within_segments(compiled)) == (segments == 1)
    assert report_agrees_with_file(compiled)
    assert not stays_off_the_npu(compiled)


def test_the_float_chain_stops_the_npu_and_says_why(engine: Engine, samples: Path) -> None:
    compiled = compilation(engine, samples / "gru_float_chain.tflite")
    assert Counter(operator.name for operator in compiled.on_cpu) == {"DEQUANTIZE": 1, "SPLIT": 1, "QUANTIZE": 2}
    assert not fully_on_npu(compiled)
    assert not stays_within_segments(compiled)
    split = next(operator for operator in compiled.on_cpu if operator.name == "SPLIT")
    assert "unsupported DataType Float32" in split.reason
    assert explain(split).name == "float SPLIT chain"


def test_each_operator_of_a_float_model_has_a_reason(engine: Engine, samples: Path) -> None:
    compiled = compilation(engine, samples / "gru_float.tflite")
    assert len(compiled.on_cpu) == compiled.source_operators == 44
    assert [operator for operator in compiled.on_cpu if "Float32" not in operator.reason] == []
    assert {explain(operator).name for operator in compiled.on_cpu} <= {"float", "float SPLIT chain"}
    assert stays_off_the_npu(compiled)
    assert not is_estimated(compiled)


def test_the_operators_of_subgraphs_are_counted(engine: Engine, samples: Path) -> None:
    compiled = compilation(engine, samples / "gru_looped_float.tflite")
    assert Counter(operator.subgraph for operator in compiled.on_cpu) == {0: 5, 1: 3, 2: 21}
    assert compiled.source_operators == 29
    assert explain(next(operator for operator in compiled.on_cpu if operator.name == "WHILE")).name == "loop"


def test_an_own_vela_ini_is_compiled_for(engine: Engine, samples: Path, tmp_path: Path) -> None:
    text = VelaConfig.installed().path.read_text(encoding="utf-8")
    path = tmp_path / "soc.ini"
    path.write_text(
        text + "\n[System_Config.My_SoC]\ninherit=System_Config.Ethos_U55_High_End_Embedded\ncore_clock=250e6\n"
    )
    inputs = {"model": engine.store.add_file(samples / "gru_transfer.tflite"), "config": engine.store.add_file(path)}
    target = {**U55, "system_config": "My_SoC"}
    outcome = engine.observe(Job("compilation", target, inputs))
    assert outcome.value["report"]["core_clock_hz"] == 250e6


def test_a_target_that_vela_does_not_know_is_refused_in_its_words(engine: Engine, samples: Path) -> None:
    outcome = compile_sample(engine, samples / "gru_transfer.tflite", {**U55, "system_config": "Nowhere"})
    assert (outcome.kind, outcome.error) == ("refused", "CompilerError")
    assert outcome.detail.startswith("Vela refused the target: ")
    assert "Nowhere" in outcome.detail


@pytest.mark.parametrize(
    ("cut", "words"),
    [("a missing tensor", "Out of bounds"), ("an unknown type", "map::at"), ("no graph", "Unable to parse TFLite")],
)
def test_a_model_that_vela_cannot_read_is_refused_in_one_line(
    engine: Engine, samples: Path, monkeypatch: pytest.MonkeyPatch, cut: str, words: str
) -> None:
    monkeypatch.setitem(STAGES, "operation", Stage("surgery:operate", LITERT))
    operated = Job("operation", {"cut": cut}, {"model": engine.store.add_file(samples / "gru_float_chain.tflite")})
    outcome = engine.observe(Job("compilation", U55, {"model": Field(operated, "model")}))
    assert (outcome.stage, outcome.kind, outcome.error) == ("compilation", "refused", "CompilerError")
    assert outcome.detail.startswith("Vela refused the model: ")
    assert words in outcome.detail
    assert "\n" not in outcome.detail


def test_a_truncated_model_costs_its_own_compilation_only(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:4000])
    assert compile_sample(engine, path, U55).kind in ("refused", "crashed")
    assert compile_sample(engine, samples / "lstm_transfer.tflite", U55).done


LOG = """
Warning: SPLIT operation is unknown or unsupported, placing on CPU
   operator: SPLIT, ofm: 'a/split' ...
   - Reason: Operation has tensor with unsupported DataType Float32 (a)
noise in between
   operator: WHILE ofm: 'b'
   Reason: Unsupported opType
"""


def test_reasons_are_read_from_what_vela_prints() -> None:
    assert reasons(LOG) == [
        {
            "operator": "SPLIT",
            "tensor": "a/split",
            "reason": "Operation has tensor with unsupported DataType Float32 (a)",
        },
        {"operator": "WHILE", "tensor": "b", "reason": "Unsupported opType"},
    ]
    assert reasons("nothing was left on the CPU\n") == []


def test_the_supported_operators_are_listed_with_their_constraints(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(STAGES, "constraints", Stage("harness.vela:operator_constraints", VELA))
    known: dict[str, Any] = {
        family: engine.observe(Job("constraints", {"family": family})).value for family in ("ethos-u55", "ethos-u85")
    }
    assert "FULLY_CONNECTED" in known["ethos-u55"]
    assert known["ethos-u55"]["FULLY_CONNECTED"]
    assert known["ethos-u55"] != known["ethos-u85"]
