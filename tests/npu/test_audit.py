"""The audit is silent about what Vela writes, and names what was changed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness.npu import (
    audit,
    load,
)
from harness.npu.audit import audit_program
from harness.npu.hazards import find_hazards
from harness.npu.operations import Wait
from harness.npu.planning import operations_of
from harness.npu.source import source_operators

from .mutants import dropped, nth, replaced

if TYPE_CHECKING:
    from harness.npu.program import Program

    from .workshop import Workshop

MODEL = "rnn_transfer_32x8"
AUDITED = (MODEL, "gru_transfer_32x8", "lstm_transfer_32x8", "concat", "depthwise", "small_cnn", "softmax")


@pytest.fixture
def program(workshop: Workshop) -> Program:
    return load(workshop.compiled(MODEL, "u55-128").read_bytes())


def problems(workshop: Workshop, program: Program) -> dict[str, list[str]]:
    findings: dict[str, list[str]] = audit_program(source_operators(workshop.source(MODEL)), program)["findings"]
    return {kind: sentences for kind, sentences in findings.items() if sentences}


@pytest.mark.parametrize("accelerator", ["u55-128", "u65-512"])
@pytest.mark.parametrize("name", AUDITED)
def test_what_vela_writes_is_in_order(workshop: Workshop, name: str, accelerator: str) -> None:
    result = audit(workshop.source(name), workshop.compiled(name, accelerator).read_bytes())
    assert result["findings"] == {"weights": [], "hazards": [], "memory": []}
    expected = sum(len(operator.channels) for operator in source_operators(workshop.source(name)))
    assert result["channels"] - result["generated_channels"] == expected > 0


@pytest.mark.parametrize("accelerator", ["u85-128", "u85-2048"])
def test_chained_operations_are_in_order(workshop: Workshop, accelerator: str) -> None:
    result = audit(workshop.source(MODEL), workshop.compiled(MODEL, accelerator).read_bytes())
    assert not any(result["findings"].values())
    assert result["channels"] == 522


def test_operators_on_the_cpu_are_left_out(workshop: Workshop) -> None:
    compiled = workshop.compiled("gru_none_32x8", "u55-128").read_bytes()
    result = audit(workshop.source("gru_none_32x8"), compiled)
    assert result["channels"] > 1000
    assert not any(result["findings"].values())
    assert "ai_edge_litert" not in sys.modules


def test_averages_are_made_by_the_compiler(workshop: Workshop) -> None:
    result = audit(workshop.source("small_cnn"), workshop.compiled("small_cnn", "u55-128").read_bytes())
    assert result["generated_channels"] == 12


def test_the_older_core_of_vela_multiplies_scales_in_single_precision(workshop: Workshop) -> None:
    compiled = workshop.compiled(MODEL, "u55-128", "--debug-force-legacy-core").read_bytes()
    sentences = audit(workshop.source(MODEL), compiled)["findings"]["weights"]
    assert any("multiplier" in sentence and "instead of" in sentence for sentence in sentences)


@pytest.mark.parametrize(
    ("record_byte", "named"),
    [(0, "bias"), (5, "multiplier"), (9, "shift")],
    ids=["bias", "multiplier", "shift"],
)
def test_a_changed_scale_record_is_named(workshop: Workshop, program: Program, record_byte: int, named: str) -> None:
    content = bytearray(program.read_only)
    content[nth(program, "SCALE_BASE").payload + 3 * 10 + record_byte] ^= 1
    (sentence, missing) = problems(workshop, program._replace(read_only=bytes(content)))["weights"]
    assert "channel 3" in sentence
    assert named in sentence
    assert "instead of" in sentence
    assert missing.startswith("1 channels of the source are missing")


@pytest.mark.parametrize("register", ["IFM_ZERO_POINT", "OFM_ZERO_POINT"])
def test_a_changed_zero_point_is_named(workshop: Workshop, program: Program, register: str) -> None:
    command = nth(program, register)
    changed = replaced(program, command, parameter=command.parameter + 1)
    named = "input zero point" if register == "IFM_ZERO_POINT" else "output zero point"
    assert named in problems(workshop, changed)["weights"][0]


def test_the_weights_of_another_model_are_named(workshop: Workshop) -> None:
    compiled = workshop.compiled(MODEL, "u55-128").read_bytes()
    sentences = audit(workshop.source("softmax"), compiled)["findings"]["weights"]
    assert "no source operator has these weights" in sentences[0]
    assert sentences[-1] == "and 503 more"


@pytest.mark.parametrize("accelerator", ["u55-128", "u65-256", "u85-256"])
def test_each_dma_wait_is_needed(workshop: Workshop, accelerator: str) -> None:
    program = load(workshop.compiled("gru_transfer_32x8", accelerator).read_bytes())
    steps = operations_of(program, program.streams[0])
    assert not find_hazards(steps, program)
    waits = [step for step in steps if isinstance(step, Wait) and step.kind == "DMA_WAIT"]
    assert waits
    for wait in waits:
        hazards = find_hazards([step for step in steps if step is not wait], program)
        assert hazards
        assert "needs a DMA_WAIT" in hazards[0].message


def test_a_missing_kernel_wait_is_named(workshop: Workshop) -> None:
    program = load(workshop.compiled(MODEL, "u85-256").read_bytes())
    steps = operations_of(program, program.streams[0])
    waits = [step for step in steps if isinstance(step, Wait) and step.kind == "KERNEL_WAIT"]
    without = [step for step in steps if step not in waits]
    assert any("needs a KERNEL_WAIT" in hazard.message for hazard in find_hazards(without, program))


def test_a_transfer_happens_as_late_as_allowed(workshop: Workshop, program: Program) -> None:
    changed = dropped(program, nth(program, "DMA_WAIT"))
    assert "look-up table" in problems(workshop, changed)["memory"][0]
