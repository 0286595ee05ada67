"""A command stream as our host model of the NPU executes it, beside LiteRT's reference kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Deviation:
    """How many values differ, by at most how many LSB, and the first input for which one does (-1: none)."""

    values: int
    differing: int
    largest_lsb: int
    first: int

    @property
    def share(self) -> float:
        """Of the values that differ."""
        return self.differing / self.values if self.values else 0.0

    @staticmethod
    def total(distances: Mapping[str, Deviation]) -> Deviation:
        """Over all outputs."""
        each = list(distances.values())
        firsts = [distance.first for distance in each if distance.differing]
        return Deviation(
            sum(distance.values for distance in each),
            sum(distance.differing for distance in each),
            max((distance.largest_lsb for distance in each), default=0),
            min(firsts, default=-1),
        )


@dataclass(frozen=True, slots=True)
class Execution:
    """What `harness.execution.execute` found; keys are its words. Distances are by output."""

    samples: Mapping[str, int]
    windows: int
    states: tuple[str, ...]
    reference: Mapping[str, Deviation]
    """The samples, FULLY_CONNECTED rounded once, against the reference kernels."""
    hardware: Mapping[str, Deviation]
    """Samples and stream, rounded as the stream says, against the reference kernels with FULLY_CONNECTED alike."""
    deviation: Mapping[str, Deviation]
    """Between those two references, and so of the NPU from LiteRT's kernels: over the samples."""
    stream_deviation: Mapping[str, Deviation]
    """The same over the stream, in which each carries its own states."""
    parted: int
    """Samples for which they differ."""
    table_ties: int
    """LUT entries of the source's operators that Vela and LiteRT round apart, by float64 and float32."""
    coverage: Mapping[str, int]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Execution:
        """Read what `harness.execution.execute` returned."""
        differences = {rounding: _distances(outputs) for rounding, outputs in plain["differences"].items()}
        return cls(
            samples=plain["samples"],
            windows=plain["windows"],
            states=tuple(plain["states"]),
            deviation=_distances(plain["deviation"]),
            stream_deviation=_distances(plain["stream_deviation"]),
            parted=plain["parted"],
            table_ties=plain["table_ties"],
            coverage=plain["coverage"],
            **differences,
        )


def _distances(plain: Mapping[str, Mapping[str, int]]) -> dict[str, Deviation]:
    return {name: Deviation(**distance) for name, distance in plain.items()}
