"""Nothing got worse than in the baseline; collected only where there is one."""

from __future__ import annotations

from harness.evidence import Compilation
from harness.fixtures import Verify
from harness.gate import CompareCase


def test_is_no_worse_than_the_baseline(
    compilation: Compilation, compare_with_baseline: CompareCase, verify: Verify
) -> None:
    verify(compare_with_baseline(compilation))
