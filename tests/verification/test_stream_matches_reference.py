"""The command stream, executed on a host model of the NPU, computes what the quantized model computes, to the bit."""

from __future__ import annotations

from harness.checks import stream_matches_reference
from harness.evidence import Execution
from harness.fixtures import Verify


def test_stream_matches_reference(execution: Execution, verify: Verify) -> None:
    verify(stream_matches_reference(execution))
