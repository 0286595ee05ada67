"""Checks of what the host model of the NPU computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.checks.accuracy import keeps_accuracy
from harness.checks.verdict import Verdict
from harness.evidence import Deviation, Execution, Labels
from harness.policy import MAX_NPU_DROP

LIMITS = "host model of the NPU, not checked on silicon or FVP"


def stream_matches_reference(execution: Execution) -> Verdict:
    """The command stream computes what LiteRT's reference kernels compute, to the bit, with either rounding."""
    once, twice = Deviation.total(execution.reference), Deviation.total(execution.hardware)
    deviations = {"": Deviation.total(execution.deviation), "stream_": Deviation.total(execution.stream_deviation)}
    wrong = [*_wrong("rounded once", execution.reference), *_wrong("rounded twice", execution.hardware)]
    return Verdict(
        "stream_matches_reference",
        not wrong and min(once.values, twice.values) > 0,
        f"{_said(once)} with FULLY_CONNECTED rounded once, {_said(twice)} rounded twice as the stream says; "
        f"{_asked(execution)}; the device deviates from LiteRT's kernels in {_share(deviations[''])}"
        + (f", over the stream in {_share(deviations['stream_'])}" if execution.windows else "")
        + f"; {_reached(execution)} ({LIMITS})",
        "0 LSB",
        cause="; ".join(wrong),
        remedy="if `python -m harness.npu audit SOURCE COMPILED` finds nothing, an operator is computed otherwise than "
        "in the reference kernels: by Vela, or by this host model"
        if wrong
        else "",
        figures={
            "stream_differing_values": float(once.differing + twice.differing),
            "stream_largest_lsb": float(max(once.largest_lsb, twice.largest_lsb)),
        }
        | {f"device_{name}deviation_share": deviation.share for name, deviation in deviations.items()}
        | {f"device_{name}deviation_lsb": float(deviation.largest_lsb) for name, deviation in deviations.items()},
    )


def npu_keeps_accuracy(reference: Labels, npu: Labels) -> Verdict:
    """The compiled model classifies on the NPU's arithmetic as the int8 model does on LiteRT's reference kernels."""
    words = f"LiteRT's reference kernels and the NPU's arithmetic ({LIMITS})"
    return replace(keeps_accuracy(reference, npu, MAX_NPU_DROP, words=words), claim="npu_keeps_accuracy")


def _share(distance: Deviation) -> str:
    return f"{distance.share:.2%} of the values by at most {distance.largest_lsb} LSB"


def _said(distance: Deviation) -> str:
    return f"{distance.differing:,} of {distance.values:,} values differ"


def _wrong(rounding: str, distances: Mapping[str, Deviation]) -> list[str]:
    return [
        f"{name} {rounding}: {distance.differing:,} values differ by up to {distance.largest_lsb} LSB, "
        f"first for input {distance.first}"
        for name, distance in distances.items()
        if distance.differing
    ]


def _asked(execution: Execution) -> str:
    samples = ", ".join(f"{count} {kind}" for kind, count in execution.samples.items())
    if not execution.windows:
        return f"{samples} inputs, no states to stream"
    return f"{samples} inputs and a stream of {execution.windows} windows with {', '.join(execution.states)} fed back"


def _reached(execution: Execution) -> str:
    reached, ties = execution.coverage, execution.table_ties
    return (
        (f"{ties} LUT entries taken as LiteRT rounds them, ties that Vela rounds otherwise; " if ties else "")
        + f"reached: {reached['table_entries_reached']:,} of {reached['table_entries']:,} LUT entries, "
        f"the low and high ends of {reached['clamps_reached_low']} and {reached['clamps_reached_high']} of "
        f"{reached['clamps']} clamps, a value that the two roundings tell apart in {execution.parted} of "
        f"{sum(execution.samples.values())} inputs"
    )
