"""CONV (fully connected layers too) and DEPTHWISE."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Callable, Iterator, Protocol

import numpy as np

from .arithmetic import rescale
from .operations import NATURAL, Kernel, Operation

if TYPE_CHECKING:
    from .constants import DecodedWeights
    from .finishing import Finish
    from .reference import Reference
    from .scales import ScaleRecords

Accumulate = Callable[[np.ndarray], np.ndarray]
_EXACT_IN_FLOAT32 = 1 << 24


class ConvolutionKernel(Protocol):
    """From IFM to OFM values; `once` rounds once instead of as the stream says."""

    def __call__(self, ifm: np.ndarray, *, once: bool) -> np.ndarray: ...


def convolution(
    operation: Operation,
    weights: DecodedWeights,
    records: ScaleRecords,
    finish: Finish,
    reference: Reference | None = None,
) -> ConvolutionKernel:
    """Make a function from IFM to OFM values, both (batch, height, width, depth).

    Sums are computed in floating point, where they are exact: below 2**24 in float32, else in float64.
    """
    dtype = _accumulator(operation, weights)
    scale = operation.scale
    multiplier = records.multiplier if scale is None else scale.multiplier
    shift = records.shift if scale is None else scale.shift
    real = None if reference is None else reference.scales_of(np.asarray(multiplier), np.asarray(shift))
    accumulate = (
        _depthwise(operation, weights, dtype) if operation.kind == "DEPTHWISE" else _dense(operation, weights, dtype)
    )
    zero_point, bias = operation.ifm.zero_point, records.bias

    def run(ifm: np.ndarray, *, once: bool) -> np.ndarray:
        values = ifm.astype(dtype)
        if zero_point:
            values -= zero_point
        sums = accumulate(_pad(values, operation.kernel)).astype(np.int64)
        sums += bias
        if once and real is not None:
            return finish(_round(sums * real))
        return finish(rescale(sums, multiplier, shift, NATURAL if once else operation.rounding))

    return run


def _round(values: np.ndarray) -> np.ndarray:
    """Round to int64, halves away from zero."""
    rounded: np.ndarray = np.trunc(values + np.copysign(0.5, values)).astype(np.int64)
    return rounded


def is_fully_connected(operation: Operation, weights: DecodedWeights, reference: Reference | None) -> bool:
    """Tell FULLY_CONNECTED by its weight rows, or, where those are unknown, by its shape.

    One position and a 1x1 kernel is how it is compiled; but so is such a CONV_2D, and one of several rows is not.
    """
    if operation.kind != "CONV" or operation.kernel.size != (1, 1):
        return False
    return operation.ofm.shape[:2] == (1, 1) if reference is None else weights.consist_of(reference.rows)


def _accumulator(operation: Operation, weights: DecodedWeights) -> str:
    info = np.iinfo(operation.ifm.dtype)
    largest = max(int(info.max) - operation.ifm.zero_point, operation.ifm.zero_point - int(info.min))
    return "float32" if largest * weights.largest_sum < _EXACT_IN_FLOAT32 else "float64"


def _pad(values: np.ndarray, kernel: Kernel) -> np.ndarray:
    """Pad with the zero point, which is 0 here."""
    top, left, bottom, right = kernel.pads
    if not any(kernel.pads):
        return values
    return np.pad(values, ((0, 0), (top, bottom), (left, right), (0, 0)))


def taps(values: np.ndarray, kernel: Kernel, size: tuple[int, int]) -> Iterator[tuple[int, int, np.ndarray]]:
    """For each kernel position the elements under it, (batch, *size, depth)."""
    for y in range(kernel.size[0]):
        for x in range(kernel.size[1]):
            top, left = y * kernel.dilation[0], x * kernel.dilation[1]
            rows = slice(top, top + (size[0] - 1) * kernel.stride[0] + 1, kernel.stride[0])
            columns = slice(left, left + (size[1] - 1) * kernel.stride[1] + 1, kernel.stride[1])
            yield y, x, values[:, rows, columns]


def _dense(operation: Operation, weights: DecodedWeights, dtype: str) -> Accumulate:
    matrices = weights.matrices(dtype)
    size = operation.ofm.shape[0], operation.ofm.shape[1]

    def accumulate(values: np.ndarray) -> np.ndarray:
        products = (
            part.reshape(-1, part.shape[-1]) @ matrices[y, x] for y, x, part in taps(values, operation.kernel, size)
        )
        sums: np.ndarray = functools.reduce(_add, products)
        return sums.reshape(len(values), *size, -1)

    return accumulate


def _add(total: np.ndarray, more: np.ndarray) -> np.ndarray:
    total += more
    return total


def _depthwise(operation: Operation, weights: DecodedWeights, dtype: str) -> Accumulate:
    factors = weights.matrices(dtype)[:, :, 0]
    size = operation.ofm.shape[0], operation.ofm.shape[1]

    def accumulate(values: np.ndarray) -> np.ndarray:
        sums = np.zeros((len(values), *operation.ofm.shape), dtype)
        for y, x, part in taps(values, operation.kernel, size):
            sums += part * factors[y, x]
        return sums

    return accumulate
