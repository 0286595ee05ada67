"""Signal and noise: how far integers are from what float64 expects (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping

import numpy as np

from harness.kernels import dequantize_as

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Dict[str, "NDArray[Any]"]

QUANTILES = {"low_db": 0.05, "median_db": 0.5, "high_db": 0.95}


def errors_of(expected: Arrays, measured: Arrays) -> dict[str, Any]:
    """By output, what `harness.quantization.judge` tells of a source, for as many sequences as were measured."""
    return {name: _error(array[: len(measured[name])], measured[name]) for name, array in expected.items()}


def _error(expected: NDArray[Any], measured: NDArray[Any]) -> dict[str, Any]:
    signal, noise = energy(expected), energy(expected - measured)
    each = [_db(*pair) for pair in zip(signal, noise)]
    ordered = sorted(each)
    result: dict[str, Any] = {name: ordered[int(share * (len(each) - 1))] for name, share in QUANTILES.items()}
    worst = int(np.argmin(each))
    result.update(sqnr_db=_db(signal.sum(), noise.sum()), worst_sequence=worst, worst_db=each[worst], noise=noise)
    return result


def agrees(expected: NDArray[Any], measured: NDArray[Any]) -> NDArray[Any]:
    """Whether the last step of each measured sequence has the label that is expected, (n,) bool."""
    first, second = (
        np.argmax(array.reshape(len(array), -1, array.shape[-1])[:, -1], axis=1) for array in (expected, measured)
    )
    same: NDArray[Any] = first[: len(second)] == second
    return same


def spread(first: NDArray[Any], second: NDArray[Any]) -> dict[str, Any]:
    """How far integers are apart: `largest_lsb`, and `differing`, the share of those that are."""
    distances = np.abs(first.astype(np.int64) - second.astype(np.int64))
    return {"largest_lsb": int(distances.max()), "differing": float(np.mean(distances > 0))}


def saturation(detail: Mapping[str, Any], integers: NDArray[Any], real: NDArray[Any]) -> dict[str, float]:
    """What the limits of a tensor cost, as `limits` of `harness.quantization.judge`."""
    if not detail["quantization"][0]:
        return {"at_limits": 0.0, "clipping_db": float("inf"), "largest_lsb": 0.0}
    limits = np.iinfo(detail["dtype"])
    low, high = dequantize_as(np.array([limits.min, limits.max]), detail)
    at_limits = float(np.mean((integers == limits.min) | (integers == limits.max)))
    beyond = real - np.clip(real, low, high)
    distance = np.abs(real - dequantize_as(integers, detail)).max() / detail["quantization"][0]
    clipping_db = _db(energy(real).sum(), energy(beyond).sum())
    return {"at_limits": at_limits, "clipping_db": clipping_db, "largest_lsb": float(distance)}


def energy(values: NDArray[Any]) -> NDArray[Any]:
    """The sum of squares of each sequence, (n,)."""
    squares: NDArray[Any] = np.sum(np.square(values, dtype=np.float64).reshape(len(values), -1), axis=1)
    return squares


def _db(signal: float, noise: float) -> float:
    """Their ratio in dB, as `harness.metrics.sqnr_db`: inf without noise, -inf where there is nothing but noise."""
    if noise == 0:
        return float("inf")
    return float(10 * np.log10(signal / noise)) if signal > 0 else -float("inf")


def sqnr_db(expected: NDArray[Any], measured: NDArray[Any]) -> float:
    """Signal to noise in dB, over all values."""
    return _db(energy(expected).sum(), energy(expected - measured).sum())
