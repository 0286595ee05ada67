"""Known failures as data: which case fails, at which stage, in which way, and where it is reported upstream."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """One entry of known_failures.toml; `test`, `model` and `target` are patterns, the rest must be equal."""

    test: str
    model: str = "*"
    target: str = "*"
    outcome: str
    stage: str = ""
    signal: str = ""
    upstream: str
    reason: str

    def concerns(self, test: str, model: str, target: str) -> bool:
        """Whether the entry is about this test."""
        pairs = ((test, self.test), (model, self.model), (target, self.target))
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)

    def explains(self, facts: Mapping[str, Any]) -> bool:
        """Whether the claim fails (outcome `fail`), or the stage failed, in just the way that the entry says."""
        if self.outcome == FAIL:
            return "verdict" in facts and not facts["verdict"]["passed"]
        failure = facts.get("failure", {})
        return (self.stage, self.outcome, self.signal) == tuple(
            failure.get(name) for name in ("stage", "kind", "signal")
        )


def read_known_failures(path: Path) -> list[KnownFailure]:
    """The entries of a known_failures.toml; raises UsageError that names what is wrong with the file."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("known", [])
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    known = {field.name for field in fields(KnownFailure)}
    for entry in entries:
        if unknown := sorted(set(entry) - known):
            raise UsageError(f"{path}: unknown key {unknown[0]!r} in an entry; the keys are {', '.join(sorted(known))}")
    try:
        return [KnownFailure(**entry) for entry in entries]
    except TypeError as error:
        raise UsageError(f"{path}: an entry is incomplete: {error}") from None
