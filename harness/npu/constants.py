"""Weights of a convolution, decoded from the bytes that the stream points to."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .errors import StreamError, WeightFormatError
from .identity import name_of
from .weight_order import Layout, stream_orders
from .weights import decode

# A run of zeros takes a bit for eight of them: no byte yields more.
_WEIGHTS_A_BYTE = 64


class DecodedWeights:
    """int16 weights (output channel, kernel y, kernel x, input channel), and forms of them made once.

    An unrolled network uses the same weights at each time step.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.largest_sum = int(np.abs(values.astype(np.int32)).sum(axis=(1, 2, 3), dtype=np.int64).max())
        """Largest sum of magnitudes over the output channels: bounds every accumulator."""
        self.name = name_of(values.tobytes())
        self._forms: dict[str, np.ndarray] = {}
        self._of: dict[frozenset[bytes], bool] = {}

    def matrices(self, dtype: str) -> np.ndarray:
        """(kernel y, kernel x, input channel, output channel)."""
        if dtype not in self._forms:
            self._forms[dtype] = np.ascontiguousarray(self.values.transpose(1, 2, 3, 0).astype(dtype))
        return self._forms[dtype]

    def consist_of(self, rows: frozenset[bytes]) -> bool:
        """Whether the weights of every output channel are among `rows` (int16 as bytes)."""
        if rows not in self._of:
            self._of[rows] = all(row.tobytes() in rows for row in self.values)
        return self._of[rows]


def read_weights(streams: list[bytes], layout: Layout, word: int) -> DecodedWeights:
    """Weights of an operation, from one compressed stream a core.

    Raises StreamError if a stream is malformed, does not hold as many weights as the operation needs, or pads
    with anything but zeros: a wrong address shows in one of these.
    """
    try:
        return _read(tuple(streams), layout)
    except WeightFormatError as error:
        raise StreamError(str(error), word) from error
    except _MismatchError as error:
        raise StreamError(str(error), word) from None


class _MismatchError(Exception):
    pass


@lru_cache(maxsize=64)
def _read(streams: tuple[bytes, ...], layout: Layout) -> DecodedWeights:
    most = _WEIGHTS_A_BYTE * (sum(map(len, streams)) + 1)
    if layout.channels * layout.size[0] * layout.size[1] * layout.depth > most:
        raise _MismatchError(f"{sum(map(len, streams))} bytes of weights are too few for this operation")
    weights = np.zeros(layout.channels * layout.size[0] * layout.size[1] * layout.depth, np.int16)
    for core, (data, order) in enumerate(zip(streams, stream_orders(layout))):
        values = decode(data, most=len(order) + 1)
        if len(values) != len(order):
            raise _MismatchError(f"weight stream of core {core} holds {len(values)} weights, {len(order)} needed")
        real = order >= 0
        if values[~real].any():
            raise _MismatchError(f"weight stream of core {core} pads with weights that are not 0")
        weights[order[real]] = values[real]
    return DecodedWeights(weights.reshape(layout.channels, *layout.size, layout.depth))
