"""The states of a model: what carries them over, and what a QUANTIZE on their outputs changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StatePair:
    """An output and the input that it becomes, as `harness.contract.judge` tells them."""

    state: str
    output: str
    input: str
    shape: tuple[int, ...]
    dtype: str
    output_scale: float | None
    output_zero_point: int | None
    input_scale: float | None
    input_zero_point: int | None
    equal: bool
    raw_error_lsb: int
    raw_error: float
    multiplier: int
    shift: int

    def to_plain(self) -> dict[str, Any]:
        """The pair as `harness.handover` and `harness.contract.rescale` take it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Contract:
    """The states of a model; `problems` are pairs that nothing carries over, `unpaired` names without a partner."""

    pairs: tuple[StatePair, ...]
    problems: tuple[str, ...] = ()
    unpaired: tuple[str, ...] = ()

    @property
    def differing(self) -> tuple[StatePair, ...]:
        """The pairs whose bytes must not be copied as they are."""
        return tuple(pair for pair in self.pairs if not pair.equal)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Contract:
        """Read what `harness.contract.judge` returned."""
        pairs = tuple(StatePair(**{**pair, "shape": tuple(pair["shape"])}) for pair in plain["pairs"])
        return cls(pairs, tuple(plain["problems"]), tuple(plain["unpaired"]))


@dataclass(frozen=True, slots=True)
class Distance:
    """Two arrays of integers: how many values were compared, how many differ, by how many LSB at most."""

    values: int
    differing: int
    largest_lsb: int

    @staticmethod
    def total(distances: Distances) -> Distance:
        """Over all kernels and outputs."""
        each = [distance for outputs in distances.values() for distance in outputs.values()]
        return Distance(
            sum(distance.values for distance in each),
            sum(distance.differing for distance in each),
            max((distance.largest_lsb for distance in each), default=0),
        )


Distances = Mapping[str, Mapping[str, Distance]]
"""By set of kernels and output."""


@dataclass(frozen=True, slots=True)
class StateEffect:
    """For each set of kernels and output: the repaired model beside the host's rescale of the unrepaired one."""

    states: tuple[str, ...]
    kernels: Distances

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> StateEffect:
        """Read what `harness.state_effect.measure` returned."""
        return cls(tuple(plain["states"]), _distances(plain["kernels"]))


@dataclass(frozen=True, slots=True)
class ResetEffect:
    """How far an inference is from the first of a new interpreter: repeated as it is, and after a reset.

    `inferences` is how many inputs were tried; none of a model without variables.
    """

    inferences: int = 0
    repeated: Distances = field(default_factory=dict)
    after_reset: Distances = field(default_factory=dict)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> ResetEffect:
        """Read what `harness.resets.observe` returned."""
        return cls(plain["inferences"], _distances(plain["repeated"]), _distances(plain["after_reset"]))


def _distances(plain: Mapping[str, Any]) -> Distances:
    return {
        name: {output: Distance(**distance) for output, distance in outputs.items()} for name, outputs in plain.items()
    }
