"""What changed as plain values: verdict, groups by cause, tables of figures. Every output says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from harness.diff.causes import why
from harness.diff.change import BETTER, ORDER, PRESENCE, SHOWN, TOPICS, WORSE, Change
from harness.diff.comparison import Comparison
from harness.diff.subject import CASE, MODEL, Side
from harness.diff.tables import tables
from harness.report.document import natural
from harness.wording import count

SCHEMA_VERSION = 1
NUMBERS = 3
SAME, DIFFERENT = "same", "different"
Explained = tuple[Change, str]


def build_diff(comparison: Comparison) -> dict[str, Any]:
    """The document of a comparison; equal inputs give equal documents."""
    changes = [change for change, _ in comparison.changes]
    tools = _tools(comparison.before, comparison.after)
    kinds = [pair.after.kind for pair in comparison.pairs]
    return {
        "schema_version": SCHEMA_VERSION,
        "before": comparison.before.label,
        "after": comparison.after.label,
        "compared": {"models": kinds.count(MODEL), "cases": kinds.count(CASE)},
        "verdict": {"outcome": _outcome(changes), "sentence": _sentence(changes, tools, kinds)},
        "tools": tools,
        "groups": _groups(comparison),
        "tables": tables(comparison.pairs),
    }


def _outcome(changes: Sequence[Change]) -> str:
    if any(change.is_worse for change in changes):
        return WORSE
    return DIFFERENT if changes else SAME


def _sentence(changes: Sequence[Change], tools: Sequence[object], kinds: Sequence[str]) -> str:
    numbers = {kind: sum(change.kind == kind for change in changes) for kind in ORDER}
    subjects = len({change.subject for change in changes if change.topic != PRESENCE})
    where = f" in {subjects:,} of {count(len(kinds), 'model or case')}".replace("model or cases", "models and cases")
    if not changes:
        alike = f"{count(kinds.count(MODEL), 'model')} and {count(kinds.count(CASE), 'case')} are alike"
        return f"no difference but in the tools: {alike}" if tools else f"no difference: {alike}"
    words = {
        WORSE: "for the worse",
        BETTER: "for the better",
        SHOWN: "neither",
    }
    told = [f"{numbers[kind]:,} {word}" for kind, word in words.items() if numbers[kind]]
    only = len(changes) - sum(numbers[kind] for kind in words)
    told += [f"{only:,} asked on one side only"] if only else []
    head = "worse" if numbers[WORSE] else "not worse"
    return f"{head}: {count(len(changes), 'change')}{where}: {', '.join(told)}"


def _tools(before: Side, after: Side) -> list[dict[str, str]]:
    """The tools that differ."""
    both = [
        (name, before.tools.get(name, "unknown"), after.tools.get(name, "unknown"))
        for name in sorted({*before.tools, *after.tools})
    ]
    return [{"tool": name, "before": old, "after": new} for name, old, new in both if old != new]


def _groups(comparison: Comparison) -> list[dict[str, Any]]:
    """The changes by cause, those that hold something worse first."""
    groups: dict[str, dict[str, Any]] = {}
    for change, pair in comparison.changes:
        cause, evidence = why(change, pair)
        told = {name: getattr(cause, name) for name in ("certainty", "sentence", "remedy", "upstream")}
        key = f"{cause.name} {cause.certainty} {cause.sentence}"
        group = groups.setdefault(key, {"cause": cause.name, **told, "evidence": {}, "found": []})
        if evidence:
            group["evidence"].setdefault(evidence, set()).add(change.subject)
        group["found"].append(change)
    finished = [_finished(group) for group in groups.values()]
    return sorted(finished, key=lambda group: _importance(group["changes"]))


def _finished(group: dict[str, Any]) -> dict[str, Any]:
    found: list[Change] = sorted(group.pop("found"), key=_order)
    evidence = sorted(group["evidence"].items(), key=lambda entry: (-len(entry[1]), entry[0]))
    return {
        **group,
        "evidence": [{"sentence": sentence, "subjects": len(subjects)} for sentence, subjects in evidence],
        "lines": _lines(found),
        "changes": [
            {"kind": change.kind, "topic": change.topic, "subject": change.subject, "sentence": change.sentence}
            for change in found
        ],
    }


def _order(change: Change) -> tuple[Any, ...]:
    return ORDER.index(change.kind), TOPICS.index(change.topic), change.what, natural(change.subject)


def _importance(changes: Sequence[dict[str, str]]) -> tuple[int, int]:
    first = min(ORDER.index(change["kind"]) for change in changes)
    return first, -sum(change["kind"] == ORDER[first] for change in changes)


def _lines(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """The same change of several subjects once, figures with the span of their growth."""
    alike: dict[tuple[str, str, str], list[Change]] = {}
    for change in changes:
        alike.setdefault((change.kind, change.topic, change.what), []).append(change)
    return [
        {"kind": kind, "text": _line(own), "subjects": [change.subject for change in own]}
        for (kind, _, _), own in alike.items()
    ]


def _line(changes: Sequence[Change]) -> str:
    grown = [change for change in changes if change.growth is not None]
    if len(changes) == 1:
        return changes[0].sentence
    if not grown:
        return _joined(changes)
    low, high = min(grown, key=_growth), max(grown, key=_growth)
    places = 1 if low.unit == "%" else 2
    span = [f"{_growth(change):+,.{places}f}" for change in (low, high)]
    return f"{changes[0].what}: {' to '.join(dict.fromkeys(span))} {low.unit}".rstrip()


def _joined(changes: Sequence[Change]) -> str:
    """What changed, and the numbers of the first few, each once."""
    what = changes[0].what
    numbers = list(dict.fromkeys(change.sentence.removeprefix(what).strip(" :()") for change in changes))
    rest = [f"{len(numbers) - NUMBERS} others"] if len(numbers) > NUMBERS else []
    told = "; ".join([*filter(None, numbers[:NUMBERS]), *rest])
    return f"{what} ({told})" if told else what


def _growth(change: Change) -> float:
    return change.growth or 0.0
