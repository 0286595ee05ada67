"""Each check of the quantization error passes for sound conversions and fails for the fault that it is there for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from test_quantization import GRU, LONG, LSTM, converted, judge

from harness.checks import (
    Verdict,
    computes_the_float_model,
    does_not_saturate,
    error_is_rounding,
    keeps_decisions,
    kernels_agree,
)
from harness.engine import Engine
from harness.evidence import QuantizationErrors

CHECKS = (computes_the_float_model, error_is_rounding, kernels_agree, keeps_decisions, does_not_saturate)
read = QuantizationErrors.from_plain

pytest_plugins: tuple[str, ...] = ()
from test_quantization import _stages  # noqa: E402, F401 - the fixture that names the stages


@pytest.mark.parametrize("check", CHECKS)
def test_sound_conversions_pass(engine: Engine, check: Callable[[QuantizationErrors], Verdict]) -> None:
    for spec in (GRU, LSTM, LONG):
        verdict = check(read(judge(engine, spec)))
        assert verdict, str(verdict)


@pytest.mark.parametrize("fault", ["swapped states", "an off-by-one time step", "transposed gates"])
def test_another_function_fails(engine: Engine, fault: str) -> None:
    verdict = computes_the_float_model(read(judge(engine, LONG, fault=fault)))
    assert not verdict
    assert "not the same function" in verdict.cause


def test_a_bias_at_another_scale_fails(engine: Engine) -> None:
    errors = read(judge(engine, GRU, fault="a bias at another scale"))
    assert computes_the_float_model(errors)
    assert not error_is_rounding(errors)
    assert not keeps_decisions(errors)


def test_a_clipped_representative_dataset_fails(engine: Engine) -> None:
    verdict = does_not_saturate(read(judge(engine, GRU, converted(GRU, "clipped_conversion"))))
    assert not verdict
    assert verdict.cause.startswith("input")


@pytest.mark.parametrize(("kernels", "words"), [("litert_default", "default"), ("tflite_micro", "TFLite Micro's")])
def test_kernels_that_disagree_fail(engine: Engine, kernels: str, words: str) -> None:
    judged = judge(engine, GRU)
    faulty = judge(engine, GRU, fault="a bias at another scale")["errors"]["litert_default"]
    verdict = kernels_agree(read({**judged, "errors": {**judged["errors"], kernels: faulty}}))
    assert not verdict
    assert f"output on {words} kernels" in verdict.cause


def test_kernels_that_are_not_installed_are_unknown(engine: Engine) -> None:
    judged = judge(engine, GRU)
    judged["errors"] = {source: errors for source, errors in judged["errors"].items() if source != "tflite_micro"}
    verdict = kernels_agree(read({**judged, "unmeasured": {"tflite_micro": "not installed"}}))
    assert verdict
    assert "; tflite_micro unknown: not installed" in str(verdict)
    assert not any(name.startswith("micro_") for name in verdict.figures)


def test_a_few_sequences_that_are_worse_by_chance_pass(engine: Engine) -> None:
    """Two undecided sequences make the kernels worse by more than the limit, and say nothing about the others."""
    judged = judge(engine, GRU)
    error = judged["errors"]["litert_reference"]["output"]
    error["noise"] = error["noise"].copy()
    error["noise"][:2] += error["noise"].sum() / 8
    error["sqnr_db"] = float(10 * np.log10(judged["signal"]["output"].sum() / error["noise"].sum()))
    assert error["sqnr_db"] < judged["errors"]["rounded"]["output"]["sqnr_db"] - 0.5
    assert error_is_rounding(read(judged))


def test_a_trained_model_that_loses_its_labels_fails(engine: Engine) -> None:
    judged = judge(engine, GRU)
    judged["agrees"] = {source: np.zeros_like(agrees) for source, agrees in judged["agrees"].items()}
    assert keeps_decisions(read(judged))
    assert not keeps_decisions(read({**judged, "data": "mnist"}))


def test_what_is_not_a_number_fails(engine: Engine) -> None:
    judged = judge(engine, GRU)
    for source in ("rounded", "unrounded"):
        judged["errors"][source]["output"]["sqnr_db"] = float("nan")
        judged["errors"][source]["output"]["noise"] = judged["errors"][source]["output"]["noise"] * np.nan
    assert not computes_the_float_model(read(judged))
    assert not error_is_rounding(read(judged))
