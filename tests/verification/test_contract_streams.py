"""Over 100 windows, states handed over by their contract cost what rounding explains, and stay in range."""

from __future__ import annotations

import pytest

from harness.asked import session_of
from harness.checks import (
    contract_beats_raw,
    contract_is_raw_or_better,
    contract_streams,
    host_and_graph_agree,
    raw_copy_is_safe,
    reset_is_a_fresh_start,
    states_stay_in_range,
)
from harness.evidence import Streaming
from harness.fixtures import Verify

streaming_models = pytest.mark.npu_models("streaming", "plain")


@streaming_models
def test_contract_streams(streaming: Streaming, verify: Verify) -> None:
    verify(contract_streams(streaming))


@streaming_models
def test_host_and_graph_agree(streaming: Streaming, verify: Verify) -> None:
    verify(host_and_graph_agree(streaming))


@streaming_models
def test_reset_is_a_fresh_start(streaming: Streaming, verify: Verify) -> None:
    verify(reset_is_a_fresh_start(streaming))


@streaming_models
def test_states_stay_in_range(streaming: Streaming, verify: Verify) -> None:
    verify(states_stay_in_range(streaming))


@streaming_models
def test_raw_copy_is_safe(streaming: Streaming, verify: Verify, pytestconfig: pytest.Config) -> None:
    verify(raw_copy_is_safe(streaming, session_of(pytestconfig).settings.state_feedback))


@pytest.mark.npu_models("unequal")
def test_contract_beats_raw_bytes(streaming: Streaming, verify: Verify) -> None:
    verify(contract_beats_raw(streaming))


@pytest.mark.slow
@pytest.mark.npu_models("seeds")
def test_contract_is_raw_bytes_or_better(streaming: Streaming, verify: Verify) -> None:
    verify(contract_is_raw_or_better(streaming))
