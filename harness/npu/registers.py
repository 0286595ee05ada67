"""The registers as an operation sees them."""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING, Callable, NamedTuple

from .commands import PARAMETER_BIT, PARAMETERS, PAYLOADS, U85_PAYLOADS
from .errors import UnsupportedStreamError
from .operations import Scale

if TYPE_CHECKING:
    from .program import Architecture

_OFM_SIZES = itemgetter("OFM_HEIGHT_M1", "OFM_WIDTH_M1", "OFM_DEPTH_M1")
_NOT_OF_KIND = re.compile("DMA0_.*|.*_(BASE[0-3]?|LENGTH|ZERO_POINT|SCALE)")
_ALL = {*PARAMETERS.values(), *PAYLOADS.values(), *U85_PAYLOADS.values()}
_OF_KIND = sorted(name for name in _ALL if not _NOT_OF_KIND.fullmatch(name))
_PAYLOAD = (1 << PARAMETER_BIT) - 1


class Registers(NamedTuple):
    values: dict[str, int]
    """As in `Commands`, by name."""
    word: int
    """Of the operation that reads them."""
    operation: str
    parameter: int
    """Of the operation."""
    architecture: Architecture

    def read(self, name: str) -> int:
        try:
            return self.values[name]
        except KeyError:
            raise self._unset(name) from None

    def all(self, select: Callable[[dict[str, int]], tuple[int, ...]]) -> tuple[int, ...]:
        """Values of several registers, which an `operator.itemgetter` of their names selects."""
        try:
            return select(self.values)
        except KeyError as error:
            raise self._unset(error.args[0]) from None

    def _unset(self, name: str) -> UnsupportedStreamError:
        return UnsupportedStreamError(f"{self.operation} needs {name}, which was never set", self.word)

    def short(self, name: str, known: int = 0xFFFF) -> int:
        """Read a 16-bit parameter; a bit outside of `known` is a feature that is not implemented."""
        parameter = self.read(name) >> PARAMETER_BIT
        if parameter & ~known:
            raise UnsupportedStreamError(f"{name}: unknown bits in {parameter:#06x}", self.word)
        return parameter

    def signed(self, name: str) -> int:
        value = self.short(name)
        return value - (value >> 15 << 16)

    def payload(self, name: str) -> int:
        return self.read(name) & _PAYLOAD

    def long(self, name: str) -> int:
        """Read an address or a length."""
        return self.read(name)

    def scale(self, name: str, rounding: str) -> Scale:
        """Read a multiplier and, in [5:0], its shift; on the U85 [10:6] are bits of doubling."""
        value = self.read(name)
        parameter = value >> PARAMETER_BIT
        doubling = parameter >> 6 & 31 if self.architecture.is_u85 else 0
        return Scale(value & _PAYLOAD, parameter & 63, rounding, doubling)

    def kind(self) -> tuple[str | int | None, ...]:
        """The operation, and all that is set but addresses, zero points, scales and DMA: a key for what is alike."""
        return (self.operation, self.parameter, *map(self.values.get, _OF_KIND))

    def mode(self, names: dict[int, str]) -> str:
        number = self.parameter
        if number not in names:
            raise UnsupportedStreamError(f"{self.operation} mode {number}", self.word)
        return names[number]

    def ofm_shape(self) -> tuple[int, int, int]:
        height, width, depth = self.all(_OFM_SIZES)
        return (height >> PARAMETER_BIT) + 1, (width >> PARAMETER_BIT) + 1, (depth >> PARAMETER_BIT) + 1
