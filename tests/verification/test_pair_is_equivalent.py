"""The unrolled model computes what the looped one computes, and both what the equations say."""

from __future__ import annotations

import pytest

from harness.checks import looped_equals_oracle, unrolled_equals_looped, unrolled_equals_oracle
from harness.evidence import FloatOutputs, Oracle
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("unrolled")


def test_unrolled_equals_looped(float_outputs: FloatOutputs, oracle: Oracle, verify: Verify) -> None:
    verify(unrolled_equals_looped(float_outputs, oracle))


def test_looped_equals_oracle(float_outputs: FloatOutputs, oracle: Oracle, verify: Verify) -> None:
    verify(looped_equals_oracle(float_outputs, oracle))


def test_unrolled_equals_oracle(float_outputs: FloatOutputs, oracle: Oracle, verify: Verify) -> None:
    verify(unrolled_equals_oracle(float_outputs, oracle))
