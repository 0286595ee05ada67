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
Bases = Tuple[int, int, int, int]

Index = Union[slice, np.ndarray]
"""Byte addresses: a slice where they follow each other."""


_ONE_TILE = (0, 0, 0, 0)


class _Layout(NamedTuple):
    """Of a feature map, what its addresses relative to the first base depend on."""

    shape: Triple
    dtype: str
    tile: Triple
    strides: Triple
    bricks: bool
    bases: Bases


class _Offsets(NamedTuple):
    """Byte addresses relative to the first base, element by element."""

    at: np.ndarray
    contiguous: bool
    """Whether they follow each other."""
    first: int
    end: int


def byte_count(feature: FeatureMap) -> int:
    height, width, depth = feature.shape
    return height * width * depth * _item_bytes(feature.dtype)


def byte_index(feature: FeatureMap) -> Index:
    """Addresses of all bytes, element by element, relative to the region."""
    base, shape = feature.bases[0], feature.stored_shape
    bases = _relative_bases(feature.bases, shape, feature.tile)
    offsets = _offsets(_Layout(shape, feature.dtype, feature.tile, feature.strides, feature.bricks, bases))
    if offsets.contiguous:
        return slice(base + offsets.first, base + offsets.end)
    found: np.ndarray = offsets.at + base
    return found


def _relative_bases(bases: Bases, shape: Triple, tile: Triple) -> Bases:
    """To the first one; 0 for tiles that are not used."""
    (height, width, _), (height0, height1, width0) = shape, tile
    if width <= width0 and height <= height0:
        return _ONE_TILE
    used = True, width > width0, height > height0, width > width0 and height > height1
    first, second, third, fourth = (base - bases[0] if is_used else 0 for base, is_used in zip(bases, used))
    return first, second, third, fourth


def bounds(at: Index) -> tuple[int, int]:
    """Lowest and highest address; (start, start - 1) of an empty slice."""
    return (at.start, at.stop - 1) if isinstance(at, slice) else (int(at.min()), int(at.max()))


@lru_cache(maxsize=None)
def _item_bytes(dtype: str) -> int:
    return np.dtype(dtype).itemsize


@lru_cache(maxsize=4096)
def _offsets(layout: _Layout) -> _Offsets:
    """Time steps share what differs in the first base only."""
    (height, width, depth), dtype, tile, strides, bricks, bases = layout
    size = _item_bytes(dtype)
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
    return _Offsets(found, bool(np.all(np.diff(found) == 1)), int(found[0]), int(found[-1]) + 1)
