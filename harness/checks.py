"""Checks: evidence and limits in, a verdict out; each is true when good."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from harness.engine import Outcome
from harness.evidence import (
    NPU_CODE,
    Arrays,
    Compilation,
    CpuOperator,
    FloatOutputs,
    Labels,
    ModelView,
    Oracle,
    Repair,
    Tensor,
)
from harness.explain import explain
from harness.metrics import Proportion, compare_paired
from harness.policy import DEFAULT, Policy
from harness.questions import GivenModel
from harness.wording import count

FLOATS = ("float16", "float32", "float64")
NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim holds: what was observed, what was allowed, and, where it fails, cause and remedy."""

    claim: str
    passed: bool
    observed: str
    allowed: str = ""
    cause: str = ""
    remedy: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        sentence = f"{self.claim}: {self.observed}"
        if self.passed:
            return sentence
        parts = [sentence, f"allowed: {self.allowed}" if self.allowed else "", self.cause, self.remedy]
        return "; ".join(part for part in parts if part)


def is_quantized_tflite(model: GivenModel, inspected: Outcome | None) -> Verdict:
    """The file is a TFLite model that computes in integers and that Vela has not compiled yet."""
    claim = "is_quantized_tflite"
    if inspected is None:
        return Verdict(claim, passed=False, observed=model.problem)
    if not inspected.done:
        return Verdict(claim, passed=False, observed=f"{model.path}: {inspected.detail or inspected.sentence}")
    view = ModelView.from_plain(inspected.value)
    names = [operator.name for _, operator in view.operators]
    if any(operator.custom_code == NPU_CODE for _, operator in view.operators):
        return Verdict(
            claim,
            passed=False,
            observed=f"{model.path} is already compiled: it holds a custom operator {NPU_CODE}",
            remedy="give the .tflite that went into Vela",
        )
    integers = [o for graph, o in view.operators if _quantized(graph.tensors[i] for i in o.outputs if i >= 0)]
    if not integers:
        return Verdict(
            claim,
            passed=False,
            observed=f"{model.path} is a float model: none of its {len(names)} operators computes in integers",
            remedy="quantize it to int8 with a representative dataset (TFLITE_BUILTINS_INT8)",
        )
    return Verdict(claim, passed=True, observed=f"{len(names)} operators, {view.size_bytes:,} bytes")


def computes_in_integers(view: ModelView) -> Verdict:
    """No tensor is in floating point."""
    islands = [
        f"{operator.name} {graph.tensors[operator.outputs[0]].name}"
        for graph, operator in view.operators
        if _floats(graph.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0)
    ]
    floats = _floats(view.tensors)
    return Verdict(
        "computes_in_integers",
        not floats and any(True for _ in view.operators),
        count(len(floats), "float tensor") + (f" at {_some(islands)}" if islands else ""),
        "no float tensor",
        cause="" if not floats else "these operators run on the CPU, in float",
        remedy="" if not floats else "python -m harness.repair IN.tflite OUT.tflite mends what can be mended exactly",
        figures={"float_tensors": len(floats), "operators": sum(1 for _ in view.operators)},
    )


def has_static_shapes(view: ModelView) -> Verdict:
    """Every tensor has a fixed shape."""
    dynamic = [tensor.name for tensor in view.tensors if tensor.dynamic]
    return Verdict(
        "has_static_shapes",
        not dynamic,
        f"open dimensions in {_some(dynamic)}" if dynamic else "every shape is fixed",
        "fixed shapes",
        remedy="give every input a fixed shape with batch size 1" if dynamic else "",
    )


def has_sane_scales(view: ModelView, policy: Policy = DEFAULT) -> Verdict:
    """Every integer activation has scales that are finite and not degenerate, and zero points that its type holds."""
    quantized = [tensor for tensor in view.tensors if tensor.scales]
    wrong = [f"{tensor.name} {_quantization(tensor)}" for tensor in quantized if not _sane(tensor, policy)]
    return Verdict(
        "has_sane_scales",
        bool(quantized) and not wrong,
        f"{len(wrong)} of {len(quantized)} tensors are wrong: {_some(wrong)}"
        if wrong
        else f"{len(quantized)} quantized tensors",
        f"scales finite, of activations in [{policy.min_scale:g}, {policy.max_scale:g}]; zero points within the type",
        cause="the representative dataset never moved this tensor, or held NaN or infinity" if wrong else "",
        remedy="calibrate with data like the deployed one" if wrong else "",
    )


