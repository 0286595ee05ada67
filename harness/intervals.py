"""How sure a measured figure is: intervals and tests for proportions, paired proportions, any statistic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Interval = tuple[float, float]
    """Lower and upper limit."""


@dataclass(frozen=True, slots=True)
class Proportion:
    """`successes` of `total`; raises ValueError where that is no proportion."""

    successes: int
    total: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.total or self.total == 0:
            raise ValueError(f"{self.successes} of {self.total} is no proportion")

    @property
    def value(self) -> float:
        """Successes by total, between 0 and 1."""
        return self.successes / self.total

    def wilson(self, confidence: float = 0.95) -> Interval:
        """Compute the score interval, not corrected for continuity: Wilson, J. Am. Stat. Assoc. 22, 1927."""
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        n, p = self.total, self.value
        center = (p + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, min(center - half, p)), min(1.0, max(center + half, p))


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedComparison:
    """Two classifiers on the same inputs, counted by which of them is right."""

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def total(self) -> int:
        """Number of inputs."""
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """Accuracy of the second less that of the first, between -1 and 1."""
        return (self.only_second - self.only_first) / self.total

    def interval(self, confidence: float = 0.95) -> Interval:
        """Compute limits of `difference` by method 10 of Newcombe, Statistics in Medicine 17, 1998, p. 2635.

        Wilson's intervals of both accuracies, combined with their correlation phi (corrected for continuity
        where it is positive, and 0 where it is undefined).
        """
        first = Proportion(self.both + self.only_first, self.total)
        second = Proportion(self.both + self.only_second, self.total)
        first_low, first_high = first.wilson(confidence)
        second_low, second_high = second.wilson(confidence)
        phi = self._correlation()
        below = _combined(second.value - second_low, first_high - first.value, phi)
        above = _combined(second_high - second.value, first.value - first_low, phi)
        return self.difference - below, self.difference + above

    @property
    def p_value(self) -> float:
        """Exact two-sided McNemar test: binomial, one half, on the inputs where the two differ.

        1 where they never differ. Summed in whole numbers, so that no number of differences overflows.
        """
        differing = self.only_first + self.only_second
        ways, tail = 1, 0
        for successes in range(min(self.only_first, self.only_second) + 1):
            tail += ways
            ways = ways * (differing - successes) // (successes + 1)
        return min(1.0, 2 * tail / (1 << differing))

    def _correlation(self) -> float:
        right = (self.both + self.only_first) * (self.both + self.only_second)
        wrong = (self.neither + self.only_first) * (self.neither + self.only_second)
        if right * wrong == 0:
            return 0.0
        covariance = self.both * self.neither - self.only_first * self.only_second
        if covariance > 0:
            return max(covariance - self.total / 2, 0.0) / math.sqrt(right * wrong)
        return covariance / math.sqrt(right * wrong)


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[[NDArray[Any]], ArrayLike],
    seed: int,
    *,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """Percentile bootstrap over the first axis, the sequences: Efron and Tibshirani, 1993, chapter 13.

    `statistic` gets all resamples at once, (resamples, n, ...), whole sequences drawn with replacement, and gives a
    number for each. The limits are values that occurred, never interpolated, so that an infinite SQNR is a value like
    any other. Raises ValueError for no sequences and for a statistic that is NaN.
    """
    sequences = np.asarray(values)
    if sequences.ndim == 0 or len(sequences) == 0:
        raise ValueError("a bootstrap needs at least one sequence")
    outcomes = np.asarray(statistic(sequences[_draws(len(sequences), seed, resamples)]), dtype=np.float64)
    if np.isnan(outcomes).any():
        raise ValueError("the statistic is NaN for some of the resamples")
    tail = (1 - confidence) / 2
    low, high = np.quantile(outcomes, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)


@lru_cache(maxsize=8)
def _draws(sequences: int, seed: int, resamples: int) -> NDArray[np.int64]:
    """Places of sequences drawn with replacement, (resamples, sequences)."""
    draws: NDArray[np.int64] = np.random.default_rng(seed).integers(sequences, size=(resamples, sequences))
    draws.flags.writeable = False
    return draws


def _combined(one: float, other: float, phi: float) -> float:
    """Find the side opposite to the angle whose cosine is phi."""
    return math.sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))
