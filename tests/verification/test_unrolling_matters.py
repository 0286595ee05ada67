"""Why unroll: a looped layer stays on the CPU, and its int8 conversion ends the process."""

from __future__ import annotations

import pytest

from harness.checks import computes_in_integers, holds_a_loop, stays_off_the_npu
from harness.evidence import Compilation, ModelView
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("looped")


def test_looped_model_holds_a_loop(looped_view: ModelView, verify: Verify) -> None:
    verify(holds_a_loop(looped_view))


def test_looped_model_stays_off_the_npu(looped_compilation: Compilation, verify: Verify) -> None:
    verify(stays_off_the_npu(looped_compilation))


def test_looped_model_converts_to_int8(looped_int8_view: ModelView, verify: Verify) -> None:
    verify(computes_in_integers(looped_int8_view))
