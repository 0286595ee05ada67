"""What the constraint lists predict for each operator, before anything is compiled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Forecast:
    """Where an operator will run on a family: npu, cpu, dropped (it computes nothing at run time) or unknown.

    `violated` are the constraints that it breaks and `undecided` those that the file cannot tell, in Vela's words.
    """

    placement: str
    violated: tuple[str, ...]
    undecided: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """An operator with its forecasts by family, the TFLite Micro kernel for the CPU, its layer and its time step."""

    subgraph: int
    index: int
    name: str
    tensor: str
    kernel: str | None
    layer: str | None
    step: int | None
    forecasts: Mapping[str, Forecast]

    def on(self, family: str) -> Forecast:
        """The forecast for `ethos-u55`, `ethos-u65` (the same operators as U55) or `ethos-u85`."""
        return self.forecasts["ethos-u55" if family == "ethos-u65" else family]


@dataclass(frozen=True, slots=True)
class Predictions:
    """Every operator of a model."""

    operators: tuple[Prediction, ...]

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Predictions:
        """Read what `harness.operators.predict` returned."""
        return cls(tuple(_prediction(entry) for entry in plain["operators"]))


def _prediction(plain: Mapping[str, Any]) -> Prediction:
    forecasts = {
        family: Forecast(entry["placement"], tuple(entry["violated"]), tuple(entry["undecided"]))
        for family, entry in plain["families"].items()
    }
    names = ("subgraph", "index", "name", "tensor", "kernel", "layer", "step")
    return Prediction(**{name: plain[name] for name in names}, forecasts=forecasts)
