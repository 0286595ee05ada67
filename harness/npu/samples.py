"""Seeded inputs of a model: uniform, extreme, and like those that it was calibrated with."""

from __future__ import annotations

from typing import Any, Callable, Mapping

import numpy as np

Detail = Mapping[str, Any]
"""Shape, dtype and quantization of a tensor, by the words of LiteRT's interpreter."""

Draw = Callable[[np.random.Generator, Detail, int], np.ndarray]

SPREADS = 8.0
"""Calibration-like: so many standard deviations fill the range of the tensor."""

FLOAT_LIMITS = -4.0, 4.0


def uniform(rng: np.random.Generator, detail: Detail, count: int) -> np.ndarray:
    """Every value of the type alike, (count, ...)."""
    low, high = _limits(detail)
    return _in_range(np.floor(rng.uniform(low, high + 1, _shape(detail, count))), detail)


def extreme(rng: np.random.Generator, detail: Detail, count: int) -> np.ndarray:
    """All lowest, all highest, all zero, then lowest and highest mixed, (count, ...)."""
    low, high = _limits(detail)
    values = rng.choice([low, high], _shape(detail, count))
    for row, value in zip(values, (low, high, detail["quantization"][1])):
        row[...] = value
    return _in_range(values, detail)


def calibrated(rng: np.random.Generator, detail: Detail, count: int) -> np.ndarray:
    """Normal values around zero that fill the range of the tensor as those of a calibration would, (count, ...)."""
    low, high = _limits(detail)
    values = rng.normal(detail["quantization"][1], (high - low) / SPREADS, _shape(detail, count))
    return _in_range(np.round(values), detail)


KINDS: dict[str, Draw] = {"uniform": uniform, "extreme": extreme, "calibration-like": calibrated}


def _shape(detail: Detail, count: int) -> tuple[int, ...]:
    return (count, *(int(size) for size in detail["shape"][1:]))


def _limits(detail: Detail) -> tuple[float, float]:
    if not np.issubdtype(detail["dtype"], np.integer):
        return FLOAT_LIMITS
    limits = np.iinfo(detail["dtype"])
    return float(limits.min), float(limits.max)


def _in_range(values: np.ndarray, detail: Detail) -> np.ndarray:
    found: np.ndarray = np.clip(values, *_limits(detail)).astype(detail["dtype"])
    return found
