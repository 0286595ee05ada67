"""What carries the states over from one inference to the next."""

from __future__ import annotations

import pytest

from harness.asked import session_of
from harness.checks import copied_bytes_stream_alike, state_pairs_are_explained
from harness.evidence import Contract, CopiedBytes
from harness.fixtures import HandOver, Verify


def test_state_pairs_are_explained(contract: Contract, hand_over: HandOver, verify: Verify) -> None:
    hand_over(contract)
    verify(state_pairs_are_explained(contract))


def test_copied_bytes_stream_alike(copied_bytes: CopiedBytes, verify: Verify, pytestconfig: pytest.Config) -> None:
    verify(copied_bytes_stream_alike(copied_bytes, session_of(pytestconfig).settings.state_feedback))
