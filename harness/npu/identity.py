"""Names for what is computed: of one name, the same is computed of the same inputs, wherever it lies in memory.

Programs for different accelerators mostly do the same at other addresses, in other blocks and with weights in another
order. What they do alike needs to be computed once.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .operations import FeatureMap, Operation


_NAME_BYTES = 16
_PLACE_BITS = 32
_PIECE = Struct("<qq")


def name_of(*parts: bytes) -> bytes:
    """The name of what consists of these parts."""
    return blake2b(b"".join((_described_lengths(*map(len, parts)), *parts)), digest_size=_NAME_BYTES).digest()


@lru_cache(maxsize=256)
def _described_lengths(*lengths: int) -> bytes:
    return repr(list(lengths)).encode()


def computation(operation: Operation, table: bytes | None, *constants: bytes) -> bytes:
    """The name of what an operation does to its operands; `constants` are the names of weights and scale records."""
    return name_of(_without_addresses(operation), table or b"", *constants)


class Origins:
    """Which byte of which result each byte of memory is, as a tag; 0 for what is not computed."""

    def __init__(self) -> None:
        self._names = [bytes(_NAME_BYTES)]

    def tags(self, name: bytes, count: int) -> np.ndarray:
        """Tags, int64 (count,), for the bytes of a result of this name."""
        first = len(self._names) << _PLACE_BITS
        self._names.append(name)
        return np.arange(first, first + count)

    def name(self, tags: np.ndarray, content: np.ndarray) -> bytes:
        """The name of bytes with these tags; `content` tells those that are not computed."""
        breaks = (tags[1:] - tags[:-1] != 1).nonzero()[0]
        if not breaks.size and tags[0]:
            return name_of(self._piece(int(tags[0]), len(tags)))
        starts = np.concatenate([[0], breaks + 1])
        lengths = np.diff(starts, append=len(tags))
        pieces = (self._piece(tag, length) for tag, length in zip(tags[starts].tolist(), lengths.tolist()))
        return name_of(b"".join(pieces), content[tags == 0].tobytes())

    def _piece(self, tag: int, length: int) -> bytes:
        return self._names[tag >> _PLACE_BITS] + _PIECE.pack(tag & ((1 << _PLACE_BITS) - 1), length)


@lru_cache(maxsize=4096)
def _described(*meaning: object) -> bytes:
    return repr(meaning).encode()


def _without_addresses(operation: Operation) -> bytes:
    """All that an operation says but where its operands lie, and how its weights are ordered."""
    _, kind, mode, ifm, ifm2, ofm, kernel, (clamp, table), *scaling, _ = operation
    *geometry, _ = kernel
    features = (None if feature is None else _values(feature) for feature in (ifm, ifm2, ofm))
    return _described(kind, mode, *features, *geometry, clamp, table and table.dtype, *scaling)


def _values(feature: FeatureMap) -> tuple[object, ...]:
    """What is read or written, but not from where."""
    return feature.shape, feature.dtype, feature.zero_point, feature.storage, feature.scalar, feature.axes
