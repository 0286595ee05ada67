"""Training itself, for real but short: a small model on a slice of the training digits learns to tell them apart."""

from __future__ import annotations

import pytest

from harness import policy
from harness.checks import reaches_accuracy
from harness.evidence import Labels
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("slice")


def test_training_on_a_slice_learns(looped_labels: Labels, verify: Verify) -> None:
    verify(reaches_accuracy(looped_labels, policy.MIN_SLICE_ACCURACY))
