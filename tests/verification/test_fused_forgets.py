"""LSTM as one operator: the function of the unrolled one, as near to float64, with a state that lasts until a reset."""

from __future__ import annotations

import pytest

from harness.checks import (
    forgets_after_reset,
    fused_equals_looped,
    fused_is_as_near_as_unrolled,
    fused_operator_equals_oracle,
    is_one_fused_operator,
    remembers_without_reset,
    resets_matter,
    variables_survive_compilation,
)
from harness.evidence import (
    FloatOutputs,
    FusedOutputs,
    Labels,
    ModelView,
    Oracle,
    QuantizationErrors,
    ResetEffect,
)
from harness.fixtures import Verify

fused_models = pytest.mark.npu_models("fused")
float_models = pytest.mark.npu_models("fused_today")


@float_models
def test_fused_equals_looped(
    fused_outputs: FusedOutputs, float_outputs: FloatOutputs, oracle: Oracle, verify: Verify
) -> None:
    verify(fused_equals_looped(fused_outputs, float_outputs, oracle))


@float_models
def test_fused_operator_equals_oracle(fused_outputs: FusedOutputs, oracle: Oracle, verify: Verify) -> None:
    verify(fused_operator_equals_oracle(fused_outputs, oracle))


@fused_models
def test_is_one_fused_operator(view: ModelView, verify: Verify) -> None:
    verify(is_one_fused_operator(view))


@fused_models
def test_fused_is_as_near_as_unrolled(
    quantization: QuantizationErrors, unrolled_quantization: QuantizationErrors, verify: Verify
) -> None:
    verify(fused_is_as_near_as_unrolled(quantization, unrolled_quantization))


@fused_models
def test_forgets_after_reset(resets: ResetEffect, verify: Verify) -> None:
    verify(forgets_after_reset(resets))


@fused_models
def test_remembers_without_reset(resets: ResetEffect, verify: Verify) -> None:
    verify(remembers_without_reset(resets))


@fused_models
def test_variables_survive_compilation(view: ModelView, compiled_view: ModelView, verify: Verify) -> None:
    verify(variables_survive_compilation(view, compiled_view))


@pytest.mark.npu_models("fused_guide")
def test_digits_need_resets(default_labels: Labels, unreset_labels: Labels, verify: Verify) -> None:
    verify(resets_matter(default_labels, unreset_labels))
