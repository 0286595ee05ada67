"""Checks of a given model against its float model."""

from __future__ import annotations

import numpy as np

from harness.checks.quantization import DEFAULT_KERNELS, MEASURED, ROUNDED, error_is_rounding
from harness.checks.verdict import Verdict, some
from harness.evidence import Arrays, Metric, QuantizationErrors, Unrolling
from harness.policy import (
    FLOAT32_FLOOR,
    MAX_FLOAT64_DIFFERENCE,
    MAX_METRIC_LOSS,
    MAX_ROUNDING_FACTOR,
    MIN_FOLLOWING_DB,
    TOLD_BY_ROWS,
)


def computes_the_same_unrolled(outputs: Unrolling) -> Verdict:
    """The looped and the unrolled model are one function.

    In float64 they agree to more digits than float32 has, and in float32 neither is much farther from float64 than the
    other: what rounding moves shrinks with the precision, what is another function stays.
    """
    exact = {name: _relative(outputs.looped_64, outputs.unrolled_64, name) for name in outputs.looped_64}
    looped = {name: _relative(outputs.looped, outputs.looped_64, name) for name in exact}
    unrolled = {name: _relative(outputs.unrolled, outputs.looped_64, name) for name in exact}
    allowed = {name: MAX_ROUNDING_FACTOR * max(looped[name], FLOAT32_FLOOR) for name in exact}
    wrong = [name for name in exact if not (exact[name] <= MAX_FLOAT64_DIFFERENCE and unrolled[name] <= allowed[name])]
    shown = ", ".join(
        f"{name} {exact[name]:.1e} apart in float64, in float32 {unrolled[name]:.1e} and {looped[name]:.1e} from it"
        for name in exact
    )
    layers = some(list(outputs.recurrent)) if outputs.recurrent else "no recurrent layer"
    return Verdict(
        "computes_the_same_unrolled",
        bool(exact) and not wrong,
        f"unrolled: {layers}; {shown}, of the largest value",
        f"{MAX_FLOAT64_DIFFERENCE:g} in float64; in float32 {MAX_ROUNDING_FACTOR} times what the looped model is off",
        cause=f"{some(wrong)} differ by more than rounding: not the same function" if wrong else "",
        remedy="judge a .tflite that you unrolled yourself, and report the model to this project" if wrong else "",
        figures={f"float64_difference_{name}": value for name, value in exact.items()},
    )


def follows_the_float_model(errors: QuantizationErrors, min_sqnr_db: float | None = None) -> Verdict:
    """The quantized outputs are those of the float model but for a tenth of their energy, on both sets of kernels.

    Where the rounding oracle knows the model, the error is also no larger than rounding explains.
    """
    allowed = MIN_FOLLOWING_DB if min_sqnr_db is None else min_sqnr_db
    measured = {kernels: {name: e.sqnr_db for name, e in errors.errors[kernels].items()} for kernels in _KERNELS}
    far = [name for levels in measured.values() for name, db in levels.items() if not db >= allowed]
    rounding = None if errors.unexplained else error_is_rounding(errors)
    shown = "; ".join(f"{_KERNELS[kernels]} kernels {_levels(levels)}" for kernels, levels in measured.items())
    return Verdict(
        "follows_the_float_model",
        not far and (rounding is None or rounding.passed),
        f"{errors.sequences} {errors.data}: {shown}; {_explained(errors)}",
        f"at least {allowed:g} dB" + ("" if rounding is None else ", and what rounding explains"),
        cause=_cause(far, rounding),
        remedy=_remedy(far, rounding),
        figures={f"sqnr_db_{name}": db for name, db in measured[MEASURED].items()},
    )


def keeps_the_metric(metric: Metric, max_loss: float | None = None) -> Verdict:
    """The user's metric is about as good as that of the float model; `max_loss` is in its own unit."""
    share = max(MAX_METRIC_LOSS, TOLD_BY_ROWS / metric.rows)
    allowed = abs(metric.before) * share if max_loss is None else max_loss
    limit = f"{share:.1%} of the float model's" if max_loss is None else f"{max_loss:g}"
    return Verdict(
        "keeps_the_metric",
        metric.loss <= allowed,
        f"float {metric.before:.6g}, quantized {metric.after:.6g} ({metric.better} is better) on {metric.rows:,} rows",
        f"a loss of at most {limit}",
        remedy="calibrate with more of the deployed data; then look at the error of each output, or train with the "
        "quantization"
        if metric.loss > allowed
        else "",
        figures={"metric_before": metric.before, "metric_after": metric.after, "metric_loss": metric.loss},
    )


_KERNELS = {MEASURED: "reference", DEFAULT_KERNELS: "default"}


def _relative(measured: Arrays, reference: Arrays, name: str) -> float:
    """The largest difference, as a share of the largest value of the reference."""
    scale = float(np.max(np.abs(reference[name]))) or 1.0
    return float(np.max(np.abs(np.asarray(measured[name], np.float64) - reference[name]))) / scale


def _explained(errors: QuantizationErrors) -> str:
    if errors.unexplained:
        return f"what rounding explains is unknown: {errors.unexplained}"
    return "rounding alone explains " + _levels({name: e.sqnr_db for name, e in errors.errors[ROUNDED].items()})


def _cause(far: list[str], rounding: Verdict | None) -> str:
    if rounding is not None and not rounding.passed:
        return rounding.cause
    if not far:
        return ""
    if rounding is None:
        return f"{some(sorted(set(far)))}: another function, or more rounding than the model bears"
    return f"{some(sorted(set(far)))}: rounding to these scales costs more than the model bears"


def _remedy(far: list[str], rounding: Verdict | None) -> str:
    if rounding is not None and not rounding.passed:
        return rounding.remedy
    return (
        "calibrate with data like the deployed ones; clip outliers; shorten the sequence or use int16x8" if far else ""
    )


def _levels(levels: dict[str, float]) -> str:
    return ", ".join(f"{name} {db:.1f} dB" for name, db in levels.items())
