"""A change: what is not as it was, whether that is better or worse, and what it is about."""

from __future__ import annotations

from dataclasses import dataclass

from harness.baseline import BETTER, CAME, SHOWN, WENT, WORSE

ORDER = (WORSE, WENT, CAME, BETTER, SHOWN)
"""The most important first."""

PLACEMENT, SEGMENTS, OPERATORS, SCALES, CYCLES, BYTES, ERROR = (
    "placement",
    "segments",
    "operators",
    "scales",
    "cycles",
    "bytes",
    "error",
)
COMPILED, EXECUTED, MEASURED, INSPECTED = "compiled claim", "executed claim", "measured claim", "inspected claim"
"""Claims by what they rest on: the compiled file, its execution, computed outputs, the model file."""

PRESENCE = "presence"
TOPICS = (
    PLACEMENT,
    SEGMENTS,
    COMPILED,
    EXECUTED,
    ERROR,
    MEASURED,
    INSPECTED,
    CYCLES,
    BYTES,
    OPERATORS,
    SCALES,
    PRESENCE,
)
"""In the order in which they are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing of one subject.

    `what` says it without numbers, so that the same change of many subjects can be told once; `detail` is the type of
    the operator, the name of the figure or of the claim; `growth` is by how much a figure changed, in `unit`.
    """

    kind: str
    topic: str
    subject: str
    what: str
    sentence: str
    detail: str = ""
    growth: float | None = None
    unit: str = ""

    @property
    def is_worse(self) -> bool:
        return self.kind == WORSE


__all__ = [
    "BETTER",
    "BYTES",
    "CAME",
    "COMPILED",
    "CYCLES",
    "ERROR",
    "EXECUTED",
    "INSPECTED",
    "MEASURED",
    "OPERATORS",
    "ORDER",
    "PLACEMENT",
    "PRESENCE",
    "SCALES",
    "SEGMENTS",
    "SHOWN",
    "TOPICS",
    "WENT",
    "WORSE",
    "Change",
]
