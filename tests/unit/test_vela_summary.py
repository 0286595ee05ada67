"""What Velas from 3.0 to 5.2 said about one model, recorded, is read alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.vela_command import summary_in
from harness.vela_summary import read, report

RECORDED = json.loads((Path(__file__).parent.parent / "data" / "vela_summaries.json").read_text(encoding="utf-8"))
BEFORE_PER_CHANNEL = ["3.0.0", "3.4.0", "3.7.0", "3.10.0"]
PER_CHANNEL = ["4.0.1", "4.5.0", "5.2.0"]
CONNECTED = 17
"""FULLY_CONNECTED of the model: a GRU of 8 time steps with its head."""


def told(version: str) -> dict[str, Any]:
    return report(**RECORDED[version], version=version)


@pytest.mark.parametrize("version", RECORDED)
def test_units_and_names_are_those_of_the_harness(version: str) -> None:
    found = told(version)
    assert found["core_clock_hz"] == 500e6
    assert found["constants_in"] == "OffChipFlash"
    assert found["arena_in"] == "Sram"
    assert found["constant_bytes_per_cycle"] == pytest.approx(1.0)
    assert found["memories"]["Sram"]["used_bytes"] == 512
    assert found["read_only_bytes"] == found["memories"]["OffChipFlash"]["used_bytes"] > 18_000
    assert 0 < found["npu_cycles"] < found["total_cycles"]


@pytest.mark.parametrize("version", BEFORE_PER_CHANNEL)
def test_velas_before_4_leave_operators_with_a_scale_a_channel_on_the_cpu(version: str) -> None:
    found = told(version)
    assert found["cpu_operators"] == CONNECTED
    assert found["encoded_weight_bytes"] == 0
    assert found["macs"] == 244


@pytest.mark.parametrize("version", PER_CHANNEL)
def test_later_velas_place_them(version: str) -> None:
    found = told(version)
    assert found["cpu_operators"] == 0
    assert found["npu_operators"] > CONNECTED
    assert found["encoded_weight_bytes"] == 6560
    assert found["memories"]["OffChipFlash"]["read_bytes"]["weights"] > 7 * found["encoded_weight_bytes"]


def test_a_reason_is_found_with_its_tensor(samples: Path) -> None:
    model = (samples / "gru_transfer.tflite").read_bytes()
    (reason,) = read(model, model, **RECORDED["3.10.0"], version="3.10.0")["reasons"]
    assert reason["operator"] == "FULLY_CONNECTED"
    assert reason["tensor"] == "functional_10_1/gru_1/gru_cell_15/MatMul"
    assert reason["reason"].startswith("Per-axis quantization is only supported for")


def test_what_is_not_counted_is_not_zero() -> None:
    assert report(RECORDED["3.10.0"]["summary"], "", "3.10.0")["cpu_operators"] == -1


def test_an_unknown_memory_is_refused() -> None:
    summary = {**RECORDED["3.10.0"]["summary"], "weights_storage_area": "Tape"}
    with pytest.raises(ValueError, match="names a memory that is not known: Tape"):
        report(summary, "", "3.10.0")


def test_a_column_that_is_not_filled_shifts_nothing(tmp_path: Path) -> None:
    """Vela 3.4 names total_npu_weights and does not write it."""
    (tmp_path / "model_summary_x.csv").write_text("total_npu_weights,nn_macs,cycles_total\n244,14068\n")
    assert summary_in(tmp_path) == {"nn_macs": "244", "cycles_total": "14068"}
