"""What a check says: whether a claim holds, and why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True, repr=False)
class Verdict:
    """Whether a claim holds: what was observed, what was allowed, and, where it fails, cause and remedy.

    `figures` are numbers by name, `series` what a figure is from window to window.
    """

    claim: str
    passed: bool
    observed: str
    allowed: str = ""
    cause: str = ""
    remedy: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.passed

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        sentence = f"{self.claim}: {self.observed}"
        if self.passed:
            return sentence
        parts = [sentence, f"allowed: {self.allowed}" if self.allowed else "", self.cause, self.remedy]
        return "; ".join(part for part in parts if part)


def figures_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values, for JSON: a figure that is no number is None."""
    return {
        "claim": verdict.claim,
        "passed": bool(verdict.passed),
        "observed": verdict.observed,
        "allowed": verdict.allowed,
        "cause": verdict.cause,
        "remedy": verdict.remedy,
        "figures": {name: _number(value) for name, value in verdict.figures.items()},
        "series": {name: [_number(value) for value in values] for name, values in verdict.series.items()},
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def distinct(sentences: Iterable[str]) -> str:
    """Each sentence once, in order."""
    return "; ".join(dict.fromkeys(sentences))
