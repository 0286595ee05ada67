"""Compiling by the command line of any Vela gives, for the installed one, what compiling in process gives."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from harness.engine import Engine
from harness.evidence import Compilation
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.target import VelaConfig

Whole = Callable[[Outcome], Any]
TARGETS = {
    "u55": ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "u65": ("ethos-u65-256", "Ethos_U65_High_End", "Dedicated_Sram"),
    "u85": ("ethos-u85-256", "Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram"),
}
SHOWN = (
    "roofline_cycles",
    "total_cycles",
    "npu_cycles",
    "macs",
    "ms",
    "sram_used_bytes",
    "flash_used_bytes",
    "encoded_weight_bytes",
)


def by_command(engine: Engine, model: Path, target: dict[str, str], config: Path) -> Outcome:
    source = engine.store.add_file(model)
    compiled = Job("foreign_compilation", target, {"model": source, "config": engine.store.add_file(config)})
    told = {"compiled": "model", "summary": "summary", "printed": "printed"}
    inputs = {name: Field(compiled, field) for name, field in told.items()}
    return engine.observe(Job("foreign_placement", {"version": version("ethos-u-vela")}, {"source": source, **inputs}))


def in_process(engine: Engine, model: Path, target: dict[str, str]) -> Outcome:
    return engine.observe(Job("compilation", target, {"model": engine.store.add_file(model)}))


def words(name: str) -> dict[str, str]:
    return dict(zip(("accelerator", "system_config", "memory_mode"), TARGETS[name], strict=True))


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("model", ["gru_transfer.tflite", "gru_float_chain.tflite"])
def test_bytes_placement_and_figures_are_the_same(
    engine: Engine, samples: Path, whole: Whole, name: str, model: str
) -> None:
    config = VelaConfig.installed().path
    found = whole(by_command(engine, samples / model, words(name), config))
    expected = whole(in_process(engine, samples / model, words(name)))
    assert found["model"] == expected["model"]
    assert found["placement"] == expected["placement"]
    assert found["reasons"] == expected["reasons"]
    told, known = Compilation.from_plain(found), Compilation.from_plain(expected)
    for figure in SHOWN:
        assert getattr(told.estimate, figure) == pytest.approx(getattr(known.estimate, figure)), figure
    assert told.reported_cpu_operators == known.reported_cpu_operators
    assert told.estimate.weight_read_bytes == known.estimate.weight_read_bytes


def test_what_vela_refuses_is_said_with_its_last_line(engine: Engine, samples: Path, tmp_path: Path) -> None:
    config = tmp_path / "vela.ini"
    config.write_text("[System_Config.Mine]\ncore_clock=1e6\n", encoding="utf-8")
    outcome = by_command(engine, samples / "gru_transfer.tflite", words("u55"), config)
    assert (outcome.stage, outcome.kind, outcome.error) == ("compilation", "refused", "CompilerError")
    assert "Ethos_U55_High_End_Embedded" in outcome.detail
