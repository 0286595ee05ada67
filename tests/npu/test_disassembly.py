from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.npu import disassemble, load
from harness.npu.operations import Operation, Transfer
from harness.npu.planning import operations_of
from harness.npu.source import quantized_scales

if TYPE_CHECKING:
    from .workshop import Workshop

MODEL = "rnn_transfer_32x8"


def test_the_text_names_operators_and_time_steps(workshop: Workshop) -> None:
    lines = list(disassemble(workshop.compiled(MODEL, "u55-128").read_bytes(), workshop.source(MODEL)))
    convolutions = [line for line in lines if " CONV " in line]
    assert lines[0] == "Ethos-U55-128, cores: 1"
    assert len(convolutions) == 17
    for step in range(8):
        assert sum(f"step {step} of 8" in line for line in convolutions) == 2
    assert "FULLY_CONNECTED" in convolutions[-1]
    assert "step" not in convolutions[-1]
    program = load(workshop.compiled(MODEL, "u55-128").read_bytes())
    steps = operations_of(program, program.streams[0])
    assert sum(" DMA " in line for line in lines) == sum(isinstance(step, Transfer) for step in steps)
    assert sum("ELEMENTWISE" in line for line in lines) == sum(
        isinstance(step, Operation) and step.kind == "ELEMENTWISE" for step in steps
    )


def test_feature_maps_scales_and_tables_are_written_out(workshop: Workshop) -> None:
    text = "\n".join(disassemble(workshop.compiled("small_cnn", "u55-128").read_bytes()))
    for part in (
        "kernel 3x3 stride 2x2 pads top 0 left 0 bottom 1 right 1",
        "kernel 3x2 dilation 2x2",
        "table 0x5800 (int8)",
        "POOL MAX int8 14x14x24 zp 0",
        "DMA 0:0x0+",
        "DMA_WAIT 0",
    ):
        assert part in text


def test_operators_on_the_cpu_are_listed(workshop: Workshop) -> None:
    lines = list(disassemble(workshop.compiled("gru_none_32x8", "u55-128").read_bytes()))
    assert sum("on the CPU, operator" in line for line in lines) >= 3


@pytest.mark.parametrize(
    ("scale", "multiplier", "shift"),
    [(0.5, 1 << 30, 31), (1.0, 1 << 30, 30), (0.75, 3 << 29, 31), (0.0, 0, 31), (2.0**-40, 0, 16)],
)
def test_scales_become_multipliers(scale: float, multiplier: int, shift: int) -> None:
    assert quantized_scales(np.array(scale)) == (multiplier, shift)


def test_scales_round_half_up() -> None:
    assert quantized_scales(np.nextafter(1.0, 0)) == (1 << 31, 31)
