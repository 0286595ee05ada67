"""The int8 error is that of rounding, for each output and state, on data that no calibration uses."""

from __future__ import annotations

import pytest

from harness.checks import (
    computes_the_float_model,
    does_not_saturate,
    error_is_rounding,
    keeps_decisions,
    kernels_agree,
)
from harness.evidence import QuantizationErrors
from harness.fixtures import Verify

# A fused LSTM has no rounding oracle: test_fused_forgets compares it with its unrolled twin.
unrolled_models = pytest.mark.npu_models("unrolled")


@unrolled_models
def test_computes_the_float_model(quantization: QuantizationErrors, verify: Verify) -> None:
    verify(computes_the_float_model(quantization))


@unrolled_models
def test_error_is_rounding(quantization: QuantizationErrors, verify: Verify) -> None:
    verify(error_is_rounding(quantization))


def test_kernels_agree(quantization: QuantizationErrors, verify: Verify) -> None:
    verify(kernels_agree(quantization))


@unrolled_models
def test_keeps_decisions(quantization: QuantizationErrors, verify: Verify) -> None:
    verify(keeps_decisions(quantization))


def test_does_not_saturate(quantization: QuantizationErrors, verify: Verify) -> None:
    verify(does_not_saturate(quantization))
