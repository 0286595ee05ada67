"""How claims ended before and after: which of the changes is for the worse, and what a claim is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.diff.change import (
    BETTER,
    CAME,
    COMPILED,
    EXECUTED,
    INSPECTED,
    MEASURED,
    SHOWN,
    WENT,
    WORSE,
    Change,
)
from harness.diff.subject import Claim, Pair
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS

_RANK = {PASS: 0, FIXED: 0, KNOWN: 1, FAIL: 2, CANNOT_TELL: 3}
_SHOWN = {(FAIL, KNOWN), (CANNOT_TELL, FAIL), (CANNOT_TELL, KNOWN), (PASS, FIXED), (FIXED, PASS)}
"""Where nothing got better or worse: a failure was listed or can be told now; what holds was listed or is no more."""

TOPICS = {
    COMPILED: ("compilation", "foreign_compilation", "foreign_placement"),
    EXECUTED: ("execution", "references", "npu_labels"),
    MEASURED: (
        "quantization",
        "streaming",
        "copying",
        "state_effect",
        "int8_labels",
        "guide_labels",
        "float_error",
        "metric",
    ),
}
"""What a claim is about, by a stage that it rests on; the first that fits."""


def compare_claims(pair: Pair) -> Iterator[Change]:
    """The claims of both that ended otherwise, and those that only one side has."""
    before = {claim.name: claim for claim in pair.before.claims}
    after = {claim.name: claim for claim in pair.after.claims}
    for name in sorted({*before, *after}):
        if name not in after:
            yield _only_one(pair, before[name], WENT)
        elif name not in before:
            yield _only_one(pair, after[name], CAME)
        elif before[name].outcome != after[name].outcome:
            yield _change(pair, before[name], after[name])


def topic_of(stages: Iterable[str]) -> str:
    """What a claim that rests on these stages, or on evidence of these names, is about."""
    found = set(stages)
    return next((topic for topic, known in TOPICS.items() if found & set(known)), INSPECTED)


def claims_of(entries: Iterable[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """The claims of a model or case of a report; of several that one test made, all but the first get a number."""
    seen: Counter[str] = Counter()
    claims = []
    for entry in entries:
        failure, name = entry["failure"], words(entry["test"])
        seen[name] += 1
        known = [evidence[key] for evidence in entry["evidence"] for key in ("stage", "name") if key in evidence]
        claims.append(
            Claim(
                name=name if seen[name] == 1 else f"{name} {seen[name]}",
                outcome=entry["outcome"],
                topic=topic_of([failure["stage"]] if failure else known),
                observed=entry["message"] or entry["known"],
                cause=failure.get("cause", ""),
            )
        )
    return tuple(claims)


def words(test: str) -> str:
    """The name of a test as people read it."""
    return test.removeprefix("test_").replace("_", " ").replace(" npu", " NPU")


def _only_one(pair: Pair, claim: Claim, kind: str) -> Change:
    what = f"claim '{claim.name}' " + ("was not asked" if kind == WENT else f"is new: {claim.outcome}")
    return Change(kind=kind, topic=claim.topic, subject=pair.after.name, what=what, sentence=what, detail=claim.name)


def _change(pair: Pair, old: Claim, new: Claim) -> Change:
    what = f"claim '{new.name}': {old.outcome} -> {new.outcome}"
    said = f" ({new.observed})" if new.outcome != PASS and new.observed else ""
    topic = old.topic if new.outcome == PASS else new.topic
    kind = _kind(old.outcome, new.outcome)
    return Change(kind=kind, topic=topic, subject=pair.after.name, what=what, sentence=what + said, detail=new.name)


def _kind(before: str, after: str) -> str:
    if (before, after) in _SHOWN:
        return SHOWN
    return WORSE if _RANK[after] > _RANK[before] else BETTER
