"""Scale records of 10 bytes: bias, multiplier and shift of each output channel, little endian.

U55, U65: bias 40 bits, multiplier 32 bits, shift 6 bits. U85: bias 32 bits, multiplier 31 bits, shift 6 bits,
one byte reserved.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .errors import StreamError
from .identity import name_of

RECORD_BYTES = 10
_RESERVED_SHIFT_BITS = 0xC0


class ScaleRecords(NamedTuple):
    """int64 arrays, one entry a channel."""

    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray

    @property
    def name(self) -> bytes:
        """See `identity`."""
        return name_of(*(column.tobytes() for column in self))


def read_scales(streams: list[bytes], channels: int, *, u85: bool, word: int) -> ScaleRecords:
    """Of all streams together: stream s holds the channels s, s + streams, ... Raises StreamError."""
    found = np.zeros((3, channels), np.int64)
    for index, data in enumerate(streams):
        count = len(range(index, channels, len(streams)))
        found[:, index :: len(streams)] = _read_stream(data, count, u85=u85, word=word)
    return ScaleRecords(*found)


def _read_stream(data: bytes, channels: int, *, u85: bool, word: int) -> np.ndarray:
    needed = channels * RECORD_BYTES
    if len(data) < needed:
        raise StreamError(f"{len(data)} bytes of scale records, {needed} needed for {channels} channels", word)
    rows = np.frombuffer(data, np.uint8, needed).reshape(channels, RECORD_BYTES).astype(np.int64)
    width = 4 if u85 else 5
    bias, multiplier = _little_endian(rows[:, :width]), _little_endian(rows[:, width : width + 4])
    bias -= bias >> (8 * width - 1) << (8 * width)
    shift = rows[:, width + 4]
    reserved = shift & _RESERVED_SHIFT_BITS
    if u85:
        reserved = reserved | rows[:, 9] | multiplier >> 31
    if reserved.any():
        raise StreamError(f"reserved bits are set in the scale record of channel {int(reserved.argmax())}", word)
    return np.stack([bias, multiplier, shift])


def _little_endian(columns: np.ndarray) -> np.ndarray:
    shifts = 8 * np.arange(columns.shape[1])
    total: np.ndarray = (columns << shifts).sum(axis=1)
    return total
