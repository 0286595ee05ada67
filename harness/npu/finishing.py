"""The last stage of every kernel operation: zero point, clamp, look-up table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import numpy as np

if TYPE_CHECKING:
    from .coverage import Coverage
    from .operations import Operation

_WIDE_BYTES = 4
_LARGEST_INT8 = 127
Finish = Callable[[np.ndarray], np.ndarray]


def finishing(operation: Operation, table: bytes | None, coverage: Coverage | None = None) -> Finish:
    """From scaled int64 values (overwritten) to values of the OFM's type; `coverage` notes what they reach."""
    activation, dtype = operation.activation, np.dtype(operation.ofm.dtype)
    # A 32-bit OFM without a clip range bypasses this stage.
    bypassed = activation.clamp is None and dtype.itemsize == _WIDE_BYTES
    zero_point = 0 if bypassed else operation.ofm.zero_point
    low, high = activation.clamp or (0, 0)
    entries = None
    if activation.table is not None and table is not None:
        entries = np.frombuffer(table, activation.table.dtype)
        if high <= _LARGEST_INT8:
            # Rolled by half its length, a table for int8 is indexed by the byte itself.
            entries = np.roll(entries, len(entries) // 2)

    clamped = None if coverage is None or activation.clamp is None else coverage.clamp(activation.clamp)
    reached = None if coverage is None or entries is None else coverage.table(entries)

    def finish(values: np.ndarray) -> np.ndarray:
        if zero_point:
            values += zero_point
        if clamped is not None:
            clamped.note(values)
        if activation.clamp is not None:
            np.minimum(values, high, out=values)
            np.maximum(values, low, out=values)
        if entries is None:
            return values.astype(dtype)
        index = values.astype(np.uint8)
        if reached is not None:
            reached[index] = True
        return np.take(entries, index).astype(dtype, copy=False)

    return finish
