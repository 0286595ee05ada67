"""What carries the states over is known; a QUANTIZE on each state output does it exactly, on the NPU, for little."""

from __future__ import annotations

import pytest

from harness.checks import (
    fully_on_npu,
    repairs_are_proven,
    state_pairs_are_explained,
    state_quantize_is_cheap,
    state_quantize_is_exact,
)
from harness.evidence import Compilation, Contract, Repair, StateEffect
from harness.fixtures import HandOver, Verify


@pytest.mark.npu_models("transfer", "streaming")
def test_state_pairs_are_explained(contract: Contract, hand_over: HandOver, verify: Verify) -> None:
    hand_over(contract)
    verify(state_pairs_are_explained(contract))


@pytest.mark.npu_models("streaming")
def test_state_repairs_are_proven(state_repair: Repair, verify: Verify) -> None:
    verify(repairs_are_proven(state_repair))


@pytest.mark.npu_models("streaming")
def test_state_quantize_is_exact(state_effect: StateEffect, verify: Verify) -> None:
    verify(state_quantize_is_exact(state_effect))


@pytest.mark.npu_models("streaming")
def test_state_quantize_stays_on_the_npu(state_quantized_compilation: Compilation, verify: Verify) -> None:
    verify(fully_on_npu(state_quantized_compilation))


@pytest.mark.npu_models("streaming")
def test_state_quantize_is_cheap(
    compilation: Compilation, state_quantized_compilation: Compilation, verify: Verify
) -> None:
    verify(state_quantize_is_cheap(compilation, state_quantized_compilation))
