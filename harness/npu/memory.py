"""What is known of memory before any input is: which bytes are unset, depend on inputs, or are constant.

Addresses in a command stream do not depend on data: one walk through it checks all accesses of any run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import MemoryAccessError
from .program import INTERNAL, LUT_BYTES, READ_ONLY, Program

if TYPE_CHECKING:
    from .operations import Range, Transfer

UNSET, DYNAMIC, CONSTANT = 0, 1, 2


class Bytes:
    """One region: its constant content, and what is known of each byte."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.image = np.zeros(size, np.uint8)
        self.state = np.full(size, UNSET, np.uint8)


class Memory:
    def __init__(self, program: Program) -> None:
        self.aliases = program.aliases
        self.regions: dict[int, Bytes] = {
            number: Bytes(f"region {number}", size) for number, size in program.region_bytes.items()
        }
        read_only = Bytes(f"read-only region {READ_ONLY}", len(program.read_only))
        read_only.image[:] = np.frombuffer(program.read_only, np.uint8)
        read_only.state[:] = CONSTANT
        self.regions[READ_ONLY] = read_only
        base = program.architecture.lut_base
        self.tables = Bytes("look-up table memory", base + LUT_BYTES)
        self.tables_base = base

    def forget_tables(self) -> None:
        self.tables.state[:] = UNSET

    def number(self, region: int) -> int:
        return self.aliases.get(region, region)

    def locate(self, region: int, at: np.ndarray, word: int, *, internal: bool = False) -> Bytes:
        """Find the region that holds all addresses `at`. Raises MemoryAccessError."""
        found = self.tables if internal else self.regions.get(self.number(region))
        if found is None:
            raise MemoryAccessError(f"region {region} is not mapped", word)
        low = self.tables_base if internal else 0
        least, most = (int(at.min()), int(at.max())) if at.size else (low, low)
        if least < low or most >= max(len(found.image), 1):
            raise MemoryAccessError(
                f"bytes {least:#x} to {most:#x} outside of {found.name} ({low:#x} to {len(found.image):#x})",
                word,
            )
        return found

    def check_size(self, region: int, size: int, word: int, what: str, *, internal: bool = False) -> None:
        """Refuse what cannot fit before its addresses are computed: a register may ask for terabytes."""
        found = self.tables if internal else self.regions.get(self.number(region))
        if found is not None and not 0 < size <= len(found.image):
            raise MemoryAccessError(f"{what} of {size} bytes does not fit into {found.name}", word)

    def constant(self, where: Range, word: int, what: str) -> bytes:
        """Bytes that must be known before the run: weights, scale records, look-up tables."""
        self.check_size(where.region, where.length, word, what, internal=where.internal)
        at = np.arange(where.base, where.base + where.length)
        found = self.locate(where.region, at, word, internal=where.internal)
        self._check_set(found, at, word, what)
        if np.any(found.state[at] != CONSTANT):
            raise MemoryAccessError(f"{what} at {where.base:#x} of {found.name}: overwritten by computed values", word)
        return found.image[at].tobytes()

    def check_read(self, region: int, at: np.ndarray, word: int, what: str) -> np.ndarray:
        """States of the bytes, all of them set."""
        found = self.locate(region, at, word)
        self._check_set(found, at, word, what)
        states: np.ndarray = found.state[at]
        return states

    def mark_written(self, region: int, at: np.ndarray, word: int, content: np.ndarray | None = None) -> None:
        found = self.writable(region, at, word)
        found.state[at] = DYNAMIC if content is None else CONSTANT
        if content is not None:
            found.image[at] = content

    def writable(self, region: int, at: np.ndarray, word: int) -> Bytes:
        found = self.locate(region, at, word)
        if self.number(region) == READ_ONLY:
            raise MemoryAccessError(f"write to read-only data at {int(at.min()):#x}", word)
        return found

    def copy(self, transfer: Transfer) -> np.ndarray:
        """Carries out a transfer; returns the states of the copied bytes."""
        source, target, word = transfer.source, transfer.target, transfer.word
        self.check_size(source.region, source.length, word, "DMA transfer")
        span = np.arange(source.length)
        origin = self.locate(source.region, source.base + span, word)
        if target.internal:
            goal = self.locate(INTERNAL, target.base + span, word, internal=True)
        else:
            goal = self.writable(target.region, target.base + span, word)
        states: np.ndarray = origin.state[source.base + span]
        goal.state[target.base + span] = states
        goal.image[target.base + span] = origin.image[source.base + span]
        return states

    def _check_set(self, found: Bytes, at: np.ndarray, word: int, what: str) -> None:
        unset = at[found.state[at] == UNSET]
        if unset.size:
            raise MemoryAccessError(
                f"{what}: byte {int(unset[0]):#x} of {found.name} is read before it is written", word
            )
