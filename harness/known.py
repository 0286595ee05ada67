"""Known failures as data: which case fails, at which stage, in which way, and where it is reported upstream."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import UsageError
from harness.toolchains import TODAY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


FAIL = "fail"
Patterns = str | Sequence[str]


class Question(NamedTuple):
    """What a test asks: its name, the ids of model and target (empty where it has none), and whose tools are asked.

    `toolchain` is the name of the one that converted the model, `vela` of the one whose Vela compiled it (empty where
    nothing was compiled).
    """

    test: str
    model: str = ""
    target: str = ""
    toolchain: str = TODAY
    vela: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """One entry of known_failures.toml: `test` to `vela` are patterns over a question, or lists of them.

    The rest must be equal. An entry that names no toolchain is about today's; one that names no `vela` is about any.
    """

    test: Patterns
    model: Patterns = "*"
    target: Patterns = "*"
    toolchain: Patterns = TODAY
    vela: Patterns = "*"
    outcome: str
    stage: str = ""
    signal: str = ""
    upstream: str
    reason: str

    def names(self, test: str) -> bool:
        """Whether the entry is about tests of this name."""
        return _fits(test, self.test)

    def concerns(self, question: Question) -> bool:
        """Whether the entry is about this test."""
        return all(_fits(value, getattr(self, name)) for name, value in question._asdict().items())

    def explains(self, facts: Mapping[str, Any]) -> bool:
        """Whether the claim fails (outcome `fail`), or the stage failed, in just the way that the entry says."""
        if self.outcome == FAIL:
            return "verdict" in facts and not facts["verdict"]["passed"]
        failure = facts.get("failure", {})
        return (self.stage, self.outcome, self.signal) == tuple(
            failure.get(name) for name in ("stage", "kind", "signal")
        )


def _fits(value: str, patterns: Patterns) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns))


def require_subjects(known: Iterable[KnownFailure], asked: Collection[Question]) -> None:
    """Raise UsageError for an entry that is about no question, though its test is asked of its toolchains."""
    for entry in known:
        about = replace(entry, model="*", target="*")
        same_test = [question for question in asked if about.concerns(question)]
        if same_test and not any(entry.concerns(question) for question in same_test):
            raise UsageError(
                f"known_failures.toml: the entry for {entry.test} on model {entry.model!r}, target {entry.target!r} is "
                "about nothing that is asked: remove it, or mend its patterns"
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
        for key, value in entry.items():
            if not all(isinstance(word, str) for word in (value if isinstance(value, list) else [value])):
                raise UsageError(f"{path}: {key} is {value!r} in an entry: give text, or a list of texts")
    try:
        return [KnownFailure(**entry) for entry in entries]
    except TypeError as error:
        raise UsageError(f"{path}: an entry is incomplete: {error}") from None
