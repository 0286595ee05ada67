"""The constants are sound: biases at the scale that kernels assume, one copy of shared weights, no dead ends."""

from __future__ import annotations

import pytest

from harness.checks import biases_are_mended, converts_alike_each_time, has_exact_bias_scales, shares_weights
from harness.evidence import ModelView
from harness.fixtures import Verify


def test_has_exact_bias_scales(view: ModelView, verify: Verify) -> None:
    verify(has_exact_bias_scales(view))


def test_biases_are_mended(converted_view: ModelView, view: ModelView, verify: Verify) -> None:
    verify(biases_are_mended(converted_view, view))


def test_shares_weights(view: ModelView, verify: Verify) -> None:
    verify(shares_weights(view))


@pytest.mark.npu_models("unrolled")
def test_converts_alike_each_time(view: ModelView, verify: Verify) -> None:
    verify(converts_alike_each_time(view))
