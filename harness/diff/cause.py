"""A cause of a change, and the evidence that shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.diff.change import Change
from harness.diff.subject import Pair
from harness.explain.cause import Certainty

Evidence = Callable[[Pair, Change], str]
"""What shows the cause, as a sentence; empty where nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffCause:
    """A cause with its remedy, how sure it is, where it is reported, and which topics of changes it explains."""

    name: str
    sentence: str
    topics: frozenset[str]
    evidence: Evidence
    certainty: Certainty = "certain"
    remedy: str = ""
    upstream: str = ""
