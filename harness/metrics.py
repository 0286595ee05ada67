"""What is measured on arrays: quantization, signal to noise, distances, agreement.

Arrays in, numbers or frozen values out. Every function raises ValueError for arrays that do not belong
together. The values that counts come as, and their intervals, are those of `harness.intervals`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.intervals import PairedComparison, Proportion, bootstrap_interval

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

__all__ = [
    "QUANTIZED_DTYPES",
    "PairedComparison",
    "Proportion",
    "agreement",
    "bootstrap_interval",
    "compare_paired",
    "dequantize",
    "lsb_distance",
    "quantize",
    "sqnr_db",
]

QUANTIZED_DTYPES = ("int8", "uint8", "int16", "int32")

_BEYOND_EVERY_DTYPE = 2.0**40


def quantize(values: ArrayLike, scale: ArrayLike, zero_point: ArrayLike, dtype: DTypeLike) -> NDArray[Any]:
    """Quantize as TFLite does: round(value / scale) + zero_point, half away from zero, saturated to `dtype`.

    Float32 values are divided in float32, as the reference kernels do (equal to LiteRT 2.3's in every one of
    60,000 values at and next to ties; its optimized kernels differ from them there by 1 LSB), all others in
    float64. `scale` and `zero_point` may be arrays that broadcast, for scales per channel. Raises ValueError for
    NaN, for a scale that is not positive and finite, and for a dtype that is none of QUANTIZED_DTYPES.
    Source: AffineQuantize in TFLite, kernels/internal/reference/quantize.h.
    """
    target = np.dtype(dtype)
    if target.name not in QUANTIZED_DTYPES:
        raise ValueError(f"cannot quantize to {target.name}: choose one of {', '.join(QUANTIZED_DTYPES)}")
    array = _floating(values)
    if np.isnan(array).any():
        raise ValueError("cannot quantize NaN")
    with np.errstate(over="ignore"):  # an infinite quotient saturates like any other out of range
        quotients = array / _scales(scale, array.dtype)
    codes = _round_half_away(quotients) + np.asarray(zero_point, dtype=np.float64)
    limits = np.iinfo(target)
    quantized: NDArray[Any] = np.clip(codes, limits.min, limits.max).astype(target)
    return quantized


def dequantize(values: ArrayLike, scale: ArrayLike, zero_point: ArrayLike) -> NDArray[np.float64]:
    """Compute scale * (value - zero_point) in float64: exact up to int16, with scales that are float32."""
    codes = _integers(values).astype(np.float64) - np.asarray(zero_point, dtype=np.float64)
    real: NDArray[np.float64] = _scales(scale, np.dtype(np.float64)) * codes
    return real


def sqnr_db(reference: ArrayLike, measured: ArrayLike) -> float:
    """Signal-to-quantization-noise ratio in dB: 10 log10(sum reference^2 / sum (reference - measured)^2).

    Equal arrays give inf, silence included. A silent reference with any error, and a measured value that is
    NaN or infinite, give -inf: nothing of the signal is left. Raises ValueError for empty arrays, different
    shapes, and a reference that is not finite.
    """
    signal, seen = _pair(np.asarray(reference, dtype=np.float64), np.asarray(measured, dtype=np.float64))
    if not np.isfinite(signal).all():
        raise ValueError("the reference has values that are not finite: there is nothing to measure against")
    if not np.isfinite(seen).all():
        return -math.inf
    if np.array_equal(signal, seen):
        return math.inf
    _, exponent = math.frexp(max(np.abs(signal).max(), np.abs(seen).max()))
    # A power of two changes no digit, and brings all values where neither difference nor square overflows.
    signal, seen = np.ldexp(signal, -exponent), np.ldexp(seen, -exponent)
    return _level_db(signal) - _level_db(signal - seen)


def lsb_distance(a: ArrayLike, b: ArrayLike) -> int:
    """Largest absolute distance of two integer arrays of one shape, exact for every integer dtype."""
    first, second = _pair(_integers(a), _integers(b))
    common = _integers(np.empty(0, dtype=np.result_type(first, second))).dtype
    first, second = first.astype(common), second.astype(common)
    # Unsigned arithmetic wraps, so the difference is right even where it leaves the signed range.
    larger, smaller = np.maximum(first, second), np.minimum(first, second)
    return int((larger.astype(np.uint64) - smaller.astype(np.uint64)).max())


def agreement(a: ArrayLike, b: ArrayLike) -> Proportion:
    """Count the equal labels of two one-dimensional arrays, element by element."""
    first, second = _pair(np.asarray(a), np.asarray(b))
    if first.ndim != 1:
        raise ValueError(f"labels have the shape {first.shape}: give one label a sequence, the argmax")
    return Proportion(int(np.count_nonzero(first == second)), first.size)


def compare_paired(first_correct: ArrayLike, second_correct: ArrayLike) -> PairedComparison:
    """Count two one-dimensional bool arrays, one value an input: was the first right, was the second."""
    first, second = _pair(np.asarray(first_correct), np.asarray(second_correct))
    if first.ndim != 1 or first.dtype != np.bool_ or second.dtype != np.bool_:
        found = f"{first.dtype} and {second.dtype}, {first.shape}"
        raise ValueError(f"give two bool arrays of one dimension, not {found}")
    return PairedComparison(
        both=int(np.count_nonzero(first & second)),
        only_first=int(np.count_nonzero(first & ~second)),
        only_second=int(np.count_nonzero(~first & second)),
        neither=int(np.count_nonzero(~first & ~second)),
    )


def _level_db(values: NDArray[np.float64]) -> float:
    """Take the root of the sum of squares in dB, -inf for silence; scaled, so that no square underflows."""
    peak = float(np.abs(values).max())
    if peak == 0:
        return -math.inf
    return 20 * math.log10(peak) + 10 * math.log10(float(np.sum((values / peak) ** 2)))


def _round_half_away(values: NDArray[Any]) -> NDArray[np.float64]:
    bounded = np.clip(values.astype(np.float64), -_BEYOND_EVERY_DTYPE, _BEYOND_EVERY_DTYPE)
    whole = np.trunc(bounded)
    rounded: NDArray[np.float64] = whole + np.trunc(2 * (bounded - whole))
    return rounded


def _floating(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    return array if array.dtype == np.float32 else array.astype(np.float64)


def _scales(scale: ArrayLike, dtype: np.dtype[Any]) -> NDArray[Any]:
    scales = np.asarray(scale, dtype=dtype)
    if not (np.isfinite(scales).all() and (scales > 0).all()):
        raise ValueError(f"a scale is positive and finite in {dtype}, not {scales}")
    return scales


def _integers(values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.dtype.kind not in "iu":
        raise ValueError(f"give integers, not {array.dtype.name}")
    return array


def _pair(first: NDArray[Any], second: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    if first.shape != second.shape:
        raise ValueError(f"shapes differ: {first.shape} and {second.shape}")
    if first.size == 0:
        raise ValueError("the arrays are empty: there is nothing to compare")
    return first, second
