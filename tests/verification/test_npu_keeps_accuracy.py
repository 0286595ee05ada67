"""The compiled models classify the 10,000 test digits on the NPU's arithmetic like int8 on the reference kernels."""

from __future__ import annotations

import pytest

from harness.checks import npu_keeps_accuracy
from harness.evidence import Labels
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("looped")


def test_npu_keeps_accuracy(reference_labels: Labels, npu_labels: Labels, verify: Verify) -> None:
    verify(npu_keeps_accuracy(reference_labels, npu_labels))
