"""The changes from one side to the other: of each pair of subjects, and the subjects that only one side has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.diff.change import (
    BETTER,
    CAME,
    OPERATORS,
    PLACEMENT,
    PRESENCE,
    SCALES,
    SEGMENTS,
    SHOWN,
    WENT,
    WORSE,
    Change,
)
from harness.diff.figures import compare_figures
from harness.diff.outcomes import compare_claims
from harness.diff.subject import MODEL, Counts, Inventory, Pair, Side, more
from harness.errors import UsageError
from harness.report.document import natural

_SUBJECTS_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides, the pairs that both have, and what changed, each with its pair (None: only one side has it)."""

    before: Side
    after: Side
    pairs: tuple[Pair, ...]
    changes: tuple[tuple[Change, Pair | None], ...]


def compare(before: Side, after: Side) -> Comparison:
    """Everything that changed; raises UsageError where the sides have nothing in common."""
    common = sorted(set(before.subjects) & set(after.subjects), key=natural)
    if not common and (before.subjects or after.subjects):
        raise UsageError(
            f"nothing to compare: {before.label} is about {_some(before)}, {after.label} about {_some(after)}; "
            "name two that ask about the same models (of toolchains: --toolchains A,B)"
        )
    pairs = tuple(Pair(before.subjects[name], after.subjects[name]) for name in common)
    found: list[tuple[Change, Pair | None]] = [(change, pair) for pair in pairs for change in changes_of(pair)]
    found += [(change, None) for change in _presence(before, after)]
    return Comparison(before=before, after=after, pairs=pairs, changes=tuple(found))


def changes_of(pair: Pair) -> Iterator[Change]:
    """What changed in one subject."""
    yield from _placement(pair)
    yield from _segments(pair)
    if pair.after.kind == MODEL and pair.before.inventory is not None and pair.after.inventory is not None:
        yield from _operators(pair, pair.before.inventory, pair.after.inventory)
        yield from _scales(pair, pair.before.inventory, pair.after.inventory)
    yield from compare_figures(pair)
    yield from compare_claims(pair)


def _placement(pair: Pair) -> Iterator[Change]:
    before, after = pair.before.on_cpu, pair.after.on_cpu
    if before is None or after is None:
        return
    moves = (
        (WORSE, more(before, after), "to", pair.after.reasons),
        (BETTER, more(after, before), "from", pair.before.reasons),
    )
    for kind, moved, way, reasons in moves:
        for name in moved:
            reason = f": {reasons[name]}" if reasons.get(name) else ""
            numbers = f"{before.get(name, 0)} -> {after.get(name, 0)}"
            yield _change(pair, kind, PLACEMENT, f"{name} moved {way} the CPU{reason}", numbers=numbers, detail=name)


def _segments(pair: Pair) -> Iterator[Change]:
    before, after = (side.figures.get("npu_segments") for side in pair.sides)
    if before is None or after is None or before == after:
        return
    # No segment at all means that nothing runs on the NPU.
    kind = BETTER if not before or 0 < after < before else WORSE
    yield _change(pair, kind, SEGMENTS, "NPU segments", numbers=f"{before:.0f} -> {after:.0f}")


def _operators(pair: Pair, before: Inventory, after: Inventory) -> Iterator[Change]:
    """Float operators of the file cannot run on the NPU; other numbers are neither good nor bad."""
    parts: tuple[tuple[str, Counts, Counts, bool], ...] = (
        ("in the model", before.operators, after.operators, False),
        ("in float", before.in_float, after.in_float, True),
        ("in float as converted, before repairs", before.converted, after.converted, False),
        ("with weights per channel", before.per_channel, after.per_channel, False),
    )
    for where, old, new, judged in parts:
        for name in sorted({*old, *new}):
            numbers = old.get(name, 0), new.get(name, 0)
            if numbers[0] != numbers[1]:
                kind = SHOWN if not judged else WORSE if numbers[1] > numbers[0] else BETTER
                yield _change(
                    pair, kind, OPERATORS, f"{name} {where}", numbers=f"{numbers[0]} -> {numbers[1]}", detail=name
                )


def _scales(pair: Pair, before: Inventory, after: Inventory) -> Iterator[Change]:
    for name in sorted({*before.ports, *after.ports}):
        old, new = before.ports.get(name, "not there"), after.ports.get(name, "not there")
        if old != new:
            yield _change(pair, SHOWN, SCALES, f"type and scale of {name}", numbers=f"{old} -> {new}", detail=name)


def _presence(before: Side, after: Side) -> Iterator[Change]:
    parts = (
        (WENT, before, set(before.subjects) - set(after.subjects), "was not asked about any more"),
        (CAME, after, set(after.subjects) - set(before.subjects), "was not asked about before"),
    )
    for kind, side, names, word in parts:
        for name in sorted(names, key=natural):
            what = f"the {side.subjects[name].kind} {word}"
            yield Change(kind=kind, topic=PRESENCE, subject=name, what=what, sentence=what)


def _change(  # noqa: PLR0913 - a change in full
    pair: Pair, kind: str, topic: str, what: str, *, numbers: str, detail: str = ""
) -> Change:
    sentence = f"{what}: {numbers}" if ": " not in what else f"{what} ({numbers})"
    return Change(kind=kind, topic=topic, subject=pair.after.name, what=what, sentence=sentence, detail=detail)


def _some(side: Side) -> str:
    names = sorted(side.subjects, key=natural)
    more_names = f" and {len(names) - _SUBJECTS_NAMED} more" if len(names) > _SUBJECTS_NAMED else ""
    return (", ".join(names[:_SUBJECTS_NAMED]) or "nothing") + more_names
