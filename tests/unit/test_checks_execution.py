"""Each check of what the host model of the NPU computes passes what is equal and rejects what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import execution
from harness.evidence import Deviation, Execution, Labels

EQUAL = Deviation(values=320, differing=0, largest_lsb=0, first=-1)
EXECUTION = Execution(
    samples={"uniform": 16, "extreme": 4},
    windows=100,
    states=("state_h",),
    reference={"output": EQUAL, "state_h_out": EQUAL},
    hardware={"output": EQUAL, "state_h_out": EQUAL},
    deviation={"output": Deviation(1000, 20, 1, 3), "state_h_out": Deviation(1000, 10, 4, 2)},
    stream_deviation={"output": Deviation(1000, 0, 0, -1), "state_h_out": Deviation(1000, 500, 9, 2)},
    parted=5,
    table_ties=0,
    coverage={
        "table_entries": 512,
        "table_entries_reached": 500,
        "clamps": 8,
        "clamps_reached_low": 7,
        "clamps_reached_high": 6,
    },
)
OFF_BY_ONE = {"output": EQUAL, "state_h_out": Deviation(values=320, differing=2, largest_lsb=3, first=17)}
RIGHT = Labels(np.arange(10) % 2, np.arange(10) % 2)
WRONG = Labels(np.arange(10) // 9, np.arange(10) % 2)

PASSING: dict[str, Judge] = {
    "stream_matches_reference": lambda: execution.stream_matches_reference(EXECUTION),
    "npu_keeps_accuracy": lambda: execution.npu_keeps_accuracy(RIGHT, RIGHT),
}

FAILING: list[Wrong] = [
    (
        "stream_matches_reference",
        lambda: execution.stream_matches_reference(replace(EXECUTION, reference=OFF_BY_ONE)),
        (
            "2 of 640 values differ with FULLY_CONNECTED rounded once",
            "state_h_out rounded once: 2 values differ by up to 3 LSB, first for input 17",
            "allowed: 0 LSB",
        ),
    ),
    (
        "stream_matches_reference",
        lambda: execution.stream_matches_reference(replace(EXECUTION, hardware=OFF_BY_ONE)),
        ("0 of 640 values differ with FULLY_CONNECTED rounded once, 2 of 640", "state_h_out rounded twice"),
    ),
    (
        "stream_matches_reference",
        lambda: execution.stream_matches_reference(replace(EXECUTION, hardware={})),
        ("0 of 0 values differ rounded twice",),
    ),
    (
        "npu_keeps_accuracy",
        lambda: execution.npu_keeps_accuracy(RIGHT, WRONG),
        ("the NPU's arithmetic (host model of the NPU, not checked", "allowed: a drop of at most 0.20%"),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(execution) - {"keeps_accuracy"}


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_the_sentence_says_what_was_asked_what_was_reached_and_what_to_expect() -> None:
    observed = execution.stream_matches_reference(EXECUTION).observed
    for part in (
        "16 uniform, 4 extreme inputs and a stream of 100 windows with state_h fed back",
        "the device deviates from LiteRT's kernels in 1.50% of the values by at most 4 LSB, over the stream",
        "over the stream in 25.00% of the values by at most 9 LSB",
        "500 of 512 LUT entries",
        "ends of 7 and 6 of 8 clamps",
        "tell apart in 5 of 20 inputs",
        "not checked on silicon or FVP",
    ):
        assert part in observed
    assert "taken as" not in observed
    ties = replace(EXECUTION, table_ties=2)
    assert "2 LUT entries taken as LiteRT rounds them" in execution.stream_matches_reference(ties).observed
    stateless = replace(EXECUTION, windows=0, states=())
    assert "no states to stream" in execution.stream_matches_reference(stateless).observed
    assert "over the stream" not in execution.stream_matches_reference(stateless).observed
