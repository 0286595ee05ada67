"""Metrics and intervals against values worked out by hand and published ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.metrics import (
    PairedComparison,
    Proportion,
    agreement,
    bootstrap_interval,
    compare_paired,
    dequantize,
    lsb_distance,
    quantize,
    sqnr_db,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def test_quantize_rounds_half_away_from_zero() -> None:
    values = [-2.5, -1.5, -0.5, -0.49, 0.49, 0.5, 1.5, 2.5]
    assert quantize(values, 1.0, 0, "int8").tolist() == [-3, -2, -1, 0, 0, 1, 2, 3]


def test_quantize_does_not_round_up_what_is_just_below_a_half() -> None:
    below = np.nextafter(np.float32(0.5), np.float32(0))
    assert quantize(np.float32([below, -below]), 1.0, 0, "int8").tolist() == [0, 0]
    assert quantize([np.nextafter(0.5, 0)], 1.0, 0, "int8").tolist() == [0]


def test_quantize_divides_float32_in_float32_as_the_kernels_do() -> None:
    # 0.35 / 0.1 is 3.5 in float32, but 3.4999998... with the same two numbers in float64.
    value, scale = np.float32([0.35]), float(np.float32(0.1))
    assert quantize(value, scale, 0, "int8").tolist() == [4]
    assert quantize(value.astype(np.float64), scale, 0, "int8").tolist() == [3]


def test_quantize_adds_the_zero_point_after_rounding_and_saturates() -> None:
    assert quantize([-0.5, 0.5], 1.0, -3, "int8").tolist() == [-4, -2]
    assert quantize([-1e9, 1e9, math.inf, -math.inf], 0.1, 5, "int8").tolist() == [-128, 127, 127, -128]
    assert quantize(np.float32([3e38, -3e38]), 1e-3, 0, "int16").tolist() == [32767, -32768]
    assert quantize([-1e12, 1e12], 1.0, 0, "int32").tolist() == [-(2**31), 2**31 - 1]
    assert quantize([-1.0, 300.0], 1.0, 0, "uint8").tolist() == [0, 255]
    assert quantize([1.0], 1.0, 0, np.int16).dtype == np.int16


def test_scales_per_channel_broadcast() -> None:
    codes = quantize([[1.0, 1.0], [-2.0, -2.0]], [0.5, 0.25], [0, 1], "int8")
    assert codes.tolist() == [[2, 5], [-4, -7]]
    assert dequantize(codes, [0.5, 0.25], [0, 1]).tolist() == [[1.0, 1.0], [-2.0, -2.0]]


def test_dequantize_is_exact() -> None:
    scale = np.float32(0.1)
    assert dequantize(np.int16([32767]), scale, -32768).tolist() == [float(scale) * 65535]
    assert dequantize(np.int8([-128]), 0.5, 127).tolist() == [-127.5]


def means(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """The statistic of a bootstrap: of each resample its mean."""
    return np.asarray(drawn.mean(axis=1))


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "nan": (lambda: quantize([math.nan], 1.0, 0, "int8"), "NaN"),
    "scale_zero": (lambda: quantize([1.0], 0.0, 0, "int8"), "positive and finite"),
    "scale_zero_in_float32": (lambda: quantize(np.float32([1.0]), 1e-60, 0, "int8"), "positive and finite in float32"),
    "scale_nan": (lambda: quantize([1.0], math.nan, 0, "int8"), "positive and finite"),
    "int64": (lambda: quantize([1.0], 1.0, 0, "int64"), "cannot quantize to int64"),
    "floats_to_dequantize": (lambda: dequantize([1.0], 1.0, 0), "give integers, not float64"),
    "negative_scale": (lambda: dequantize([1], -1.0, 0), "positive and finite"),
    "sqnr_shapes": (lambda: sqnr_db([1.0], [1.0, 1.0]), r"\(1,\) and \(2,\)"),
    "sqnr_empty": (lambda: sqnr_db([], []), "empty"),
    "sqnr_reference_nan": (lambda: sqnr_db([math.nan], [0.0]), "not finite"),
    "floats_in_lsb": (lambda: lsb_distance([1.0], [2.0]), "give integers"),
    "mixed_64_bit": (lambda: lsb_distance(np.int64([1]), np.uint64([1])), "give integers"),
    "lsb_shapes": (lambda: lsb_distance(np.int8([[1]]), np.int8([1])), "shapes differ"),
    "labels_2d": (lambda: agreement([[1]], [[1]]), "one label a sequence"),
    "no_labels": (lambda: agreement([], []), "empty"),
    "integers_for_bool": (lambda: compare_paired([1, 0], [1, 1]), "bool arrays"),
    "paired_shapes": (lambda: compare_paired([True], [True, False]), "shapes differ"),
    "more_than_all": (lambda: Proportion(3, 2), "3 of 2"),
    "none_of_none": (lambda: Proportion(0, 0), "0 of 0"),
    "negative_count": (lambda: Proportion(-1, 2), "-1 of 2"),
    "no_sequences": (lambda: bootstrap_interval([], means, 0), "at least one sequence"),
    "statistic_nan": (lambda: bootstrap_interval([math.nan], means, 0), "NaN"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_measured_is_refused(name: str) -> None:
    call, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        call()


def test_sqnr_of_a_known_error() -> None:
    assert sqnr_db([3.0, 4.0], [3.0, 4.5]) == pytest.approx(20.0)
    assert sqnr_db([[1.0], [1.0]], [[0.0], [0.0]]) == pytest.approx(0.0)
    assert sqnr_db(np.int8([100]), np.int8([-100])) == pytest.approx(-20 * math.log10(2))


def test_sqnr_at_its_limits() -> None:
    assert sqnr_db([1.0, -2.0], [1.0, -2.0]) == math.inf
    assert sqnr_db([0.0, 0.0], [0.0, 0.0]) == math.inf
    assert sqnr_db([0.0, 0.0], [0.0, 1e-9]) == -math.inf
    assert sqnr_db([1.0, 1.0], [1.0, math.nan]) == -math.inf
    assert sqnr_db([1.0, 1.0], [1.0, math.inf]) == -math.inf


@pytest.mark.parametrize("size", [5e-324, 1e-200, 1e200, 1e308])
def test_sqnr_neither_overflows_nor_underflows(size: float) -> None:
    assert sqnr_db([size, size], [size, 0.0]) == pytest.approx(10 * math.log10(2))
    assert sqnr_db([size], [-size]) == pytest.approx(-20 * math.log10(2))
    assert sqnr_db([1.0, 0.0], [1.0, 1e-300]) == pytest.approx(6000.0)


def test_lsb_distance_does_not_overflow() -> None:
    assert lsb_distance(np.int8([-128, 0]), np.int8([127, 1])) == 255
    assert lsb_distance(np.uint8([0]), np.uint8([255])) == 255
    assert lsb_distance(np.int8([-128]), np.uint8([255])) == 383
    assert lsb_distance(np.int64([-(2**63)]), np.int64([2**63 - 1])) == 2**64 - 1
    assert lsb_distance(np.uint64([0]), np.uint64([2**64 - 1])) == 2**64 - 1
    assert lsb_distance([[1, 2], [3, 4]], [[1, 2], [3, 4]]) == 0


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    # Newcombe, Statistics in Medicine 17, 1998, pages 857-872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_published_intervals(successes: int, total: int, low: float, high: float) -> None:
    assert Proportion(successes, total).wilson() == pytest.approx((low, high), abs=5e-5)


def test_wilson_at_its_limits() -> None:
    assert Proportion(0, 5).wilson()[0] == 0.0
    assert Proportion(5, 5).wilson()[1] == 1.0
    assert Proportion(1, 4).value == 0.25
    assert Proportion(0, 1).wilson(0.5)[1] < Proportion(0, 1).wilson(0.99)[1]


def test_agreement_counts_equal_labels() -> None:
    assert agreement([1, 2, 3, 3], [1, 2, 0, 3]) == Proportion(3, 4)
    assert agreement(np.uint8([7]), np.int64([7])) == Proportion(1, 1)


def test_compare_paired_counts_who_is_right() -> None:
    first = np.array([True, True, True, False, False, False])
    second = np.array([True, False, False, True, False, False])
    comparison = compare_paired(first, second)
    assert comparison == PairedComparison(both=1, only_first=2, only_second=1, neither=2)
    assert comparison.total == 6
    assert comparison.difference == pytest.approx(-1 / 6)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        # Newcombe, Statistics in Medicine 17, 1998, pages 2635-2650, method 10.
        ((36, 12, 2, 0), 0.0569, 0.3404),
        # Altman, Machin, Bryant and Gardner, Statistics with Confidence, 2000, table 6.2.
        ((14, 5, 0, 22), 0.011, 0.226),
        # Fagerland, Lydersen and Laake, Statistics in Medicine 33, 2014, pages 2850-2875: airways.
        ((1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_paired_interval_gives_published_limits(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    both, right_first, right_second, neither = counts
    # Published as first less second; the difference here is second less first.
    comparison = PairedComparison(both=both, only_first=right_second, only_second=right_first, neither=neither)
    assert comparison.interval() == pytest.approx((low, high), abs=6e-4)


def test_paired_interval_without_any_difference_still_has_a_width() -> None:
    low, high = PairedComparison(both=97, only_first=0, only_second=0, neither=3).interval()
    assert low == pytest.approx(-high)
    assert 0 < high < 0.05
    certain = PairedComparison(both=10, only_first=0, only_second=0, neither=0)
    assert certain.interval() == pytest.approx((-0.2775, 0.2775), abs=1e-4)


def test_paired_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    probabilities = np.array([0.85, 0.03, 0.06, 0.06])
    covered = 0
    for both, only_first, only_second, neither in rng.multinomial(200, probabilities, size=2000).tolist():
        low, high = PairedComparison(
            both=both, only_first=only_first, only_second=only_second, neither=neither
        ).interval()
        covered += low <= 0.03 <= high
    assert 0.935 < covered / 2000 < 0.985  # 0.95 less 3 standard errors of 0.0049; method 10 errs to the wide side


@pytest.mark.parametrize(
    ("only_first", "only_second", "expected"),
    [
        (0, 0, 1.0),
        (3, 3, 1.0),
        (1, 0, 1.0),
        (0, 5, 2 / 32),
        (1, 7, 2 * (1 + 8) / 256),
        (2, 8, 2 * (1 + 10 + 45) / 1024),
    ],
)
def test_mcnemar_is_the_exact_binomial_test(only_first: int, only_second: int, expected: float) -> None:
    comparison = PairedComparison(both=4, only_first=only_first, only_second=only_second, neither=1)
    assert comparison.p_value == pytest.approx(expected, rel=1e-15)


def test_mcnemar_with_ten_thousand_differences() -> None:
    # The normal distribution with continuity correction: z = (|b - c| - 1) / sqrt(b + c) = 1.99.
    p_value = PairedComparison(both=0, only_first=5100, only_second=4900, neither=0).p_value
    assert p_value == pytest.approx(math.erfc(1.99 / math.sqrt(2)), rel=1e-3)
    assert PairedComparison(both=0, only_first=10_000, only_second=0, neither=0).p_value == 0.0


def test_bootstrap_of_a_mean_is_near_its_standard_error() -> None:
    values = np.random.default_rng(1).normal(10.0, 2.0, 400)
    low, high = bootstrap_interval(values, means, seed=5)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_bootstrap_draws_whole_sequences_and_repeats_itself() -> None:
    pairs = np.stack([np.arange(20.0), -np.arange(20.0)], axis=1)
    assert bootstrap_interval(pairs, lambda drawn: drawn.sum(axis=(1, 2)), seed=0) == (0.0, 0.0)
    once, again, other = (bootstrap_interval(pairs[:, 0], means, seed) for seed in (1, 1, 2))
    assert once == again
    assert once != other


def test_bootstrap_takes_infinity_as_a_value() -> None:
    values = np.array([20.0, 30.0, math.inf])
    assert bootstrap_interval(values, lambda drawn: drawn.min(axis=1), seed=0) == (20.0, math.inf)
    assert bootstrap_interval(values, lambda drawn: np.median(drawn, axis=1), seed=0, confidence=0.5)[0] >= 20
