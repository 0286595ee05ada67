"""Each check of accuracy passes what is good enough and rejects what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from observations import INT8, view
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import accuracy, state_resolution
from harness.evidence import Labels
from harness.spec import StateFeedback

RIGHT = Labels(np.arange(10), np.arange(10))
WRONG = Labels(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 0]), np.arange(10))
ALL_WRONG = Labels(np.arange(10)[::-1] + 10, np.arange(10))


PASSING: dict[str, Judge] = {
    "reaches_accuracy": lambda: accuracy.reaches_accuracy(WRONG, 0.9),
    "keeps_accuracy": lambda: accuracy.keeps_accuracy(RIGHT, WRONG, 0.1, words="float and int8"),
    "copied_bytes_keep_accuracy": lambda: accuracy.copied_bytes_keep_accuracy(
        RIGHT, WRONG, 0.0, StateFeedback.CONTRACT
    ),
    "state_matters": lambda: accuracy.state_matters(RIGHT, ALL_WRONG),
    "resets_matter": lambda: accuracy.resets_matter(RIGHT, ALL_WRONG),
}

FAILING: list[Wrong] = [
    (
        "reaches_accuracy",
        lambda: accuracy.reaches_accuracy(WRONG, 0.91),
        ("90.00% [59.58%, 98.21%] of 10 digits", "allowed: at least 91.00%"),
    ),
    (
        "keeps_accuracy",
        lambda: accuracy.keeps_accuracy(RIGHT, WRONG, 0.09, words="float and int8", because="coarse states"),
        (
            "float and int8: 100.00% and 90.00%, change -10.00%",
            "1 digits lost and 0 won (McNemar p = 1)",
            "allowed: a drop of at most 9.00%",
            "coarse states",
        ),
    ),
    (
        "copied_bytes_keep_accuracy",
        lambda: accuracy.copied_bytes_keep_accuracy(RIGHT, WRONG, 0.09, StateFeedback.RAW),
        ("states handed over by contract, and as raw bytes: 100.00% and 90.00%", "a drop of at most 9.00%"),
    ),
    (
        "state_matters",
        lambda: accuracy.state_matters(RIGHT, WRONG),
        ("100.00% with the state carried over, 90.00% with a reset in each window, of 10 digits", "surely fewer"),
    ),
    (
        "resets_matter",
        lambda: accuracy.resets_matter(RIGHT, WRONG),
        ("100.00% with a reset before each digit, 90.00% without, of 10 digits", "surely fewer without"),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(accuracy)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_copied_bytes_are_compared_on_the_digits_that_they_were_asked_about() -> None:
    few = accuracy.copied_bytes_keep_accuracy(RIGHT, WRONG.first(4), 0.0, StateFeedback.RAW)
    assert few
    assert "100.00% and 100.00%" in few.observed


def test_the_resolution_of_states_is_a_sentence() -> None:
    state = replace(INT8, name="state_h_in", scales=(0.0625,), zero_points=(-4,))
    assert state_resolution(view(state)) == "state_h_in is quantized over [-7.75, 8.19], 1 LSB = 0.0625"
    assert state_resolution(view(INT8)) == ""
