"""Byte addresses of the elements of a feature map.

Up to four tiles: 0 top left, 1 top right, 2 bottom left, 3 bottom right. Within a tile NHWC, or NHCWB16:
channels in bricks of 16.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .operations import FeatureMap

BRICK = 16


def element_bytes(feature: FeatureMap) -> int:
    return np.dtype(feature.dtype).itemsize


def element_count(feature: FeatureMap) -> int:
    height, width, depth = feature.shape
    return height * width * depth


def addresses(feature: FeatureMap) -> np.ndarray:
    """int64 (height, width, depth): where each element begins, relative to the region."""
    return _addresses(feature._replace(zero_point=0))


@lru_cache(maxsize=4096)
def _addresses(feature: FeatureMap) -> np.ndarray:
    height, width, depth = feature.shape
    size = element_bytes(feature)
    step_y, step_x, step_c = feature.strides
    c = np.arange(depth)
    channel = c // BRICK * step_c + c % BRICK * size if feature.bricks else c * size
    x_step = BRICK * size if feature.bricks else step_x
    y, x = np.meshgrid(np.arange(height), np.arange(width), indexing="ij")
    height0, height1, width0 = feature.tile
    right = x >= width0
    low = y >= np.where(right, height1, height0)
    row = y - np.where(low, np.where(right, height1, height0), 0)
    column = x - np.where(right, width0, 0)
    base = np.array(feature.bases)[right + 2 * low]
    found = (base + row * step_y + column * x_step)[:, :, None] + channel
    found.setflags(write=False)
    return found


def byte_addresses(feature: FeatureMap) -> np.ndarray:
    """All bytes, element by element."""
    found: np.ndarray = (addresses(feature).reshape(-1, 1) + np.arange(element_bytes(feature))).reshape(-1)
    return found


def contiguous_start(found: np.ndarray, step: int) -> int | None:
    """First address if the elements follow each other without gaps, else None."""
    flat = found.reshape(-1)
    first = int(flat[0])
    if int(flat[-1]) - first != (len(flat) - 1) * step or np.any(np.diff(flat) != step):
        return None
    return first
