"""Feature maps from registers: precision, layout, storage, broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Tuple

from .errors import UnsupportedStreamError
from .operations import CHAINED, MEMORY, SCALAR, FeatureMap

if TYPE_CHECKING:
    from .registers import Registers

Shape = Tuple[int, int, int]
_BITS = {0: 8, 1: 16, 2: 32}
_STORAGE = {0: MEMORY, 2: CHAINED, 3: SCALAR}
_SCALAR_FROM_REGISTER = 8
_AXES = {0: (0, 1, 2), 6: (2, 0, 1)}
"""How an OFM is stored: as it is (HWC), or depth, height, width (CHW)."""

_KNOWN_PRECISION_BITS = {"IFM": 0x034D, "IFM2": 0x004D, "OFM": 0xC147}
_U85_KNOWN_PRECISION_BITS = {"IFM": 0xC04D, "IFM2": 0xC04D, "OFM": 0xF947}


class _Names(NamedTuple):
    """The registers of a feature map."""

    precision: str
    zero_point: str
    region: str
    bases: tuple[str, str, str, str]
    tile: tuple[str, str, str]
    strides: tuple[str, str, str]


_NAMES = {
    name: _Names(
        f"{name}_PRECISION",
        f"{name}_ZERO_POINT",
        f"{name}_REGION",
        (f"{name}_BASE0", f"{name}_BASE1", f"{name}_BASE2", f"{name}_BASE3"),
        (f"{name}_HEIGHT0_M1", f"{name}_HEIGHT1_M1", f"{name}_WIDTH0_M1"),
        (f"{name}_STRIDE_Y", f"{name}_STRIDE_X", f"{name}_STRIDE_C"),
    )
    for name in ("IFM", "IFM2", "OFM")
}
"""Spelled once: a stream has thousands of feature maps."""


def feature_map(registers: Registers, name: str, shape: Shape) -> FeatureMap:
    """IFM, IFM2 or OFM with the given height, width, depth."""
    names, short, long, stride = _NAMES[name], registers.short, registers.long, registers.stride
    precision, storage = _precision(registers, name)
    zero_point = registers.signed(names.zero_point)
    dtype = _dtype(registers, name, precision)
    if storage == SCALAR:
        return FeatureMap((1, 1, 1), dtype, zero_point, SCALAR, scalar=_scalar(registers))
    region = short(names.region)
    if storage == CHAINED:
        return FeatureMap(shape, dtype, zero_point, CHAINED, region)
    _check_upscaling(registers, name)
    (base0, base1, base2, base3), (height0, height1, width0), (step_y, step_x, step_c) = names[3:]
    return FeatureMap(
        shape,
        dtype,
        zero_point,
        MEMORY,
        region,
        bases=(long(base0), long(base1), long(base2), long(base3)),
        tile=(short(height0) + 1, short(height1) + 1, short(width0) + 1),
        strides=(stride(step_y), stride(step_x), stride(step_c)),
        bricks=bool(precision & 0x40),
        axes=_axes(registers, name, precision),
    )


def _axes(registers: Registers, name: str, precision: int) -> Shape:
    code = precision >> 11 & 7 if name == "OFM" and registers.architecture.is_u85 else 0
    if code not in _AXES:
        raise UnsupportedStreamError(f"OFM transposed in way {code}", registers.word)
    return _AXES[code]


def _precision(registers: Registers, name: str) -> tuple[int, str]:
    u85 = registers.architecture.is_u85
    known = (_U85_KNOWN_PRECISION_BITS if u85 else _KNOWN_PRECISION_BITS)[name]
    precision = registers.short(_NAMES[name].precision, known)
    storage = _STORAGE.get(precision >> 14, "") if u85 else MEMORY
    if not storage:
        raise UnsupportedStreamError(f"{name}: tiles of 3x1", registers.word)
    return precision, storage


def _dtype(registers: Registers, name: str, precision: int) -> str:
    width = precision >> (1 if name == "OFM" else 2) & 3
    if width not in _BITS:
        raise UnsupportedStreamError(f"{name}: precision code {width}", registers.word)
    return f"{'' if precision & 1 else 'u'}int{_BITS[width]}"


def operand(registers: Registers, name: str, shape: Shape) -> FeatureMap:
    """IFM or IFM2 of an elementwise operation on an OFM of this shape: broadcast axes have size 1."""
    mode = _broadcast(registers, name)
    if mode & _SCALAR_FROM_REGISTER and not registers.architecture.is_u85:
        dtype = _dtype(registers, name, _precision(registers, name)[0])
        zero_point, scalar = registers.signed("IFM2_ZERO_POINT"), registers.signed("IFM2_SCALAR")
        return FeatureMap((1, 1, 1), dtype, zero_point, SCALAR, scalar=scalar)
    height, width, depth = (1 if mode >> axis & 1 else size for axis, size in enumerate(shape))
    found = feature_map(registers, name, (height, width, depth))
    if (found.storage == SCALAR) != bool(mode & _SCALAR_FROM_REGISTER):
        raise UnsupportedStreamError(f"{name}: broadcast mode {mode} with storage {found.storage}", registers.word)
    return found


def _broadcast(registers: Registers, name: str) -> int:
    """Bits: 1 height, 2 width, 4 depth, 8 the value of a register."""
    if registers.architecture.is_u85:
        return registers.short(f"{name}_BROADCAST", known=0xF)
    if name == "IFM":
        return 0
    value = registers.short("IFM2_BROADCAST", known=0xC7)
    return value & 7 | (_SCALAR_FROM_REGISTER if value & 0x80 else 0)


def _scalar(registers: Registers) -> int:
    value = registers.read("OP_SCALAR").payload
    return value - (value >> 31 << 32)


def _check_upscaling(registers: Registers, name: str) -> None:
    if name == "IFM" and registers.short("IFM_UPSCALE"):
        raise UnsupportedStreamError("IFM upscaling", registers.word)
