"""Scale records of 10 bytes: bias, multiplier and shift of each output channel, little endian.

U55, U65: bias 40 bits, multiplier 32 bits, shift 6 bits. U85: bias 32 bits, multiplier 31 bits, shift 6 bits,
one byte reserved.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .errors import StreamError
from .identity import name_of

RECORD_BYTES = 10
_RECORD = np.dtype([("low", "<u4"), ("high", "i1"), ("multiplier", "<u4"), ("shift", "u1")])
_U85_RECORD = np.dtype([("bias", "<i4"), ("multiplier", "<u4"), ("shift", "u1"), ("reserved", "u1")])
_RESERVED_SHIFT_BITS = 0xC0


class ScaleRecords(NamedTuple):
    """int64 arrays, one entry a channel."""

    bias: np.ndarray
    multiplier: np.ndarray
    shift: np.ndarray
    name: bytes
    """See `identity`."""


def read_scales(streams: list[bytes], channels: int, *, u85: bool, word: int) -> ScaleRecords:
    """Of all streams together: stream s holds the channels s, s + streams, ... Raises StreamError."""
    try:
        return _read(tuple(streams), channels, u85=u85)
    except _RecordError as error:
        raise StreamError(str(error), word) from None


class _RecordError(Exception):
    pass


@lru_cache(maxsize=512)
def _read(streams: tuple[bytes, ...], channels: int, *, u85: bool) -> ScaleRecords:
    found = np.zeros((3, channels), np.int64)
    for index, data in enumerate(streams):
        count = len(range(index, channels, len(streams)))
        found[:, index :: len(streams)] = _read_stream(data, count, u85=u85)
    found.setflags(write=False)
    bias, multiplier, shift = found
    return ScaleRecords(bias, multiplier, shift, name_of(*(column.tobytes() for column in found)))


def _read_stream(data: bytes, channels: int, *, u85: bool) -> list[np.ndarray]:
    needed = channels * RECORD_BYTES
    if len(data) < needed:
        raise _RecordError(f"{len(data)} bytes of scale records, {needed} needed for {channels} channels")
    rows = np.frombuffer(data, _U85_RECORD if u85 else _RECORD, channels)
    bias = rows["bias"] if u85 else rows["low"] + (rows["high"].astype(np.int64) << 32)
    reserved = rows["shift"] & _RESERVED_SHIFT_BITS
    if u85:
        reserved = reserved | rows["reserved"] | rows["multiplier"] >> 31
    if reserved.any():
        raise _RecordError(f"reserved bits are set in the scale record of channel {int(reserved.argmax())}")
    return [bias, rows["multiplier"], rows["shift"]]
