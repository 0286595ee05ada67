"""The guide's training: one epoch on MNIST, and the unrolled model classifies like the looped one."""

from __future__ import annotations

import pytest

from harness import policy
from harness.checks import keeps_accuracy, reaches_accuracy
from harness.evidence import Labels
from harness.fixtures import Verify
from harness.subjects import GeneratedModel

pytestmark = pytest.mark.npu_models("guide")


def test_looped_model_classifies(model: GeneratedModel, looped_labels: Labels, verify: Verify) -> None:
    verify(reaches_accuracy(looped_labels, policy.MIN_FLOAT_ACCURACY[model.spec.cell]))


def test_unrolled_model_classifies_alike(looped_labels: Labels, unrolled_labels: Labels, verify: Verify) -> None:
    allowed = policy.MAX_FLOAT_CHANGE
    verify(keeps_accuracy(looped_labels, unrolled_labels, allowed, words="looped and unrolled float"))
