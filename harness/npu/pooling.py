"""POOL: maximum, average and sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import numpy as np

from .arithmetic import apply_scale, divide_rounded
from .convolution import taps
from .errors import UnsupportedStreamError
from .operations import Kernel, Operation

if TYPE_CHECKING:
    from .finishing import Finish

Kernels = Callable[[np.ndarray], np.ndarray]
_BELOW_ALL = -(1 << 40)


def require_pooling(operation: Operation) -> None:
    """Raise UnsupportedStreamError for what `pooling` does not do."""
    scale = operation.scale
    if _divides(operation) and scale is not None and scale.multiplier != 1 << scale.shift:
        raise UnsupportedStreamError("a padded average pool with a scale", operation.word)


def pooling(operation: Operation, finish: Finish) -> Kernels:
    """Make a function from IFM to OFM values, both (batch, height, width, depth)."""
    one_by_one = operation.mode != "REDUCE_SUM" and operation.kernel == Kernel()
    reduce = _itself if one_by_one else _REDUCTIONS[operation.mode]
    scale = None if _divides(operation) else operation.scale

    def run(ifm: np.ndarray) -> np.ndarray:
        values = reduce(operation, ifm.astype(np.int64) - operation.ifm.zero_point)
        return finish(values if scale is None else apply_scale(values, scale))

    return _tabulated(run) if one_by_one and operation.ifm.dtype == "int8" else run


def _tabulated(kernel: Kernels) -> Kernels:
    """Compute each of the int8 values that occur once; so are tables applied, by pools of 1x1."""

    def run(ifm: np.ndarray) -> np.ndarray:
        index = ifm.view(np.uint8)
        present = np.flatnonzero(np.bincount(index.ravel(), minlength=256)).astype(np.uint8)
        outputs = kernel(present.view(np.int8))
        table = np.zeros(256, outputs.dtype)
        table[present] = outputs
        return np.take(table, index)

    return run


def _itself(_: Operation, values: np.ndarray) -> np.ndarray:
    return values


def _divides(operation: Operation) -> bool:
    """Tell whether an average is divided by the number of elements that are not padding, or scaled."""
    return operation.mode == "AVERAGE" and (operation.scale is None or any(operation.kernel.pads))


def _padded(operation: Operation, values: np.ndarray, filling: int) -> np.ndarray:
    top, left, bottom, right = operation.kernel.pads
    return np.pad(values, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=filling)


def _maximum(operation: Operation, values: np.ndarray) -> np.ndarray:
    size = operation.ofm.shape[0], operation.ofm.shape[1]
    found = np.full((len(values), *operation.ofm.shape), _BELOW_ALL, np.int64)
    for _, _, part in taps(_padded(operation, values, _BELOW_ALL), operation.kernel, size):
        np.maximum(found, part, out=found)
    return found


def _sum(operation: Operation, values: np.ndarray) -> np.ndarray:
    size = operation.ofm.shape[0], operation.ofm.shape[1]
    total = np.zeros((len(values), *operation.ofm.shape), np.int64)
    for _, _, part in taps(_padded(operation, values, 0), operation.kernel, size):
        total += part
    return total


def _average(operation: Operation, values: np.ndarray) -> np.ndarray:
    total = _sum(operation, values)
    if not _divides(operation):
        return total
    return divide_rounded(total, _sum(operation, np.ones_like(values[:1])))


def _over_depth(_: Operation, values: np.ndarray) -> np.ndarray:
    total: np.ndarray = values.sum(axis=-1, keepdims=True)
    return total


_REDUCTIONS: dict[str, Callable[[Operation, np.ndarray], np.ndarray]] = {
    "MAX": _maximum,
    "AVERAGE": _average,
    "SUM": _sum,
    "REDUCE_SUM": _over_depth,
}
