"""What was observed of a given model beside its float model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.evidence.outputs import Arrays


@dataclass(frozen=True, slots=True)
class Unrolling:
    """Outputs of a Keras model, looped and unrolled, in float32 and float64, by name, (samples, ...).

    `recurrent` names the layers that were unrolled.
    """

    looped: Arrays
    unrolled: Arrays
    looped_64: Arrays
    unrolled_64: Arrays
    recurrent: tuple[str, ...]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Unrolling:
        """Read what `harness.unrolling.prove` returned."""
        return cls(**{**plain, "recurrent": tuple(plain["recurrent"])})


@dataclass(frozen=True, slots=True)
class Metric:
    """The user's metric before and after quantization, which direction is better, and on how many rows."""

    before: float
    after: float
    better: str
    rows: int

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Metric:
        """Read what `harness.task.judge` returned."""
        return cls(**plain)

    @property
    def loss(self) -> float:
        """By how much it got worse, in its own unit; negative where it got better."""
        return self.before - self.after if self.better == "higher" else self.after - self.before
