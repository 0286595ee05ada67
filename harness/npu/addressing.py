"""Byte addresses of the elements of a feature map.

Up to four tiles: 0 top left, 1 top right, 2 bottom left, 3 bottom right. Within a tile NHWC, or NHCWB16:
channels in bricks of 16.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Tuple, Union

import numpy as np

if TYPE_CHECKING:
    from .operations import FeatureMap

BRICK = 16

Triple = Tuple[int, int, int]

Index = Union[slice, np.ndarray]
"""Byte addresses: a slice where they follow each other."""


class _Layout(NamedTuple):
    """Of a feature map, what its addresses relative to the first base depend on."""

    shape: Triple
    dtype: str
    tile: Triple
    strides: Triple
    bricks: bool
    bases: tuple[int, int, int, int]


def byte_count(feature: FeatureMap) -> int:
    height, width, depth = feature.shape
    return height * width * depth * np.dtype(feature.dtype).itemsize


def byte_index(feature: FeatureMap) -> Index:
    """Addresses of all bytes, element by element, relative to the region."""
    first, *others = feature.bases
    (height, width, _), (height0, height1, width0) = feature.stored_shape, feature.tile
    used = width > width0, height > height0, width > width0 and height > height1
    second, third, fourth = (base - first if is_used else 0 for base, is_used in zip(others, used))
    bases = (0, second, third, fourth)
    offsets, contiguous = _offsets(
        _Layout(feature.stored_shape, feature.dtype, feature.tile, feature.strides, feature.bricks, bases)
    )
    if contiguous:
        return slice(first + int(offsets[0]), first + int(offsets[-1]) + 1)
    found: np.ndarray = offsets + first
    return found


def bounds(at: Index) -> tuple[int, int]:
    """Lowest and highest address; (start, start - 1) of an empty slice."""
    return (at.start, at.stop - 1) if isinstance(at, slice) else (int(at.min()), int(at.max()))


@lru_cache(maxsize=4096)
def _offsets(layout: _Layout) -> tuple[np.ndarray, bool]:
    """Addresses of all bytes, and whether they follow each other; time steps share what differs in the base only."""
    shape, dtype, tile, strides, bricks, bases = layout
    height, width, depth = shape
    size = np.dtype(dtype).itemsize
    step_y, step_x, step_c = strides
    c = np.arange(depth)
    channel = c // BRICK * step_c + c % BRICK * size if bricks else c * size
    x_step = BRICK * size if bricks else step_x
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    height0, height1, width0 = tile
    right = x >= width0
    low = y >= np.where(right, height1, height0)
    row = y - np.where(low, np.where(right, height1, height0), 0)
    column = x - np.where(right, width0, 0)
    elements = (np.array(bases)[right + 2 * low] + row * step_y + column * x_step)[:, :, None] + channel
    found = (elements.reshape(-1, 1) + np.arange(size)).reshape(-1)
    found.setflags(write=False)
    return found, bool(np.all(np.diff(found) == 1))
