"""Names for what is computed: of one name, the same is computed of the same inputs, wherever it lies in memory.

Programs for different accelerators mostly do the same at other addresses, in other blocks and with weights in another
order. What they do alike needs to be computed once.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from struct import Struct

import numpy as np

from .operations import Activation, FeatureMap, Operation, Range

_NAME_BYTES = 16
_PLACE_BITS = 32
_PIECE = Struct("<qq")
_NOWHERE = Range(0, 0, 0)


def name_of(*parts: bytes) -> bytes:
    """The name of what consists of these parts."""
    lengths = repr([len(part) for part in parts]).encode()
    return blake2b(b"".join((lengths, *parts)), digest_size=_NAME_BYTES).digest()


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
def _described(operation: Operation) -> bytes:
    return repr(operation).encode()


def _without_addresses(operation: Operation) -> bytes:
    return _described(
        operation._replace(
            word=0,
            ifm=_anywhere(operation.ifm),
            ifm2=None if operation.ifm2 is None else _anywhere(operation.ifm2),
            ofm=_anywhere(operation.ofm),
            kernel=operation.kernel._replace(part_kernel_first=False),
            activation=_unplaced(operation.activation),
            weights=None,
        )
    )


def _anywhere(feature: FeatureMap) -> FeatureMap:
    return feature._replace(region=0, bases=(0, 0, 0, 0), tile=(0, 0, 0), strides=(0, 0, 0), bricks=False)


def _unplaced(activation: Activation) -> Activation:
    table = activation.table
    return activation if table is None else activation._replace(table=table._replace(memory=_NOWHERE))
