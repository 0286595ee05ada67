"""Nothing got worse than in the baseline; collected only where there is one."""

from __future__ import annotations

from harness.evidence import Compilation, QuantizationErrors
from harness.fixtures import Verify
from harness.gate import CompareCase, CompareModel


def test_is_no_worse_than_the_baseline(
    compilation: Compilation, compare_with_baseline: CompareCase, verify: Verify
) -> None:
    verify(compare_with_baseline(compilation))


def test_error_is_no_larger_than_in_the_baseline(
    float_error: QuantizationErrors, compare_error_with_baseline: CompareModel, verify: Verify
) -> None:
    verify(compare_error_with_baseline(float_error))
