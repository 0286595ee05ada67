"""Int8 classifies the 10,000 test digits like float, on two sets of kernels."""

from __future__ import annotations

import pytest

from harness import policy
from harness.checks import keeps_accuracy, state_resolution
from harness.evidence import Labels, ModelView
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("guide", "fused_guide")


def test_reference_kernels_keep_accuracy(
    view: ModelView, unrolled_labels: Labels, reference_labels: Labels, verify: Verify
) -> None:
    words = "float and int8 on LiteRT's reference kernels"
    verify(
        keeps_accuracy(
            unrolled_labels, reference_labels, policy.MAX_INT8_DROP, words=words, because=state_resolution(view)
        )
    )


def test_default_kernels_keep_accuracy(
    view: ModelView, unrolled_labels: Labels, default_labels: Labels, verify: Verify
) -> None:
    words = "float and int8 on LiteRT's default kernels"
    verify(
        keeps_accuracy(
            unrolled_labels, default_labels, policy.MAX_INT8_DROP, words=words, because=state_resolution(view)
        )
    )
