"""The same time steps at once and in windows, the state carried over, give the same outputs and states."""

from __future__ import annotations

import pytest

from harness.checks import windows_equal_one_run
from harness.evidence import FloatOutputs, Oracle
from harness.fixtures import Verify

pytestmark = pytest.mark.npu_models("transfer")


def test_windows_equal_one_run(float_windows: FloatOutputs, window_oracle: Oracle, verify: Verify) -> None:
    verify(windows_equal_one_run(float_windows, window_oracle))
