"""The guide's own code, in the versions that it names: its model is int8, classifies, and runs on the NPU alone."""

from __future__ import annotations

import pytest

from harness import policy as limits
from harness.checks import computes_in_integers, fully_on_npu, keeps_accuracy, stays_within_segments
from harness.evidence import Compilation, Labels, ModelView
from harness.fixtures import Verify
from harness.policy import Policy

pytestmark = pytest.mark.npu_models("literal")


def test_guide_computes_in_integers(guide_view: ModelView, verify: Verify) -> None:
    verify(computes_in_integers(guide_view))


def test_guide_runs_entirely_on_the_npu(guide_compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(fully_on_npu(guide_compilation, policy))


def test_guide_is_one_npu_segment(guide_compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(stays_within_segments(guide_compilation, policy))


@pytest.mark.npu_models("literal_stateless")
def test_guide_keeps_accuracy(unrolled_labels: Labels, guide_labels: Labels, verify: Verify) -> None:
    words = "float and the guide's int8 on its own TensorFlow's kernels"
    verify(keeps_accuracy(unrolled_labels, guide_labels, limits.MAX_INT8_DROP, words=words))