def repairs_are_proven(repair: Repair) -> Verdict:
    """Whatever was rewritten was proven not to change a value, and nothing that needs a rewrite was refused."""
    return Verdict(
        "repairs_are_proven",
        not repair.refused,
        f"refused: {_some(list(repair.refused))}"
        if repair.refused
        else (_some(list(repair.changes)) or "nothing to repair"),
        "no refusal",
        figures={"repairs": len(repair.changes)},
    )


def fully_on_npu(compiled: Compilation) -> Verdict:
    """No operator of the compiled file runs on the CPU."""
    on_cpu = compiled.on_cpu
    causes = [explain(operator) for operator in on_cpu]
    return Verdict(
        "fully_on_npu",
        not on_cpu and compiled.segments > 0,
        f"on the CPU: {_counted(on_cpu)}" if on_cpu else f"{compiled.source_operators} operators on the NPU",
        "no operator on the CPU",
        cause=_distinct(f"{operator.name}: {cause.sentence}" for operator, cause in zip(on_cpu, causes, strict=True)),
        remedy=_distinct(cause.remedy for cause in causes),
        figures={
            "cpu_operators": len(on_cpu),
            "source_operators": compiled.source_operators,
            "npu_operator_coverage": compiled.npu_operator_coverage,
        },
    )


def stays_within_segments(compiled: Compilation, policy: Policy = DEFAULT) -> Verdict:
    """The NPU runs the model in as few pieces as allowed."""
    segments = compiled.segments
    return Verdict(
        "stays_within_segments",
        1 <= segments <= policy.max_npu_segments,
        count(segments, "NPU segment"),
        f"1 to {policy.max_npu_segments}",
        cause="each CPU operator in between stops the NPU and starts it again" if segments > 1 else "",
        remedy="see fully_on_npu for each of these operators" if segments > 1 else "",
        figures={"npu_segments": segments},
    )


def report_agrees_with_file(compiled: Compilation) -> Verdict:
    """Vela's report counts the CPU operators that its file holds, and NPU work if and only if there is some."""
    counted, found = compiled.reported_cpu_operators, len(compiled.on_cpu)
    works = compiled.reported_npu_operators > 0
    return Verdict(
        "report_agrees_with_file",
        counted == found and works == (compiled.segments > 0),
        f"Vela reports {counted} CPU and {compiled.reported_npu_operators} NPU operators; the file holds "
        f"{count(found, 'CPU operator')} and {count(compiled.segments, 'NPU segment')}",
        "the same CPU operators, and NPU operators where there are segments",
        cause="" if counted == found else "Vela's report does not cover every subgraph of the file; trust the file",
    )


def is_estimated(compiled: Compilation) -> Verdict:
    """Vela gives an estimate for what runs on the NPU: zero cycles mean unknown, not infinitely fast."""
    estimate = compiled.estimate
    known = estimate.total_cycles > 0 and compiled.segments > 0
    reads = estimate.weight_reads
    figures = {
        "total_cycles": estimate.total_cycles,
        "ms": estimate.ms,
        "sram_used_bytes": estimate.sram_used_bytes,
        "flash_used_bytes": estimate.flash_used_bytes,
        "weight_read_bytes": estimate.weight_read_bytes,
    }
    return Verdict(
        "is_estimated",
        known,
        f"{estimate.total_cycles:,} cycles, {estimate.ms:.3f} ms, {estimate.sram_used_bytes:,} bytes of SRAM, "
        f"{estimate.flash_used_bytes:,} bytes behind it, each weight read {reads or 0:.1f} times"
        if known
        else "unknown: Vela estimates only what the NPU runs",
        "more than 0 cycles",
        figures=figures if known else {},
    )


