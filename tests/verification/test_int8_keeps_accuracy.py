"""Int8 classifies the 10,000 test digits like float, on two sets of kernels."""

from __future__ import annotations

from harness import policy
from harness.checks import keeps_accuracy
from harness.evidence import Labels
from harness.fixtures import Verify
from harness.questions import GeneratedModel


def test_reference_kernels_keep_accuracy(
    model: GeneratedModel, unrolled_labels: Labels, reference_labels: Labels, verify: Verify
) -> None:
    allowed = policy.MAX_INT8_DROP[model.spec.state]
    words = "float and int8 on LiteRT's reference kernels"
    verify(keeps_accuracy(unrolled_labels, reference_labels, allowed, words=words))


def test_default_kernels_keep_accuracy(
    model: GeneratedModel, unrolled_labels: Labels, default_labels: Labels, verify: Verify
) -> None:
    allowed = policy.MAX_INT8_DROP[model.spec.state]
    words = "float and int8 on LiteRT's default kernels"
    verify(keeps_accuracy(unrolled_labels, default_labels, allowed, words=words))
