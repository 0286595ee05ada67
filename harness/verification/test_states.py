"""What carries the states over from one inference to the next."""

from __future__ import annotations

from harness.checks import state_pairs_are_explained
from harness.evidence import Contract
from harness.fixtures import HandOver, Verify


def test_state_pairs_are_explained(contract: Contract, hand_over: HandOver, verify: Verify) -> None:
    hand_over(contract)
    verify(state_pairs_are_explained(contract))
