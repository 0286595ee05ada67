"""Waits that a command stream needs but lacks.

The NPU runs kernel operations and DMA transfers side by side, each in order. What conflicts must be kept
apart by DMA_WAIT and KERNEL_WAIT. How many of either kind may be under way depends on the architecture.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .addressing import bounds, byte_index
from .operations import MEMORY, FeatureMap, Operation, Range, Step, Transfer, Wait
from .program import INTERNAL, Program


class Hazard(NamedTuple):
    word: int
    """Of the operation that starts too early."""
    message: str


class _Span(NamedTuple):
    """Bytes of a region; `at` lists them where they do not follow each other."""

    region: int
    internal: bool
    first: int
    end: int
    at: np.ndarray | None


class _Access(NamedTuple):
    step: Operation | Transfer
    reads: list[_Span]
    writes: list[_Span]


def find_hazards(steps: list[Step], program: Program) -> list[Hazard]:
    """All places where an operation starts while a conflicting one may still be under way."""
    kernels: list[_Access] = []
    transfers: list[_Access] = []
    found: list[Hazard] = []
    queues = program.architecture
    for step in steps:
        if isinstance(step, Wait):
            queue = transfers if step.kind == "DMA_WAIT" else kernels
            del queue[: max(len(queue) - step.outstanding, 0)]
            continue
        access = _access(step, program.aliases)
        is_transfer = isinstance(step, Transfer)
        own, others = (transfers, kernels) if is_transfer else (kernels, transfers)
        wait = "KERNEL_WAIT" if is_transfer else "DMA_WAIT"
        found += [_hazard(access, other, wait) for other in others if _conflict(access, other)]
        own.append(access)
        del own[: max(len(own) - (queues.dma_queue if is_transfer else queues.kernel_queue), 0)]
    return found


def _hazard(access: _Access, other: _Access, wait: str) -> Hazard:
    this, that = (_name(found.step) for found in (access, other))
    return Hazard(access.step.word, f"{this} needs a {wait} for the {that} at word {other.step.word}")


def _name(step: Operation | Transfer) -> str:
    return "DMA transfer" if isinstance(step, Transfer) else step.name


def _conflict(a: _Access, b: _Access) -> bool:
    pairs = [(a.writes, b.reads + b.writes), (a.reads, b.writes)]
    return any(_overlap(x, y) for left, right in pairs for x in left for y in right)


def _overlap(a: _Span, b: _Span) -> bool:
    if (a.region, a.internal) != (b.region, b.internal) or a.first >= b.end or b.first >= a.end:
        return False
    if a.at is None and b.at is None:
        return True
    return bool(np.intersect1d(_bytes(a), _bytes(b)).size)


def _bytes(span: _Span) -> np.ndarray:
    return np.arange(span.first, span.end) if span.at is None else span.at


def _access(step: Operation | Transfer, aliases: dict[int, int]) -> _Access:
    if isinstance(step, Transfer):
        return _Access(step, [_span(step.source, aliases)], [_span(step.target, aliases)])
    inputs = (step.ifm,) if step.ifm2 is None else (step.ifm, step.ifm2)
    reads = [_feature_span(feature, aliases) for feature in inputs if feature.storage == MEMORY]
    ranges: tuple[Range, ...] = () if step.weights is None else step.weights.streams + step.weights.scales
    table = step.activation.table
    reads += [_span(item, aliases) for item in (*ranges, *(() if table is None else (table.memory,)))]
    return _Access(step, reads, [_feature_span(step.ofm, aliases)] if step.ofm.storage == MEMORY else [])


def _span(item: Range, aliases: dict[int, int]) -> _Span:
    region = INTERNAL if item.internal else aliases.get(item.region, item.region)
    return _Span(region, item.internal, item.base, item.base + item.length, None)


def _feature_span(feature: FeatureMap, aliases: dict[int, int]) -> _Span:
    at = byte_index(feature)
    first, last = bounds(at)
    region = aliases.get(feature.region, feature.region)
    return _Span(region, internal=False, first=first, end=last + 1, at=None if isinstance(at, slice) else at)