def unrolled_equals_looped(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Two float32 evaluations of one function: each may lie within the rounding bound of the oracle."""
    bounds = {name: 2 * bound for name, bound in oracle.bounds.items()}
    return _close("unrolled_equals_looped", outputs.unrolled, outputs.looped, bounds)


def looped_equals_oracle(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Keras's looped model computes what the equations say."""
    return _close("looped_equals_oracle", outputs.looped, oracle.outputs, oracle.bounds)


def unrolled_equals_oracle(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Keras's unrolled model computes what the equations say."""
    return _close("unrolled_equals_oracle", outputs.unrolled, oracle.outputs, oracle.bounds)


def holds_a_loop(view: ModelView) -> Verdict:
    """The model runs its time steps in a WHILE."""
    loops = sum(operator.name == "WHILE" for _, operator in view.operators)
    return Verdict("holds_a_loop", loops > 0, count(loops, "WHILE operator"), "at least 1")


def stays_off_the_npu(compiled: Compilation) -> Verdict:
    """The NPU runs nothing of the model."""
    return Verdict(
        "stays_off_the_npu",
        compiled.segments == 0 and bool(compiled.on_cpu),
        f"{count(compiled.segments, 'NPU segment')}, {count(len(compiled.on_cpu), 'CPU operator')}",
        "no NPU segment",
    )


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


def _close(claim: str, measured: Arrays, reference: Arrays, bounds: Arrays) -> Verdict:
    shared = [name for name in reference if name in measured]
    distances = {name: np.abs(measured[name].astype(np.float64) - reference[name]) for name in shared}
    ratios = {name: float(np.max(distance / bounds[name])) for name, distance in distances.items()}
    exceeded = [name for name, ratio in ratios.items() if not ratio <= 1]
    shown = ", ".join(f"{name} {np.max(distances[name]):.1e} ({ratios[name]:.0%} of the bound)" for name in ratios)
    unmatched = sorted(set(measured) ^ set(reference))
    return Verdict(
        claim,
        bool(ratios) and not unmatched and not exceeded,
        f"largest difference {shown}" + (f"; only one of the two has {_some(unmatched)}" if unmatched else ""),
        "within the float32 rounding bound",
        cause=f"{_some(exceeded)} differ by more than rounding: not the same function" if exceeded else "",
        figures={f"max_difference_{name}": float(np.max(distance)) for name, distance in distances.items()},
    )


def _accuracy(labels: Labels) -> Proportion:
    return Proportion(int(np.sum(labels.labels == labels.expected)), len(labels.expected))


def _floats(tensors: Iterable[Tensor]) -> list[str]:
    return [tensor.name for tensor in tensors if tensor.dtype in FLOATS]


def _quantized(tensors: Iterable[Tensor]) -> list[str]:
    return [tensor.name for tensor in tensors if tensor.scales and tensor.dtype not in FLOATS]


def _sane(tensor: Tensor, policy: Policy) -> bool:
    constant = tensor.constant_bytes is not None
    return (
        all(math.isfinite(scale) and scale > 0 for scale in tensor.scales)
        and (constant or all(policy.min_scale <= scale <= policy.max_scale for scale in tensor.scales))
        and all(_holds(tensor.dtype, point) for point in tensor.zero_points)
    )


def _holds(dtype: str, value: int) -> bool:
    """Whether an integer type, `int4` to `uint64`, holds a value; any other type holds every value."""
    integer = re.fullmatch(r"(u?)int(\d+)", dtype)
    if integer is None:
        return True
    unsigned, bits = integer.groups()
    half = 1 << (int(bits) - 1)
    return 0 <= value < 2 * half if unsigned else -half <= value < half


def _quantization(tensor: Tensor) -> str:
    return f"(scale {min(tensor.scales):g}, zero point {tensor.zero_points[:1]})"


def _counted(operators: Iterable[CpuOperator]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(o.name for o in operators).items()))


def _some(names: list[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _distinct(sentences: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(sentences))


def figures_of(verdict: Verdict) -> dict[str, Any]:
    """The verdict as plain values, for JSON: a figure that is no number is None."""
    return {
        "claim": verdict.claim,
        "passed": bool(verdict.passed),
        "observed": verdict.observed,
        "allowed": verdict.allowed,
        "cause": verdict.cause,
        "remedy": verdict.remedy,
        "figures": {name: _number(value) for name, value in verdict.figures.items()},
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
