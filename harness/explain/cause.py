"""A cause: the evidence that identifies it, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from harness.evidence import CpuOperator

Certainty = Literal["certain", "likely", "possible", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause with its remedy, how sure it is, and where it is reported.

    `operator`, `kind`, `stage` and `signal` must match in full; `tensor`, `reason` and `text` anywhere, case and all.
    """

    name: str
    sentence: str
    remedy: str
    certainty: Certainty = "certain"
    upstream: str = ""
    operator: str = ".*"
    tensor: str = ""
    reason: str = ""
    stage: str = ".*"
    kind: str = ".*"
    signal: str = ".*"
    text: str = ""

    def explains_operator(self, operator: CpuOperator) -> bool:
        """Whether the evidence of an operator fits."""
        return bool(
            re.fullmatch(self.operator, operator.name)
            and re.search(self.tensor, operator.tensor)
            and re.search(self.reason, operator.reason)
        )

    def explains_failure(self, stage: str, kind: str, signal: str, text: str) -> bool:
        """Whether the evidence of a failed stage fits."""
        pairs = ((self.stage, stage), (self.kind, kind), (self.signal, signal))
        return all(re.fullmatch(pattern, value) for pattern, value in pairs) and bool(re.search(self.text, text))
