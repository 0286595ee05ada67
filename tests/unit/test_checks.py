"""Every check belongs to a module whose tests see it passing and failing; its figures are plain numbers."""

from __future__ import annotations

import numpy as np
from verdicts import checks_of

from harness import checks
from harness.checks import (
    Verdict,
    accuracy,
    baseline,
    constants,
    equivalence,
    execution,
    feedback,
    figures_of,
    float_model,
    fused,
    limits,
    model,
    placement,
    quantization,
    resets,
    state_ranges,
    states,
    streaming,
)


def test_every_check_is_that_of_a_module() -> None:
    modules = (
        accuracy,
        baseline,
        constants,
        equivalence,
        execution,
        feedback,
        limits,
        float_model,
        fused,
        model,
        placement,
        quantization,
        resets,
        state_ranges,
        states,
        streaming,
    )
    assert checks_of(checks) == {name for module in modules for name in checks_of(module)}


def test_figures_are_plain_numbers() -> None:
    figures = {"half": np.float32(0.5), "count": 3, "nothing": float("nan"), "everything": np.inf}
    plainly = figures_of(Verdict("claim", passed=bool(np.bool_(1)), observed="x", figures=figures))
    assert plainly["figures"] == {"half": 0.5, "count": 3.0, "nothing": None, "everything": None}
    assert [type(plainly["figures"][name]) for name in ("half", "count")] == [float, float]
    assert plainly["passed"] is True


def test_series_are_plain_numbers() -> None:
    series = {"level": [np.float32(0.5), np.inf]}
    assert figures_of(Verdict("claim", passed=True, observed="x", series=series))["series"] == {"level": [0.5, None]}
