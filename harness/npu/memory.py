"""What is known of memory before any input is: which bytes are unset, depend on inputs, or are constant.

Addresses in a command stream do not depend on data: one walk through it checks all accesses of any run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .addressing import Index, bounds
from .errors import MemoryAccessError
from .identity import Origins
from .program import INTERNAL, LUT_BYTES, READ_ONLY, Program

if TYPE_CHECKING:
    from .operations import Range, Transfer

UNSET, DYNAMIC, CONSTANT = 0, 1, 2


class Bytes(NamedTuple):
    """One region: its constant content, what is known of each byte, and of what result it is."""

    name: str
    image: np.ndarray
    state: np.ndarray
    tags: np.ndarray


def _unset(name: str, size: int) -> Bytes:
    return Bytes(name, np.zeros(size, np.uint8), np.full(size, UNSET, np.uint8), np.zeros(size, np.int64))


def _constant(name: str, content: bytes) -> Bytes:
    size = len(content)
    state = np.full(size, CONSTANT, np.uint8)
    return Bytes(name, np.frombuffer(content, np.uint8), state, np.broadcast_to(np.int64(0), size))


class Memory:
    def __init__(self, program: Program) -> None:
        self.origins = Origins()
        self.regions: dict[int, Bytes] = {
            number: _unset(f"region {number}", size) for number, size in program.region_bytes.items()
        }
        self.regions[READ_ONLY] = _constant(f"read-only region {READ_ONLY}", program.read_only)
        self.aliases = program.aliases
        self.regions.update({new: self.regions[old] for new, old in self.aliases.items() if old in self.regions})
        base = program.architecture.lut_base
        self.tables = _unset("look-up table memory", base + LUT_BYTES)
        self.tables_base = base
        self._read_only: dict[Range, bytes] = {}
        """Constants that cannot change: of every time step one and the same object."""

    def forget_tables(self) -> None:
        self.tables.state[:] = UNSET

    def number(self, region: int) -> int:
        return self.aliases.get(region, region)

    def locate(self, region: int, at: Index, word: int, *, internal: bool = False) -> Bytes:
        """Find the region that holds all addresses `at`. Raises MemoryAccessError."""
        found = self.tables if internal else self.regions.get(region)
        if found is None:
            raise MemoryAccessError(f"region {region} is not mapped", word)
        low = self.tables_base if internal else 0
        least, most = bounds(at)
        if least < low or most >= len(found.image):
            raise MemoryAccessError(
                f"bytes {least:#x} to {most:#x} outside of {found.name} ({low:#x} to {len(found.image):#x})",
                word,
            )
        return found

    def check_size(self, region: int, size: int, word: int, what: str, *, internal: bool = False) -> None:
        """Refuse what cannot fit before its addresses are computed: a register may ask for terabytes."""
        found = self.tables if internal else self.regions.get(region)
        if found is not None and not 0 < size <= len(found.image):
            raise MemoryAccessError(f"{what} of {size} bytes does not fit into {found.name}", word)

    def constant(self, where: Range, word: int, what: str) -> bytes:
        """Bytes that must be known before the run: weights, scale records, look-up tables."""
        if where not in self._read_only:
            content = self._known(where, word, what)
            if where.internal or self.number(where.region) != READ_ONLY:
                return content
            self._read_only[where] = content
        return self._read_only[where]

    def _known(self, where: Range, word: int, what: str) -> bytes:
        self.check_size(where.region, where.length, word, what, internal=where.internal)
        span = where.span
        found = self.locate(where.region, span, word, internal=where.internal)
        if DYNAMIC in _states(found, span, word, what):
            raise MemoryAccessError(f"{what} at {where.base:#x} of {found.name}: overwritten by computed values", word)
        return found.image[span].tobytes()

    def check_read(self, region: int, at: Index, word: int, what: str) -> bytes:
        """States of the bytes, all of them set."""
        return _states(self.locate(region, at, word), at, word, what)

    def mark_written(self, region: int, at: Index, word: int, name: bytes) -> None:
        """From here on, the bytes at these addresses, in this order, are the result of that name."""
        found = self.writable(region, at, word)
        found.state[at] = DYNAMIC
        found.tags[at] = self.origins.tags(name, at.stop - at.start if isinstance(at, slice) else len(at))

    def name(self, region: int, at: Index) -> bytes:
        """The name of what the bytes at these addresses hold, in this order."""
        found = self.regions[region]
        return self.origins.name(found.tags[at], found.image[at])

    def writable(self, region: int, at: Index, word: int) -> Bytes:
        found = self.locate(region, at, word)
        if self.number(region) == READ_ONLY:
            raise MemoryAccessError(f"write to read-only data at {bounds(at)[0]:#x}", word)
        return found

    def copy(self, transfer: Transfer) -> bytes:
        """Carries out a transfer; returns the states of the copied bytes."""
        source, target, word = transfer.source, transfer.target, transfer.word
        here, there = source.span, target.span
        self.check_size(source.region, source.length, word, "DMA transfer")
        origin = self.locate(source.region, here, word)
        if target.internal:
            goal = self.locate(INTERNAL, there, word, internal=True)
        else:
            goal = self.writable(target.region, there, word)
        states: bytes = origin.state[here].tobytes()
        goal.state[there] = origin.state[here]
        goal.tags[there] = origin.tags[here]
        goal.image[there] = origin.image[here]
        return states


def places_of(state: int, states: bytes) -> np.ndarray:
    """Numbers of the bytes that are in this state."""
    return np.flatnonzero(np.frombuffer(states, np.uint8) == state)


def _states(found: Bytes, at: Index, word: int, what: str) -> bytes:
    states: bytes = found.state[at].tobytes()
    if UNSET in states:
        place = int(places_of(UNSET, states)[0])
        first = place + at.start if isinstance(at, slice) else int(at[place])
        raise MemoryAccessError(f"{what}: byte {first:#x} of {found.name} is read before it is written", word)
    return states
