"""The limits of a policy as claims: what is unknown meets none."""

from __future__ import annotations

from collections.abc import Mapping

from harness.checks.accuracy import keeps_accuracy
from harness.checks.placement import is_estimated, puts_the_work_on_the_npu
from harness.checks.quantization import MEASURED
from harness.checks.verdict import Verdict
from harness.evidence import Compilation, Labels, ModelView, QuantizationErrors
from harness.limits import Limit, Value
from harness.policy import Policy
from harness.rules import Bound

Figures = Mapping[str, float]
UNMEASURED = {
    "cost": "Vela estimates nothing that runs on the CPU",
    "work": "no operator of the model multiplies weights",
    "error": "there is no float model to compare with",
    "accuracy": "there are no judging data with labels for this model",
}


def meets_limit(bound: Bound, figures: Figures) -> Verdict:
    """The figure is within what the policy allows; the claim bears the name of the limit."""
    limit, allowed = bound.limit, bound.allowed
    found = {
        name: value
        for name, value in figures.items()
        if name == limit.figure or (limit.figure.endswith("_") and name.startswith(limit.figure))
    }
    wrong = [name for name, value in found.items() if not _within(limit, value, allowed)]
    return Verdict(
        limit.name,
        bool(found) and not wrong,
        ", ".join(_said(limit, name, value) for name, value in found.items())
        or f"unknown: {UNMEASURED[limit.evidence]}",
        f"{'at least' if limit.is_minimum else 'at most'} {_number(limit, allowed)} {limit.unit} ({bound.origin})",
        cause="" if found else "what is unknown meets no limit",
    )


def cost_figures(compiled: Compilation, policy: Policy) -> Figures:
    """What the compiled model costs; without a time where the CPU takes part, unless the policy lets it."""
    figures = {**is_estimated(compiled).figures, "npu_operator_coverage": compiled.npu_operator_coverage}
    if compiled.on_cpu and policy.fully_on_npu:
        figures = {name: value for name, value in figures.items() if name not in ("total_cycles", "ms")}
    return figures


def work_figures(view: ModelView, compiled: Compilation) -> Figures:
    """Which share of the multiply-accumulate operations is on the NPU; empty for a model that has none."""
    figures = puts_the_work_on_the_npu(view, compiled).figures
    return figures if figures["source_macs"] else {}


def error_figures(errors: QuantizationErrors) -> Figures:
    """The SQNR of each output and state against float64."""
    return {f"sqnr_db_{name}": error.sqnr_db for name, error in errors.errors[MEASURED].items()}


def accuracy_figures(before: Labels, after: Labels) -> Figures:
    """What the second classifier loses."""
    figures = keeps_accuracy(before, after, 0.0, words="").figures
    return {"accuracy_drop": figures["accuracy_before"] - figures["accuracy_after"]}


def _within(limit: Limit, value: float, allowed: Value) -> bool:
    return value >= allowed if limit.is_minimum else value <= allowed


def _said(limit: Limit, name: str, value: float) -> str:
    part = name.removeprefix(limit.figure)
    return f"{part} {_number(limit, value)} {limit.unit}".lstrip()


def _number(limit: Limit, value: float) -> str:
    if limit.high == 1:
        return f"{value:.2%}"
    return f"{value:,.0f}" if limit.kind is int else f"{value:,.3f}" if limit.unit == "ms" else f"{value:.2f}"
