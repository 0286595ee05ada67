"""What a model computes beside the float model that it was made from."""

from __future__ import annotations

from harness.checks import computes_the_same_unrolled, does_not_saturate, follows_the_float_model, keeps_the_metric
from harness.evidence import Metric, QuantizationErrors, Unrolling
from harness.fixtures import Verify
from harness.policy import Policy


def test_computes_the_same_unrolled(unrolling: Unrolling, verify: Verify) -> None:
    verify(computes_the_same_unrolled(unrolling))


def test_follows_the_float_model(float_error: QuantizationErrors, policy: Policy, verify: Verify) -> None:
    verify(follows_the_float_model(float_error, policy.min_sqnr_db))


def test_does_not_saturate(float_error: QuantizationErrors, verify: Verify) -> None:
    verify(does_not_saturate(float_error))


def test_keeps_the_metric(metric: Metric, policy: Policy, verify: Verify) -> None:
    verify(keeps_the_metric(metric, policy.max_accuracy_drop))
