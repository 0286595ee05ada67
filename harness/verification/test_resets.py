"""What the variables of a model keep from one inference to the next; asked of models that have some."""

from __future__ import annotations

from harness.checks import forgets_after_reset
from harness.evidence import ResetEffect
from harness.fixtures import Verify


def test_forgets_after_reset(resets: ResetEffect, verify: Verify) -> None:
    verify(forgets_after_reset(resets))
