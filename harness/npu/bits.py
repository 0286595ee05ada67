"""Bits of a compressed weight stream, least significant first."""

from __future__ import annotations

import numpy as np

from .errors import WeightFormatError

COUNT_BITS = 4
"""A place in a stream and a count of at most 15 make one integer: place << COUNT_BITS | count."""

_LAST = 3
# What begins before the end may be read in place a little beyond it.
_PADDING = 12


class Bits:
    """Reads up to 16 bits at a time; past the end raises."""

    def __init__(self, data: bytes) -> None:
        padded = data + bytes(_PADDING)
        self.starting = np.ndarray(len(padded) - _LAST, "<u4", padded, strides=(1,)).astype(np.int64)
        """The 32 bits that start with each byte."""
        self.windows = memoryview(self.starting)
        self.end = 8 * len(data)
        self.at = 0

    def take(self, width: int) -> int:
        start = self.at
        self.skip(width)
        return (self.windows[start >> 3] >> (start & 7)) & ((1 << width) - 1)

    def skip(self, width: int) -> None:
        if self.at + width > self.end:
            raise WeightFormatError(f"{width} bits wanted, {self.end - self.at} left", self.at)
        self.at += width

    def gather(self, remainders: list[int], width: int) -> np.ndarray:
        """Values of `width` bits, one after the other."""
        pieces = np.array(remainders, np.int64)
        starts, lengths = pieces >> COUNT_BITS, pieces & ((1 << COUNT_BITS) - 1)
        first = np.repeat(starts - width * (np.cumsum(lengths) - lengths), lengths)
        at = first + width * np.arange(len(first))
        values: np.ndarray = (self.starting[at >> 3] >> (at & 7)) & ((1 << width) - 1)
        return values
