"""The ACTIVATION registers: which values are clamped, and which look-up table follows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .errors import UnsupportedStreamError
from .operations import Activation, Range, Table
from .program import INTERNAL

if TYPE_CHECKING:
    from .registers import Registers

_FIRST_TABLE, _LAST_TABLE, _TABLE_BYTES = 16, 23, 256
_U85_TABLES = {4: "int8", 7: "int32"}
_ENTRY_BYTES = {"int8": 1, "uint8": 1, "int32": 4}
_CLIP_RANGES = {2: (0, 255), 3: (-128, 127), 5: (-32768, 32767)}
_U85_NO_CLIP = 0x1000
_SIGNED_INDEX, _UNSIGNED_INDEX = (-128, 127), (0, 255)


def activation(registers: Registers, ofm_dtype: str) -> Activation:
    """Decode clamp and look-up table; raise UnsupportedStreamError for other functions."""
    table = (_u85_table if registers.architecture.is_u85 else _table)(registers, ofm_dtype)
    clamp = (_u85_clamp if registers.architecture.is_u85 else _clamp)(registers, ofm_dtype)
    if clamp is None and (table is not None or ofm_dtype != "int32"):
        raise UnsupportedStreamError(f"{ofm_dtype} values without a clamp", registers.word)
    if table is not None and clamp is not None and not _is_index(clamp):
        raise UnsupportedStreamError(f"a look-up table indexed by {clamp[0]} to {clamp[1]}", registers.word)
    return Activation(clamp, table)


def _clamp(registers: Registers, ofm_dtype: str) -> tuple[int, int] | None:
    clip = registers.short("ACTIVATION") >> 12 & 7
    if clip and clip not in _CLIP_RANGES:
        raise UnsupportedStreamError(f"activation clip range {clip}", registers.word)
    if not clip and ofm_dtype == "int32":
        return None
    return _within(_CLIP_RANGES.get(clip) or _range_of(ofm_dtype), _limits(registers))


def _u85_clamp(registers: Registers, ofm_dtype: str) -> tuple[int, int] | None:
    if registers.short("ACTIVATION") & _U85_NO_CLIP:
        return None
    return _within(_range_of(ofm_dtype), _limits(registers))


def _limits(registers: Registers) -> tuple[int, int]:
    return registers.signed("ACTIVATION_MIN"), registers.signed("ACTIVATION_MAX")


@lru_cache(maxsize=None)
def _range_of(dtype: str) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _within(outer: tuple[int, int], inner: tuple[int, int]) -> tuple[int, int]:
    return max(outer[0], inner[0]), min(outer[1], inner[1])


def _is_index(clamp: tuple[int, int]) -> bool:
    return any(low <= clamp[0] and clamp[1] <= high for low, high in (_SIGNED_INDEX, _UNSIGNED_INDEX))


def _table(registers: Registers, ofm_dtype: str) -> Table | None:
    function = registers.short("ACTIVATION", known=0x701F) & 31
    if not function:
        return None
    if not _FIRST_TABLE <= function <= _LAST_TABLE:
        raise UnsupportedStreamError(f"activation function {function}", registers.word)
    if ofm_dtype not in _ENTRY_BYTES:
        raise UnsupportedStreamError(f"look-up table of {ofm_dtype}", registers.word)
    base = registers.architecture.lut_base + (function - _FIRST_TABLE) * _TABLE_BYTES
    return _entries(base, ofm_dtype)


def _u85_table(registers: Registers, _: str) -> Table | None:
    """Find the table: the function tells the types, and the number counts tables of that size."""
    value = registers.short("ACTIVATION", known=0x10FF)
    function, number = value & 31, value >> 5
    if not function:
        return None
    if function not in _U85_TABLES:
        raise UnsupportedStreamError(f"activation function {function}", registers.word)
    dtype = _U85_TABLES[function]
    return _entries((number & 7) * _TABLE_BYTES * _ENTRY_BYTES[dtype], dtype)


def _entries(base: int, dtype: str) -> Table:
    return Table(Range(INTERNAL, base, _TABLE_BYTES * _ENTRY_BYTES[dtype], internal=True), dtype)
