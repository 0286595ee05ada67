"""The constants are sound: biases at the scale that kernels assume, one copy of shared weights."""

from __future__ import annotations

from harness.checks import has_exact_bias_scales, shares_weights
from harness.evidence import ModelView
from harness.fixtures import Verify


def test_has_exact_bias_scales(view: ModelView, verify: Verify) -> None:
    verify(has_exact_bias_scales(view))


def test_shares_weights(view: ModelView, verify: Verify) -> None:
    verify(shares_weights(view))
