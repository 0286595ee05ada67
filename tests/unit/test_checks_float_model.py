"""Each check of a given model beside its float model passes what is right and rejects what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import float_model
from harness.evidence import Metric, OutputError, QuantizationErrors, Unrolling

EXACT = np.linspace(-2, 2, 12).reshape(4, 3)
NEAR = (EXACT * (1 + 2.0**-23)).astype(np.float32)
SAME = Unrolling({"y": NEAR}, {"y": NEAR}, {"y": EXACT}, {"y": EXACT}, ("gru",))
ONES = np.ones(64)


def error(db: float) -> OutputError:
    noise = ONES * 10 ** (-db / 10)
    return OutputError(db, db, db, db, 0, db, noise)


def errors(measured: float, rounded: float, default: float | None = None) -> QuantizationErrors:
    levels = {"litert_reference": measured, "litert_default": measured if default is None else default}
    sources = {**levels, "rounded": rounded, "unrounded": rounded + 10}
    return QuantizationErrors(
        data="held-out rows",
        sequences=64,
        bits=8,
        signal={"y": ONES},
        errors={name: {"y": error(db)} for name, db in sources.items()},
        agrees={},
        spread={"y": {"largest_lsb": 1.0}},
        limits={name: {"at_limits": 0.0, "clipping_db": 40.0, "largest_lsb": 0.5} for name in ("x", "y")},
        hidden_db=(),
    )


def unexplained(measured: float) -> QuantizationErrors:
    whole = errors(measured, 0)
    kernels = {name: of for name, of in whole.errors.items() if name.startswith("litert")}
    return replace(whole, errors=kernels, unexplained="the rounding oracle does not know the operator GATHER")


PASSING: dict[str, Judge] = {
    "computes_the_same_unrolled": lambda: float_model.computes_the_same_unrolled(SAME),
    "follows_the_float_model": lambda: float_model.follows_the_float_model(errors(30, 30.2)),
    "keeps_the_metric": lambda: float_model.keeps_the_metric(Metric(0.97, 0.965, "higher", 500)),
}

FAILING: list[Wrong] = [
    (
        "computes_the_same_unrolled",
        lambda: float_model.computes_the_same_unrolled(replace(SAME, unrolled_64={"y": EXACT + 1e-8})),
        ("unrolled: gru", "5.0e-09 apart in float64", "y differ by more than rounding: not the same function"),
    ),
    (
        "computes_the_same_unrolled",
        lambda: float_model.computes_the_same_unrolled(replace(SAME, unrolled={"y": NEAR + np.float32(1e-5)})),
        ("0.0e+00 apart in float64, in float32 5.1e-06", "not the same function"),
    ),
    (
        "computes_the_same_unrolled",
        lambda: float_model.computes_the_same_unrolled(replace(SAME, unrolled={"y": NEAR * np.nan})),
        ("nan",),
    ),
    (
        "computes_the_same_unrolled",
        lambda: float_model.computes_the_same_unrolled(Unrolling({}, {}, {}, {}, ())),
        ("no recurrent layer",),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(errors(9.5, 9.6)),
        ("64 held-out rows: reference kernels y 9.5 dB", "rounding alone explains y 9.6 dB", "at least 10 dB", "bears"),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(errors(30, 30, default=2)),
        ("default kernels y 2.0 dB", "y: rounding to these scales"),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(errors(20, 35)),
        ("kernels do not compute what the scales say", "look for a bias"),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(errors(30, 30), min_sqnr_db=33),
        ("at least 33 dB",),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(unexplained(5)),
        ("unknown: the rounding oracle does not know the operator GATHER", "another function, or more rounding"),
    ),
    (
        "follows_the_float_model",
        lambda: float_model.follows_the_float_model(errors(float("nan"), 30)),
        ("nan dB",),
    ),
    (
        "keeps_the_metric",
        lambda: float_model.keeps_the_metric(Metric(0.97, 0.955, "higher", 500)),
        ("float 0.97, quantized 0.955 (higher is better) on 500 rows", "a loss of at most 1.0% of the float model's"),
    ),
    (
        "keeps_the_metric",
        lambda: float_model.keeps_the_metric(Metric(1.0, 57 / 60, "higher", 60)),
        ("a loss of at most 3.3% of the float model's",),
    ),
    (
        "keeps_the_metric",
        lambda: float_model.keeps_the_metric(Metric(2.0, 2.1, "lower", 500)),
        ("(lower is better)", "calibrate with more"),
    ),
    (
        "keeps_the_metric",
        lambda: float_model.keeps_the_metric(Metric(0.97, 0.965, "higher", 500), max_loss=0.001),
        ("a loss of at most 0.001",),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(float_model) - {"error_is_rounding"}


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_what_the_oracle_does_not_know_is_judged_by_the_kernels_alone() -> None:
    verdict = float_model.follows_the_float_model(unexplained(25))
    assert verdict
    assert "what rounding explains is unknown" in verdict.observed


def test_two_rows_of_few_may_turn() -> None:
    assert float_model.keeps_the_metric(Metric(1.0, 58 / 60, "higher", 60))


def test_a_metric_that_gets_better_is_kept() -> None:
    assert float_model.keeps_the_metric(Metric(2.0, 1.5, "lower", 10))
    assert float_model.keeps_the_metric(Metric(0.0, 0.0, "lower", 10))
    assert float_model.keeps_the_metric(Metric(-3.0, -3.02, "higher", 10))
