"""Fixed-point arithmetic of the NPU, on int64 arrays.

DOUBLE is the rounding of gemmlowp and of the TensorFlow Lite reference kernels
(SaturatingRoundingDoublingHighMul, then RoundingDivideByPOT); NATURAL rounds once, half up.
"""

from __future__ import annotations

from typing import Union

import numpy as np

from .operations import DOUBLE, NATURAL, Scale

Integers = Union[int, np.ndarray]
_HIGH_BITS = 31


def rescale(values: np.ndarray, multiplier: Integers, shift: Integers, rounding: str) -> np.ndarray:
    """Compute `values` * `multiplier` / 2**`shift`, overwriting `values` (int64).

    Multiplier and shift are numbers, or arrays along the last axis: one scale a channel.
    """
    if rounding == NATURAL:
        values *= multiplier
        return _shift_half_up(values, shift)
    before = np.maximum(_HIGH_BITS - np.asarray(shift), 0)
    if before.any():
        values <<= before
    values *= multiplier
    values += 1 << (_HIGH_BITS - 1)
    values >>= _HIGH_BITS
    return _divide_away_from_zero(values, np.maximum(np.asarray(shift) - _HIGH_BITS, 0))


def apply_scale(values: np.ndarray, scale: Scale) -> np.ndarray:
    """Rescale `values` (int64), overwriting them."""
    if scale.doubling:
        values <<= scale.doubling
    return rescale(values, scale.multiplier, scale.shift, scale.rounding)


def shift_only(values: np.ndarray, shift: int, rounding: str) -> np.ndarray:
    """Scale 32-bit values: the multiplier is ignored, and beyond 31 bits DOUBLE rounds twice."""
    if rounding == DOUBLE and shift > _HIGH_BITS:
        values = _shift_half_up(values, _HIGH_BITS)
        return _divide_away_from_zero(values, np.asarray(shift - _HIGH_BITS))
    return _shift_half_up(values, shift)


def divide_rounded(values: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """Division, halves away from zero."""
    magnitude = (2 * np.abs(values) + divisor) // (2 * divisor)
    signed: np.ndarray = np.sign(values) * magnitude
    return signed


def _shift_half_up(values: np.ndarray, shift: Integers) -> np.ndarray:
    values += (1 << np.asarray(shift)) >> 1
    values >>= shift
    return values


def _divide_away_from_zero(values: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    if not exponent.any():
        return values
    below_zero = values >> 63
    if not exponent.all():
        below_zero &= np.where(exponent > 0, -1, 0)
    values += below_zero
    values += (1 << exponent) >> 1
    values >>= exponent
    return values


def leading_zeros(values: np.ndarray) -> np.ndarray:
    """Of 32-bit values; a negative value has none."""
    bits = np.zeros(values.shape, np.int64)
    rest = values & 0xFFFFFFFF
    for width in (16, 8, 4, 2, 1):
        high = rest >= 1 << width
        bits += np.where(high, width, 0)
        rest = np.where(high, rest >> width, rest)
    return np.where(values == 0, 32, np.where(values < 0, 0, 31 - bits))
