"""A model over windows as `harness.streaming` measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evidence.outputs import Arrays


@dataclass(frozen=True, slots=True)
class StateRange:
    """The range of a state against what the graph holds, as `harness.state_ranges.ranges_of` measured it."""

    low: NDArray[np.float64] = field(repr=False)
    high: NDArray[np.float64] = field(repr=False)
    held_low: NDArray[np.float64] = field(repr=False)
    held_high: NDArray[np.float64] = field(repr=False)
    scale: NDArray[np.float64] = field(repr=False)
    signal: NDArray[np.float64] = field(repr=False)
    clipped: NDArray[np.float64] = field(repr=False)
    beyond_lsb: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Streaming:
    """What `harness.streaming.stream` measured; keys are its words."""

    kinds: tuple[str, ...]
    windows: int
    pairs: tuple[Mapping[str, Any], ...]
    signal: Arrays
    noise: Mapping[str, Arrays]
    agrees: Arrays
    one_window: Mapping[str, Mapping[str, float]]
    restart: Mapping[str, float]
    ranges: Mapping[str, StateRange]

    def rows(self, kind: str) -> NDArray[np.intp]:
        """The sequences of a kind."""
        return np.flatnonzero(np.array(self.kinds) == kind)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Streaming:
        """Read what `harness.streaming.stream` returned."""
        ranges = {name: StateRange(**values) for name, values in plain["ranges"].items()}
        return cls(**{**plain, "kinds": tuple(plain["kinds"]), "pairs": tuple(plain["pairs"]), "ranges": ranges})


@dataclass(frozen=True, slots=True)
class CopiedBytes:
    """A stream with copied state bytes beside one by the contract, as `harness.copying.compare` measured it."""

    windows: int
    pairs: tuple[Mapping[str, Any], ...]
    problem: str
    signal: Arrays
    noise: Arrays

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> CopiedBytes:
        """Read what `harness.copying.compare` returned."""
        return cls(**{**plain, "pairs": tuple(plain["pairs"])})
