"""What models computed, what the oracle says, and what a repair did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class FloatOutputs:
    """Outputs of the looped and the unrolled float model on the same inputs, by name, (samples, ...) float32."""

    looped: Arrays
    unrolled: Arrays

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> FloatOutputs:
        """Read what `harness.tracing.float_outputs` returned."""
        return cls(plain["looped"], plain["unrolled"])


@dataclass(frozen=True, slots=True)
class FusedOutputs:
    """Float outputs by name, (samples, ...): of Keras 2's LSTM, and of the one operator that it becomes."""

    keras: Arrays
    operator: Arrays

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> FusedOutputs:
        """Read what `harness.fused.run` returned."""
        return cls(plain["keras"], plain["operator"])


@dataclass(frozen=True, slots=True)
class Oracle:
    """Outputs of the float64 oracle and how far a float32 evaluation may lie from them, by name."""

    outputs: Arrays
    bounds: Arrays

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Oracle:
        """Read what `harness.oracle.judge` returned."""
        return cls(plain["outputs"], plain["bounds"])


@dataclass(frozen=True, slots=True)
class Repair:
    """What the exact repairs changed and refused, a sentence each."""

    changes: tuple[str, ...]
    refused: tuple[str, ...]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Repair:
        """Read what `harness.repair.repair` returned."""
        return cls(tuple(plain["changes"]), tuple(plain["refused"]))


@dataclass(frozen=True, slots=True)
class Labels:
    """The label that a classifier gave each judging digit, and the right one, (n,) int64 each."""

    labels: NDArray[np.int64] = field(repr=False)
    expected: NDArray[np.int64] = field(repr=False)

    def first(self, count: int) -> Labels:
        """Those of the first digits."""
        return Labels(self.labels[:count], self.expected[:count])

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Labels:
        """Read what `classify` of `harness.digits` or `harness.training` returned."""
        return cls(plain["labels"], plain["expected"])
