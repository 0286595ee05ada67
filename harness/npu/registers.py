"""The registers as an operation sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from .errors import UnsupportedStreamError
from .operations import Scale

if TYPE_CHECKING:
    from .commands import Command
    from .program import Architecture


class Registers(NamedTuple):
    values: dict[str, Command]
    command: Command
    """The operation that reads them."""
    architecture: Architecture

    @property
    def word(self) -> int:
        return self.command.word

    def read(self, name: str) -> Command:
        try:
            return self.values[name]
        except KeyError:
            problem = f"{self.command.name} needs {name}, which was never set"
        raise UnsupportedStreamError(problem, self.word)

    def short(self, name: str, known: int = 0xFFFF) -> int:
        """Read a 16-bit parameter; a bit outside of `known` is a feature that is not implemented."""
        parameter = self.read(name).parameter
        if parameter & ~known:
            raise UnsupportedStreamError(f"{name}: unknown bits in {parameter:#06x}", self.word)
        return parameter

    def signed(self, name: str) -> int:
        value = self.read(name).parameter
        return value - (value >> 15 << 16)

    def long(self, name: str) -> int:
        """Read an address or a length."""
        return self.read(name).value

    def stride(self, name: str) -> int:
        """Strides may be negative: 40 bits, two's complement."""
        value = self.read(name).value & (1 << 40) - 1
        return value - (value >> 39 << 40)

    def scale(self, name: str, rounding: str) -> Scale:
        """Read a multiplier and, in [5:0], its shift; on the U85 [10:6] are bits of doubling."""
        command = self.read(name)
        if self.architecture.is_u85:
            doubling = command.parameter >> 6 & 31
            return Scale(command.payload, command.parameter & 63, rounding, doubling)
        return Scale(command.payload, command.parameter & 63, rounding)

    def mode(self, names: dict[int, str]) -> str:
        number = self.command.parameter
        if number not in names:
            raise UnsupportedStreamError(f"{self.command.name} mode {number}", self.word)
        return names[number]

    def ofm_shape(self) -> tuple[int, int, int]:
        height, width, depth = (self.short(f"OFM_{axis}_M1") + 1 for axis in ("HEIGHT", "WIDTH", "DEPTH"))
        return height, width, depth
