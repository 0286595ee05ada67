"""Checks of a classifier on judging digits."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from harness.checks.verdict import Verdict
from harness.evidence import Labels, ModelView, Tensor
from harness.metrics import Proportion, compare_paired
from harness.spec import StateFeedback


def reaches_accuracy(labels: Labels, minimum: float) -> Verdict:
    """The model classifies the judging digits as well as the recipe promises."""
    accuracy = _accuracy(labels)
    low, high = accuracy.wilson()
    return Verdict(
        "reaches_accuracy",
        accuracy.value >= minimum,
        f"{accuracy.value:.2%} [{low:.2%}, {high:.2%}] of {accuracy.total:,} digits",
        f"at least {minimum:.2%}",
        figures={"accuracy": accuracy.value},
    )


def keeps_accuracy(before: Labels, after: Labels, max_drop: float, *, words: str, because: str = "") -> Verdict:
    """The second model classifies as well as the first on the same digits; `words` name the two.

    `because` is what would explain a drop; it is told whether the claim holds or not.
    """
    paired = compare_paired(before.labels == before.expected, after.labels == after.expected)
    first, second = _accuracy(before).value, _accuracy(after).value
    low, high = paired.interval()
    return Verdict(
        "keeps_accuracy",
        first - second <= max_drop,
        f"{words}: {first:.2%} and {second:.2%}, change {paired.difference:+.2%} [{low:+.2%}, {high:+.2%}], "
        f"{paired.only_first} digits lost and {paired.only_second} won (McNemar p = {paired.p_value:.2g})",
        f"a drop of at most {max_drop:.2%}",
        cause=because,
        figures={
            "accuracy_before": first,
            "accuracy_after": second,
            "accuracy_change": paired.difference,
            "accuracy_change_low": low,
            "accuracy_change_high": high,
        },
    )


def copied_bytes_keep_accuracy(carried: Labels, copied: Labels, max_drop: float, feedback: StateFeedback) -> Verdict:
    """The digits are recognized as well where state bytes are copied; judged where that is the firmware's feedback."""
    words = "states handed over by contract, and as raw bytes"
    verdict = keeps_accuracy(carried.first(len(copied.labels)), copied, max_drop, words=words)
    judged = feedback is StateFeedback.RAW
    observed = verdict.observed if judged else f"{verdict.observed}; not judged"
    return replace(verdict, claim="copied_bytes_keep_accuracy", passed=verdict.passed or not judged, observed=observed)


def state_matters(carried: Labels, reset: Labels) -> Verdict:
    """Without what is carried over, fewer digits are recognized: the windows do test the state."""
    before = carried.first(len(reset.labels))
    paired = compare_paired(before.labels == before.expected, reset.labels == reset.expected)
    _, high = paired.interval()
    return Verdict(
        "state_matters",
        high < 0,
        f"{_accuracy(before).value:.2%} with the state carried over, {_accuracy(reset).value:.2%} with a reset in each "
        f"window, of {paired.total:,} digits",
        "surely fewer with a reset",
        figures={"accuracy_reset": _accuracy(reset).value},
    )


def resets_matter(reset: Labels, unreset: Labels) -> Verdict:
    """Where nobody resets the variables between digits, fewer are recognized."""
    before = reset.first(len(unreset.labels))
    paired = compare_paired(before.labels == before.expected, unreset.labels == unreset.expected)
    _, high = paired.interval()
    return Verdict(
        "resets_matter",
        high < 0,
        f"{_accuracy(before).value:.2%} with a reset before each digit, {_accuracy(unreset).value:.2%} without, of "
        f"{paired.total:,} digits",
        "surely fewer without",
        figures={"accuracy_unreset": _accuracy(unreset).value},
    )


def state_resolution(view: ModelView) -> str:
    """How finely the state inputs of a model are quantized, in a sentence; empty without state inputs."""
    graph = view.graphs[0]
    states = [graph.tensors[index] for index in graph.inputs if graph.tensors[index].name.startswith("state_")]
    return "; ".join(_resolution(tensor) for tensor in states)


def _resolution(tensor: Tensor) -> str:
    scale, zero_point = tensor.scales[0], tensor.zero_points[0]
    limits = np.iinfo(tensor.dtype)
    low, high = (scale * (limit - zero_point) for limit in (limits.min, limits.max))
    return f"{tensor.name} is quantized over [{low:.2f}, {high:.2f}], 1 LSB = {scale:.4f}"


def _accuracy(labels: Labels) -> Proportion:
    return Proportion(int(np.sum(labels.labels == labels.expected)), len(labels.expected))
