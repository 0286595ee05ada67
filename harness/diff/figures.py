"""Which figures are compared, how far they may move, and what their change means."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.diff.change import BETTER, BYTES, CYCLES, ERROR, SHOWN, WORSE, Change
from harness.diff.subject import Pair
from harness.policy import DEFAULT, MAX_INT8_DROP, MAX_STREAM_UNEXPLAINED_DB
from harness.report.figures import describe_figures

ACCURACY, FILE_BYTES = "accuracy of ", "file_bytes"
SHARE, LEVEL = "share", "dB"
_WHOLE = 1000.0
"""From here on, figures are told without decimals."""

_NO_INTERVAL = r"(?!.*_(low|high)$).+"


def always(_: Pair) -> bool:
    """What is measured, or read from a file, can be compared in any case."""
    return True


def never(_: Pair) -> bool:
    """It tells that something changed, and neither direction is better."""
    return False


def placed_alike(pair: Pair) -> bool:
    """Vela plans memory for the NPU alone: what runs on the CPU is not in its bytes."""
    return pair.same_placement


def estimated_alike(pair: Pair) -> bool:
    """Estimates are of one Vela, vela.ini and target, and of the same operators on the NPU."""
    return pair.same_compiler and pair.same_placement


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Figures whose names match `pattern` in full; `tolerance` is a share of the value before where `relative`.

    Pairs for which `judged` is false are shown.
    """

    pattern: str
    topic: str
    tolerance: float = 0.0
    relative: bool = False
    judged: Callable[[Pair], bool] = always
    better: str = "low"


COMPARED = (
    Compared(
        pattern="total_cycles|ms|weight_read_bytes",
        topic=CYCLES,
        tolerance=DEFAULT.baseline_cycles_tolerance,
        relative=True,
        judged=estimated_alike,
    ),
    Compared(
        pattern="(sram|flash)_used_bytes",
        topic=BYTES,
        tolerance=DEFAULT.baseline_bytes_tolerance,
        relative=True,
        judged=placed_alike,
    ),
    Compared(pattern="compiled_bytes", topic=BYTES, tolerance=DEFAULT.baseline_bytes_tolerance, relative=True),
    # What a file holds beside its weights, names for one, costs nothing on the device.
    Compared(pattern=FILE_BYTES, topic=BYTES, relative=True, judged=never),
    # An interval, and what rounding alone or a reset costs, is no result of its own.
    Compared(
        pattern=f"sqnr_db_{_NO_INTERVAL}",
        topic=ERROR,
        tolerance=DEFAULT.baseline_sqnr_tolerance_db,
        better="high",
    ),
    Compared(
        pattern=f"stream_db_(host|graph|raw)_{_NO_INTERVAL}",
        topic=ERROR,
        tolerance=MAX_STREAM_UNEXPLAINED_DB["normal"],
        better="high",
    ),
    Compared(pattern=f"unexplained_db_{_NO_INTERVAL}", topic=ERROR, tolerance=DEFAULT.baseline_sqnr_tolerance_db),
    # One LSB grows in a recurrence.
    Compared(pattern="(kernel_spread|raw_error)_lsb_.*", topic=ERROR, judged=never),
    Compared(pattern="agreement", topic=ERROR, tolerance=0.01, better="high"),
    Compared(pattern="metric_loss", topic=ERROR, tolerance=0.01),
    Compared(pattern=f"{ACCURACY}.*", topic=ERROR, tolerance=MAX_INT8_DROP, better="high"),
)
"""A change within the tolerance is shown and not judged. Tolerances are those of `harness.policy`; one label in a
hundred, and a hundredth of the user's metric."""


def compare_figures(pair: Pair) -> Iterator[Change]:
    """The figures of both that do not read the same."""
    for name in sorted(set(pair.before.figures) & set(pair.after.figures)):
        rule = next((rule for rule in COMPARED if re.fullmatch(rule.pattern, name)), None)
        if rule is not None and told(name, pair.before.figures[name]) != told(name, pair.after.figures[name]):
            yield _change(pair, name, rule)


def told(name: str, value: float | None) -> str:
    """A figure as people read it, with its unit."""
    if value is None or not math.isfinite(value):
        return "unknown" if value is None else f"{value} dB"
    unit = unit_of(name)
    if unit == SHARE:
        return f"{value:.2%}".replace("%", " %")
    if unit in ("ms", LEVEL):
        return f"{value:,.{3 if unit == 'ms' else 2}f} {unit}"
    number = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= _WHOLE else f"{value:,.4g}"
    return f"{number} {unit}".strip()


def label_of(name: str) -> str:
    """What people call a figure."""
    if name == FILE_BYTES:
        return "size of the model file"
    return name if name.startswith(ACCURACY) else describe_figures([name])[name]["label"]


def unit_of(name: str) -> str:
    return SHARE if name.startswith(ACCURACY) else describe_figures([name])[name]["unit"]


def _change(pair: Pair, name: str, rule: Compared) -> Change:
    before, after = pair.before.figures[name], pair.after.figures[name]
    growth, unit = _growth(before, after, rule, name)
    by = f" ({growth:+,.{1 if unit == '%' else 2}f} {unit})" if growth is not None else ""
    return Change(
        kind=_kind(before, after, rule) if rule.judged(pair) else SHOWN,
        topic=rule.topic,
        subject=pair.after.name,
        what=label_of(name),
        sentence=f"{label_of(name)}: {told(name, before)} -> {told(name, after)}{by}",
        detail=name,
        growth=growth,
        unit=unit,
    )


def _kind(before: float, after: float, rule: Compared) -> str:
    if _within(before, after, rule):
        return SHOWN
    # An estimate of nothing is one that Vela could not make.
    if rule.topic == CYCLES and not after:
        return WORSE
    return BETTER if (after < before) == (rule.better == "low") else WORSE


def _within(before: float, after: float, rule: Compared) -> bool:
    if rule.relative and not (before and after):
        return False
    return abs(after - before) <= rule.tolerance * (abs(before) if rule.relative else 1.0)


def _growth(before: float, after: float, rule: Compared, name: str) -> tuple[float | None, str]:
    if rule.relative:
        return (100 * (after / before - 1), "%") if before and after else (None, "")
    unit = unit_of(name)
    return (100 * (after - before), "points") if unit == SHARE else (after - before, unit)
