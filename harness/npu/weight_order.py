"""In which order a weight stream holds the weights of a convolution.

An order is an array with one entry a stream position: the index of the weight in (output channel, kernel y,
kernel x, input channel), or -1 for padding.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Iterator, NamedTuple

import numpy as np

from .operations import Operation, used_weights

if TYPE_CHECKING:
    from .program import Architecture

_SUBKERNEL = 8
_INT16, _INT32 = 16, 32
_SMALL_U85_MACS, _WIDE_MICROBLOCK = 256, 16
_SMALLEST_MACS = 32
# Ten kernel positions fill so many places, by number of cores; found by compiling kernels of many sizes.
_U85_DEPTHWISE_GROUP, _U85_DEPTHWISE_TAPS = 10, {1: 10, 2: 12, 4: 16}


class Layout(NamedTuple):
    """All that determines the order."""

    architecture: Architecture
    channels: int
    size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    depth: int
    depthwise: bool
    part_kernel_first: bool
    block_depth: int
    microblock: int
    ifm_bits: int


def layout_of(operation: Operation, architecture: Architecture) -> Layout:
    weights, kernel, depthwise = used_weights(operation), operation.kernel, operation.kind == "DEPTHWISE"
    return Layout(
        architecture,
        operation.ofm.shape[2],
        kernel.size,
        kernel.stride,
        kernel.dilation,
        1 if depthwise else operation.ifm.shape[2],
        depthwise,
        kernel.part_kernel_first,
        weights.block_depth,
        weights.microblock,
        8 * np.dtype(operation.ifm.dtype).itemsize,
    )


@lru_cache(maxsize=256)
def stream_orders(layout: Layout) -> tuple[np.ndarray, ...]:
    """One order for each core's stream."""
    none = np.zeros(0, np.int64)
    return tuple(np.concatenate([none, *_blocks(layout, core)]) for core in range(layout.architecture.cores))


def _blocks(layout: Layout, core: int) -> Iterator[np.ndarray]:
    """Blocks of output channels, then of input channels, then parts of the kernel."""
    u85, padded = layout.architecture.is_u85, layout.architecture.is_u85 or not layout.part_kernel_first
    size = _ifm_block(layout)
    for number, channels in enumerate(_ofm_blocks(layout, core)):
        starts = range(0, layout.depth, size)
        for start in reversed(starts) if u85 and number % 2 else starts:
            depth = size if padded else min(size, layout.depth - start)
            for taps in _subkernels(layout):
                yield _nest(layout, channels, np.arange(start, start + depth), taps)


def _ofm_blocks(layout: Layout, core: int) -> Iterator[np.ndarray]:
    """Deal out the output channels of each block to the cores; -1 is padding.

    U55 and U65 deal them out one by one. The U85 deals out whole micro-blocks by fours, so that each core
    reads the same number of weights.
    """
    for first in range(0, layout.channels, layout.block_depth):
        channels = np.arange(first, min(first + layout.block_depth, layout.channels))
        if layout.architecture.is_u85:
            fours = _grid(channels, layout.microblock).reshape(-1, 4)
            yield fours[core :: layout.architecture.cores].reshape(-1)
        elif core < len(channels):
            yield channels[core :: layout.architecture.cores]


def _ifm_block(layout: Layout) -> int:
    if not layout.architecture.is_u85:
        return 16 if layout.part_kernel_first or layout.ifm_bits == _INT16 else 32
    if layout.part_kernel_first:
        return 16
    small = layout.architecture.macs <= _SMALL_U85_MACS and layout.microblock == _WIDE_MICROBLOCK
    return 32 if layout.ifm_bits == _INT32 or small else 64


def _subkernels(layout: Layout) -> Iterator[np.ndarray]:
    """Kernel positions, y * width + x, in parts of at most 8 x 8 dilated elements; padded with -1."""
    (height, width), (step_y, step_x) = layout.size, layout.dilation
    part_y, part_x = _SUBKERNEL // step_y, _SUBKERNEL // step_x
    for top in range(0, height, part_y):
        for left in range(0, width, part_x):
            rows, columns = range(top, min(top + part_y, height)), range(left, min(left + part_x, width))
            places = _places(layout, rows, columns)
            yield _padded(layout, [y * width + x for y, x in places])


def _places(layout: Layout, rows: range, columns: range) -> Iterator[tuple[int, int]]:
    if layout.architecture.is_u85:
        return _serpentine(rows, columns, layout.stride)
    return ((y, x) for y in rows for x in columns)


def _serpentine(rows: range, columns: range, stride: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """U85: positions of the same phase of the stride together, every second row backwards."""
    for phase_y in range(stride[0]):
        for phase_x in range(stride[1]):
            line = columns[phase_x :: stride[1]]
            for number, y in enumerate(rows[phase_y :: stride[0]]):
                yield from ((y, x) for x in (reversed(line) if number % 2 else line))


def _padded(layout: Layout, taps: list[int]) -> np.ndarray:
    u85, depthwise = layout.architecture.is_u85, layout.depthwise
    if u85 and depthwise:
        groups = _grid(np.array(taps), _U85_DEPTHWISE_GROUP)
        padding = _U85_DEPTHWISE_TAPS[layout.architecture.cores] - _U85_DEPTHWISE_GROUP
        return np.pad(groups, ((0, 0), (0, padding)), constant_values=-1).reshape(-1)
    if not depthwise and not layout.part_kernel_first:
        return np.array(taps)
    narrow = layout.ifm_bits == _INT16 and layout.part_kernel_first
    return _grid(np.array(taps), 5 if u85 else 2 if narrow else 4).reshape(-1)


def _ofm_microblock(layout: Layout) -> int:
    if layout.architecture.is_u85:
        return layout.microblock // layout.architecture.cores
    return 4 if layout.architecture.macs == _SMALLEST_MACS else 8


def _nest(layout: Layout, channels: np.ndarray, depth: np.ndarray, taps: np.ndarray) -> np.ndarray:
    """One block: micro-blocks, and within them the kernel positions."""
    outputs = _grid(channels, _ofm_microblock(layout))
    inputs = _grid(np.where(depth < layout.depth, depth, -1), 8)
    if layout.depthwise:
        inputs = np.zeros((1, 1), np.int64)
    # Axes: input micro-block, output micro-block, kernel position, then channels within the micro-blocks.
    o, t, i = outputs[None, :, None, :, None], taps[None, None, :, None, None], inputs[:, None, None, None, :]
    index = (o * layout.size[0] * layout.size[1] + t) * layout.depth + i
    index = np.where((o < 0) | (t < 0) | (i < 0), -1, index)
    if layout.architecture.is_u85 or not layout.part_kernel_first:
        index = index.transpose(1, 2, 0, 3, 4)
    flat: np.ndarray = index.reshape(-1)
    return flat


def _grid(items: np.ndarray, width: int) -> np.ndarray:
    """Rows of `width`, the last one filled up with -1."""
    padded = np.full(-(-len(items) // width) * width, -1)
    padded[: len(items)] = items
    return padded.reshape(-1, width)
