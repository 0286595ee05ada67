"""Each check of equivalence passes what is close and rejects what is not."""

from __future__ import annotations

import numpy as np
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import equivalence
from harness.evidence import FloatOutputs, FusedOutputs, Oracle

LOOPED = {"output": np.array([[0.25, 0.75]], np.float32)}
ORACLE = Oracle({"output": np.array([[0.25, 0.75]])}, {"output": np.array([[1e-6, 1e-6]])})
CLOSE = ("unrolled_equals_looped", "windows_equal_one_run", "looped_equals_oracle", "unrolled_equals_oracle")


def moved(by: float) -> FloatOutputs:
    """Outputs whose two models lie that far from the oracle, on opposite sides."""
    return FloatOutputs(
        {"output": LOOPED["output"] - np.float32(by)},
        {"output": LOOPED["output"] + np.float32(by)},
    )


def fused(by: float) -> FusedOutputs:
    """Outputs of which those of Keras lie that far below the oracle, and those of the operator above it."""
    return FusedOutputs(moved(by).looped, moved(by).unrolled)


PASSING: dict[str, Judge] = {
    "windows_equal_one_run": lambda: equivalence.windows_equal_one_run(moved(9e-7), ORACLE),
    "fused_equals_looped": lambda: equivalence.fused_equals_looped(fused(9e-7), moved(-9e-7), ORACLE),
    "fused_operator_equals_oracle": lambda: equivalence.fused_operator_equals_oracle(fused(9e-7), ORACLE),
    "unrolled_equals_looped": lambda: equivalence.unrolled_equals_looped(moved(9e-7), ORACLE),
    "looped_equals_oracle": lambda: equivalence.looped_equals_oracle(moved(9e-7), ORACLE),
    "unrolled_equals_oracle": lambda: equivalence.unrolled_equals_oracle(moved(9e-7), ORACLE),
}

FAILING: list[Wrong] = [
    *(
        (
            claim,
            lambda claim=claim: getattr(equivalence, claim)(moved(1.2e-6), ORACLE),
            (
                "largest difference output",
                "of the bound",
                "allowed: within the rounding bound",
                "output differ by more",
            ),
        )
        for claim in CLOSE
    ),
    *(
        (claim, lambda claim=claim: getattr(equivalence, claim)(moved(float("nan")), ORACLE), ("output nan",))
        for claim in CLOSE
    ),
    (
        "fused_equals_looped",
        lambda: equivalence.fused_equals_looped(fused(1.2e-6), moved(-1.2e-6), ORACLE),
        ("of the bound", "not the same function"),
    ),
    (
        "fused_operator_equals_oracle",
        lambda: equivalence.fused_operator_equals_oracle(fused(1.2e-6), ORACLE),
        ("of the bound", "not the same function"),
    ),
    (
        "looped_equals_oracle",
        lambda: equivalence.looped_equals_oracle(FloatOutputs({**LOOPED, "state_h_out": LOOPED["output"]}, {}), ORACLE),
        ("only one of the two has state_h_out",),
    ),
    (
        "unrolled_equals_oracle",
        lambda: equivalence.unrolled_equals_oracle(FloatOutputs(LOOPED, {}), ORACLE),
        ("only one of the two has output",),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(equivalence)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)
