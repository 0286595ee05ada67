"""What the values of runs reach: ends of clamps, and entries of look-up tables."""

from __future__ import annotations

import numpy as np


class Clamp:
    """One clamp, and whether a value has been beyond either of its ends."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high
        self.cut_low = self.cut_high = False

    def note(self, values: np.ndarray) -> None:
        """See the values before they are clamped; stop looking once both ends have been reached."""
        self.cut_low = self.cut_low or bool(values.min() < self.low)
        self.cut_high = self.cut_high or bool(values.max() > self.high)


class Coverage:
    """What an executor's runs reached. Tables of the same content count as one."""

    def __init__(self) -> None:
        self.clamps: list[Clamp] = []
        self.tables: dict[bytes, np.ndarray] = {}

    def clamp(self, limits: tuple[int, int]) -> Clamp:
        """Begin to watch a clamp."""
        self.clamps.append(Clamp(*limits))
        return self.clamps[-1]

    def table(self, entries: np.ndarray) -> np.ndarray:
        """Begin to watch a table: bool (256,), to be set where an entry is read."""
        return self.tables.setdefault(entries.tobytes(), np.zeros(len(entries), np.bool_))

    def figures(self) -> dict[str, int]:
        """How many there are, and how many were reached."""
        return {
            "table_entries": sum(len(reached) for reached in self.tables.values()),
            "table_entries_reached": sum(int(reached.sum()) for reached in self.tables.values()),
            "clamps": len(self.clamps),
            "clamps_reached_low": sum(clamp.cut_low for clamp in self.clamps),
            "clamps_reached_high": sum(clamp.cut_high for clamp in self.clamps),
        }
