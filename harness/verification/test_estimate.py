"""What Vela expects of the NPU: cycles, milliseconds, bytes."""

from __future__ import annotations

from harness.checks import is_estimated
from harness.evidence import Compilation
from harness.fixtures import Verify


def test_is_estimated(compilation: Compilation, verify: Verify) -> None:
    verify(is_estimated(compilation))
