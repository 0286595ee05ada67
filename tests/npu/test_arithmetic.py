"""The vectorized arithmetic against its definition, in Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.npu.arithmetic import divide_rounded, leading_zeros, rescale, shift_only
from harness.npu.operations import DOUBLE, NATURAL

accumulators = st.lists(st.integers(-(1 << 24), 1 << 24), min_size=1, max_size=20)
multipliers = st.integers(0, (1 << 31) - 1)


def double(value: int, multiplier: int, shift: int) -> int:
    """Multiply as gemmlowp does: the high half of the doubled product, then a division by a power of two."""
    high = (value * 2 ** max(31 - shift, 0) * multiplier + 2**30) // 2**31
    exponent = max(shift - 31, 0)
    rest, threshold = high & 2**exponent - 1, (2**exponent - 1) // 2 + (high < 0)
    return (high >> exponent) + (rest > threshold)


@given(values=accumulators, multiplier=multipliers, shift=st.integers(24, 63))
def test_double_rounding(values: list[int], multiplier: int, shift: int) -> None:
    found = rescale(np.array(values), multiplier, shift, DOUBLE)
    assert found.tolist() == [double(value, multiplier, shift) for value in values]


@given(values=accumulators, multiplier=multipliers, shift=st.integers(0, 60))
def test_natural_rounding(values: list[int], multiplier: int, shift: int) -> None:
    found = rescale(np.array(values), multiplier, shift, NATURAL)
    half = 2**shift // 2
    assert found.tolist() == [(value * multiplier + half) // 2**shift for value in values]


@given(
    values=accumulators,
    scales=st.lists(st.tuples(multipliers, st.integers(24, 63)), min_size=20, max_size=20),
)
def test_one_scale_a_channel(values: list[int], scales: list[tuple[int, int]]) -> None:
    used = scales[: len(values)]
    columns = np.array(used).T
    found = rescale(np.array(values), columns[0], columns[1], DOUBLE)
    assert found.tolist() == [double(value, *scale) for value, scale in zip(values, used, strict=True)]


@given(values=st.lists(st.integers(-(1 << 62), 1 << 62), min_size=1, max_size=20), shift=st.integers(0, 40))
def test_32_bit_values_are_only_shifted(values: list[int], shift: int) -> None:
    found = shift_only(np.array(values), shift, DOUBLE).tolist()
    if shift <= 31:
        assert found == [(value + 2**shift // 2) >> shift for value in values]
    else:
        assert found == [_divided((value + 2**30) >> 31, shift - 31) for value in values]


def _divided(value: int, exponent: int) -> int:
    """Divide by 2**exponent, halves away from zero."""
    magnitude = (abs(value) * 2 + 2**exponent) // (2 * 2**exponent)
    return magnitude if value >= 0 else -magnitude


@given(values=accumulators, divisor=st.integers(1, 100))
def test_division_rounds_halves_away_from_zero(values: list[int], divisor: int) -> None:
    found = divide_rounded(np.array(values), np.array(divisor)).tolist()
    magnitudes = [(2 * abs(value) + divisor) // (2 * divisor) for value in values]
    assert found == [m if value >= 0 else -m for m, value in zip(magnitudes, values, strict=True)]


@pytest.mark.parametrize(("value", "zeros"), [(0, 32), (1, 31), (2, 30), (255, 24), (1 << 30, 1), (-1, 0)])
def test_leading_zeros(value: int, zeros: int) -> None:
    assert leading_zeros(np.array([value])).tolist() == [zeros]
