"""A digit in four windows of seven rows, the state carried over and rescaled, is still recognized."""

from __future__ import annotations

import pytest

from harness import policy
from harness.asked import session_of
from harness.checks import copied_bytes_keep_accuracy, keeps_accuracy, reaches_accuracy, state_matters, state_resolution
from harness.evidence import Labels, ModelView
from harness.fixtures import Verify
from harness.subjects import GeneratedModel

pytestmark = pytest.mark.npu_models("windows")


def test_float_windows_classify(model: GeneratedModel, unrolled_labels: Labels, verify: Verify) -> None:
    verify(reaches_accuracy(unrolled_labels, policy.MIN_FLOAT_ACCURACY[model.spec.cell]))


def test_int8_windows_keep_accuracy(
    view: ModelView, unrolled_labels: Labels, default_labels: Labels, verify: Verify
) -> None:
    words = "float and int8 on LiteRT's default kernels over four windows"
    verify(
        keeps_accuracy(
            unrolled_labels, default_labels, policy.MAX_INT8_DROP, words=words, because=state_resolution(view)
        )
    )


def test_copied_bytes_keep_accuracy(
    default_labels: Labels, raw_labels: Labels, verify: Verify, pytestconfig: pytest.Config
) -> None:
    feedback = session_of(pytestconfig).settings.state_feedback
    verify(copied_bytes_keep_accuracy(default_labels, raw_labels, policy.MAX_INT8_DROP, feedback))


def test_the_state_matters(default_labels: Labels, reset_labels: Labels, verify: Verify) -> None:
    verify(state_matters(default_labels, reset_labels))
