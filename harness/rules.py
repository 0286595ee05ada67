"""Rules of a policy: limits for the cases that a pattern names; the most literal pattern wins."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from harness.errors import UsageError
from harness.limits import LIMIT, LIMITS, Limit, Value
from harness.policy import DEFAULT, Policy

EVERYTHING = "*"
_COMMAND_LINE = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Limits for every model or case whose id the pattern (fnmatch, case-sensitive) fits."""

    pattern: str
    values: Mapping[str, Value]
    origin: str
    from_command_line: bool = False

    @property
    def rank(self) -> int:
        """The number of literal characters of the pattern; the command line is above every file."""
        return _COMMAND_LINE if self.from_command_line else len(re.sub(r"\[!?\]?[^]]*\]|[*?]", "", self.pattern))

    def concerns(self, ids: Iterable[str]) -> bool:
        """Whether the pattern fits one of the ids: that of the case or that of its model."""
        return any(fnmatchcase(name, self.pattern) for name in ids)


@dataclass(frozen=True, slots=True)
class Bound:
    """What a case is allowed for one limit, and the rule that says so."""

    limit: Limit
    allowed: Value
    origin: str

    @property
    def id(self) -> str:
        """The limit, as in test ids."""
        return self.limit.name


def read_rules(table: Mapping[str, Any], origin: str) -> tuple[Rule, ...]:
    """The rules of a table `[tool.harness.policy]`: its own keys are for every case, its tables for those of a pattern.

    Raises UsageError for an unknown key and for a value that is not of the limit's type or range.
    """
    own = {key: value for key, value in table.items() if not isinstance(value, Mapping)}
    patterns = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    rules = [_rule(EVERYTHING, own, origin)] if own else []
    return (*rules, *(_rule(pattern, values, f'{origin} "{pattern}"') for pattern, values in patterns.items()))


def command_line_rules(values: Mapping[str, str]) -> tuple[Rule, ...]:
    """One rule for each limit that was given as an option, for every case."""
    return tuple(
        Rule(
            pattern=EVERYTHING,
            values={name: LIMIT[name].read(text, "command line")},
            origin="the command line",
            from_command_line=True,
        )
        for name, text in values.items()
    )


def bounds_of(rules: Sequence[Rule], ids: Sequence[str]) -> dict[str, Bound]:
    """What is allowed for each limit that a rule or a default sets; raises UsageError where two rules tie."""
    bounds = {limit.name: Bound(limit, limit.default, "default") for limit in LIMITS if limit.default is not None}
    for limit in LIMITS:
        setting = _by_rank(rules, limit.name, ids)
        if setting:
            bounds[limit.name] = Bound(limit, setting[0].values[limit.name], setting[0].origin)
    return bounds


def policy_of(rules: Sequence[Rule], ids: Sequence[str]) -> Policy:
    """The policy for the model or case of these ids."""
    allowed: dict[str, Any] = {name: bound.allowed for name, bound in bounds_of(rules, ids).items()}
    return Policy(**allowed) if rules else DEFAULT


def explain_policy(rules: Sequence[Rule], name: str) -> list[str]:
    """For each limit: what holds for the model or case of this id, which rule says so, and which ones it overrules."""
    ids = [name.partition("-")[0], name]  # a rule for a model is one for its cases
    bounds, lines = bounds_of(rules, ids), [f"policy for {name}:"]
    for limit in LIMITS:
        over = "".join(
            f"; overrules {rule.values[limit.name]!r} of {rule.origin}{_literal(rule)}"
            for rule in _by_rank(rules, limit.name, ids)[1:]
        )
        bound = bounds.get(limit.name)
        text = "not set: nothing is judged" if bound is None else f"{bound.allowed!r:<10} {_source(rules, bound, ids)}"
        lines.append(f"  {limit.name:<27}{text}{over}")
    return lines


def _source(rules: Sequence[Rule], bound: Bound, ids: Sequence[str]) -> str:
    setting = _by_rank(rules, bound.limit.name, ids)
    return f"{bound.origin}{_literal(setting[0])}" if setting else bound.origin


def _literal(rule: Rule) -> str:
    return "" if rule.from_command_line else f" ({rule.rank} literal characters)"


def _by_rank(rules: Sequence[Rule], limit: str, ids: Sequence[str]) -> list[Rule]:
    """The rules that set a limit for these ids, the one that wins first."""
    found = sorted((r for r in rules if limit in r.values and r.concerns(ids)), key=lambda rule: -rule.rank)
    if len(found) > 1 and found[0].rank == found[1].rank:
        raise UsageError(
            f"{found[0].origin} and {found[1].origin} both set {limit} for {ids[-1]}, and their patterns are equally "
            "literal: make one of them more so"
        )
    return found


def _rule(pattern: str, values: Mapping[str, Any], origin: str) -> Rule:
    unknown = sorted(set(values) - set(LIMIT))
    if unknown:
        raise UsageError(f"unknown key {unknown[0]!r} in {origin}: the keys are {', '.join(LIMIT)}")
    return Rule(
        pattern=pattern,
        values={name: LIMIT[name].read(value, origin) for name, value in values.items()},
        origin=origin,
    )
