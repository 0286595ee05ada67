"""Feature maps from registers: precision, layout, storage, broadcasting."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Callable, NamedTuple, Tuple

from .commands import PARAMETER_BIT
from .errors import UnsupportedStreamError
from .operations import CHAINED, MEMORY, SCALAR, FeatureMap

if TYPE_CHECKING:
    from .registers import Registers

Shape = Tuple[int, int, int]
_DTYPES = {0: ("uint8", "int8"), 1: ("uint16", "int16"), 2: ("uint32", "int32")}
_STORAGE = {0: MEMORY, 2: CHAINED, 3: SCALAR}
_SCALAR_FROM_REGISTER = 8
_AXES = {0: (0, 1, 2), 6: (2, 0, 1)}
"""How an OFM is stored: as it is (HWC), or depth, height, width (CHW)."""

_KNOWN_PRECISION_BITS = {"IFM": 0x034D, "IFM2": 0x004D, "OFM": 0xC147}
_U85_KNOWN_PRECISION_BITS = {"IFM": 0xC04D, "IFM2": 0xC04D, "OFM": 0xF947}


_BASES = ("BASE0", "BASE1", "BASE2", "BASE3")
_LAYOUT = (*_BASES, "HEIGHT0_M1", "HEIGHT1_M1", "WIDTH0_M1", "STRIDE_Y", "STRIDE_X", "STRIDE_C")


class _Names(NamedTuple):
    """The registers of a feature map."""

    precision: str
    zero_point: str
    region: str
    bases: Callable[[dict[str, int]], tuple[int, ...]]
    """Selects them."""
    layout: Callable[[dict[str, int]], tuple[int, ...]]
    """Selects bases, heights and width of tiles, and strides."""


_NAMES = {
    name: _Names(
        f"{name}_PRECISION",
        f"{name}_ZERO_POINT",
        f"{name}_REGION",
        itemgetter(*(f"{name}_{register}" for register in _BASES)),
        itemgetter(*(f"{name}_{register}" for register in _LAYOUT)),
    )
    for name in ("IFM", "IFM2", "OFM")
}
"""Spelled once: a stream has thousands of feature maps."""


def feature_map(registers: Registers, name: str, shape: Shape) -> FeatureMap:
    """IFM, IFM2 or OFM with the given height, width, depth."""
    names = _NAMES[name]
    precision, storage = _precision(registers, name)
    zero_point = registers.signed(names.zero_point)
    dtype = _dtype(registers, name, precision)
    if storage == SCALAR:
        return FeatureMap((1, 1, 1), dtype, zero_point, SCALAR, scalar=_scalar(registers))
    region = registers.short(names.region)
    if storage == CHAINED:
        return FeatureMap(shape, dtype, zero_point, CHAINED, region)
    _check_upscaling(registers, name)
    *bases, height0, height1, width0, step_y, step_x, step_c = registers.all(names.layout)
    return FeatureMap(
        shape,
        dtype,
        zero_point,
        MEMORY,
        region,
        bases=(bases[0], bases[1], bases[2], bases[3]),
        tile=((height0 >> PARAMETER_BIT) + 1, (height1 >> PARAMETER_BIT) + 1, (width0 >> PARAMETER_BIT) + 1),
        strides=(_stride(step_y), _stride(step_x), _stride(step_c)),
        bricks=bool(precision & 0x40),
        axes=_axes(registers, name, precision),
    )


def as_set(feature: FeatureMap, registers: Registers, name: str) -> FeatureMap:
    """The same feature map with the zero point and the bases that the registers hold."""
    names = _NAMES[name]
    zero_point = registers.signed(names.zero_point)
    if feature.storage != MEMORY:
        return feature._replace(zero_point=zero_point)
    base0, base1, base2, base3 = registers.all(names.bases)
    return feature._replace(zero_point=zero_point, bases=(base0, base1, base2, base3))


def _stride(value: int) -> int:
    """Strides may be negative: 40 bits, two's complement."""
    low = value & (1 << 40) - 1
    return low - (low >> 39 << 40)


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
    if width not in _DTYPES:
        raise UnsupportedStreamError(f"{name}: precision code {width}", registers.word)
    return _DTYPES[width][precision & 1]


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
    value = registers.payload("OP_SCALAR")
    return value - (value >> 31 << 32)


def _check_upscaling(registers: Registers, name: str) -> None:
    if name == "IFM" and registers.short("IFM_UPSCALE"):
        raise UnsupportedStreamError("IFM upscaling", registers.word)
