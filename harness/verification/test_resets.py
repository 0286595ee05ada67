"""What the variables of a model keep from one inference to the next; asked of models that have some."""

from __future__ import annotations

from harness.checks import forgets_after_reset, variables_survive_compilation
from harness.evidence import ModelView, ResetEffect
from harness.fixtures import Verify


def test_forgets_after_reset(resets: ResetEffect, verify: Verify) -> None:
    verify(forgets_after_reset(resets))


def test_variables_survive_compilation(view: ModelView, compiled_view: ModelView, verify: Verify) -> None:
    verify(variables_survive_compilation(view, compiled_view))
