"""The quantization error as `harness.quantization` measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.evidence.outputs import Arrays


@dataclass(frozen=True, slots=True)
class OutputError:
    """The error of one output against float64: over all sequences, quantiles over them, the worst, each energy."""

    sqnr_db: float
    low_db: float
    median_db: float
    high_db: float
    worst_sequence: int
    worst_db: float
    noise: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True)
class QuantizationErrors:
    """What `harness.quantization.judge`, or `harness.task.compare`, measured; keys are their words."""

    data: str
    sequences: int
    bits: int
    signal: Arrays
    errors: Mapping[str, Mapping[str, OutputError]]
    agrees: Mapping[str, NDArray[np.bool_]]
    spread: Mapping[str, Mapping[str, float]]
    limits: Mapping[str, Mapping[str, float]]
    hidden_db: tuple[float | None, ...]
    unexplained: str = ""
    """Why there is no rounding oracle for the model; empty where there is one."""
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    """Why a set of kernels is not among the errors, by its name."""

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> QuantizationErrors:
        """Read what `harness.quantization.judge` returned."""
        errors = {
            source: {name: OutputError(**error) for name, error in outputs.items()}
            for source, outputs in plain["errors"].items()
        }
        return cls(**{**plain, "errors": errors, "hidden_db": tuple(plain["hidden_db"])})
