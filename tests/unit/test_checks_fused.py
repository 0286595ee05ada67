"""Each check of the fused LSTM passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from observations import INT8, OUTPUT, view
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import fused
from harness.evidence import ModelView, OutputError, QuantizationErrors

FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def operators(*names: str) -> ModelView:
    graphs = [view(INT8, OUTPUT, name=name).graphs[0] for name in names]
    found = tuple(operator for graph in graphs for operator in graph.operators)
    return ModelView(1_000, (replace(graphs[0], operators=found),))


def errors(reference_db: float, default_db: float) -> QuantizationErrors:
    levels = {"litert_reference": reference_db, "litert_default": default_db}
    found = {name: {"output": OutputError(db, db, db, db, 0, db, np.ones(4))} for name, db in levels.items()}
    return QuantizationErrors("normal", 4, 8, {"output": np.ones(4)}, found, {}, {}, {}, ())


UNROLLED = errors(37.5, 12.0)
PASSING: dict[str, Judge] = {
    "is_one_fused_operator": lambda: fused.is_one_fused_operator(operators(FUSED, "FULLY_CONNECTED")),
    "fused_is_as_near_as_unrolled": lambda: fused.fused_is_as_near_as_unrolled(errors(36.6, 36.6), UNROLLED),
}

FAILING: list[Wrong] = [
    (
        "is_one_fused_operator",
        lambda: fused.is_one_fused_operator(operators("FULLY_CONNECTED", "ADD")),
        (f"0 {FUSED}s among 2 operators", "allowed: one"),
    ),
    (
        "is_one_fused_operator",
        lambda: fused.is_one_fused_operator(operators(FUSED, "WHILE")),
        ("among 2 operators", "and no loop"),
    ),
    (
        "fused_is_as_near_as_unrolled",
        lambda: fused.fused_is_as_near_as_unrolled(errors(36.4, 36.6), UNROLLED),
        (
            "4 normal, each after a reset: output 36.4 dB, unrolled 37.5 dB",
            "at most 1 dB less",
            "litert_reference: gates",
        ),
    ),
    (
        "fused_is_as_near_as_unrolled",
        lambda: fused.fused_is_as_near_as_unrolled(errors(36.6, float("nan")), UNROLLED),
        ("output on litert_default",),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(fused)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)
