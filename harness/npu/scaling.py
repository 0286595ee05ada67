"""Rounding of an operation, and the scales of its OFM and of its operands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import UnsupportedStreamError
from .operations import DOUBLE, NATURAL, Scale

if TYPE_CHECKING:
    from .registers import Registers

_ROUNDING = {0: DOUBLE, 2: NATURAL}
_U85_ROUNDING = {0: DOUBLE, 1: NATURAL}
_RESERVED_SCALE_MODE = 3
_OPERAND_BITS = {"int8": 20, "uint8": 20, "int16": 15}


def rounding(registers: Registers) -> str:
    u85 = registers.architecture.is_u85
    code = registers.short("OFM_SCALE") >> 13 if u85 else registers.short("OFM_PRECISION") >> 14
    names = _U85_ROUNDING if u85 else _ROUNDING
    if code not in names:
        raise UnsupportedStreamError(f"OFM rounding mode {code}", registers.word)
    return names[code]


def ofm_scale(registers: Registers) -> Scale | None:
    """Of the whole OFM; None: none, or one a channel."""
    return registers.scale("OFM_SCALE", rounding(registers)) if registers.short("OFM_PRECISION") & 0x100 else None


def operand_scales(registers: Registers, mode: str, dtype: str) -> tuple[Scale, Scale] | None:
    """Of the operands of an elementwise operation, as `Operation.operand_scales`."""
    if registers.architecture.is_u85:
        return _u85_operand_scales(registers, mode)
    if mode not in ("ADD", "SUB") or dtype == "int32":
        return None
    how = registers.short("IFM_PRECISION") >> 8 & 3
    if how == 0:
        low = [registers.read(name) & 0xFFFF for name in ("OPA_SCALE", "OPB_SCALE")]
        return Scale(low[0], 0, DOUBLE), Scale(low[1], 0, DOUBLE)
    if how == _RESERVED_SCALE_MODE or dtype not in _OPERAND_BITS:
        raise UnsupportedStreamError(f"operand scale mode {how} of {dtype}", registers.word)
    bits = _OPERAND_BITS[dtype]
    scale = registers.scale("OPA_SCALE", DOUBLE)
    scaled = Scale(scale.multiplier, scale.shift + bits, DOUBLE, bits)
    plain = Scale(1 << (bits - 1), 0, DOUBLE)
    return (scaled, plain) if how == 1 else (plain, scaled)


def _u85_operand_scales(registers: Registers, mode: str) -> tuple[Scale, Scale] | None:
    found = []
    for name in ("IFM_SCALE", "IFM2_SCALE"):
        scale = registers.scale(name, DOUBLE)
        if registers.short(name) >> 13:
            raise UnsupportedStreamError(f"rounding of {name}", registers.word)
        if scale.multiplier != 1 or scale.shift:
            if mode not in ("ADD", "SUB"):
                raise UnsupportedStreamError(f"{name} of ELEMENTWISE {mode}", registers.word)
            scale = scale._replace(shift=scale.shift + scale.doubling)
        else:
            scale = Scale(1, 0, DOUBLE)
        found.append(scale)
    return (found[0], found[1]) if any(scale.multiplier != 1 for scale in found) else None
