"""Checks of the quantized model itself: types, shapes, scales, constants."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import cache

from harness.checks.verdict import Verdict, some
from harness.evidence import NPU_CODE, ModelView, Repair, Tensor
from harness.outcome import Outcome
from harness.policy import DEFAULT, Policy
from harness.subjects import GivenModel
from harness.wording import count

UNROLL = "loops stay off the NPU, and TensorFlow dies when it quantizes some: build it with unroll=True, then "
FLOATS = ("float16", "float32", "float64")


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
    loops = names.count("WHILE")
    integers = [o for graph, o in view.operators if _quantized(graph.tensors[i] for i in o.outputs if i >= 0)]
    if not integers:
        return Verdict(
            claim,
            passed=False,
            observed=f"{model.path} is a float model{_looped(loops)}: none of its {len(names)} operators computes in "
            "integers",
            remedy=f"{UNROLL if loops else ''}quantize it to int8 with a representative dataset (TFLITE_BUILTINS_INT8)",
        )
    return Verdict(claim, passed=True, observed=f"{len(names)} operators, {view.size_bytes:,} bytes")


def _looped(loops: int) -> str:
    return f" with {count(loops, 'loop')} (WHILE)" if loops else ""


def computes_in_integers(view: ModelView) -> Verdict:
    """No tensor that holds a value is in floating point; a fused LSTM has some without elements, which hold none."""
    islands = [
        f"{operator.name} {graph.tensors[operator.outputs[0]].name}"
        for graph, operator in view.operators
        if _floats(graph.tensors[index] for index in (*operator.inputs, *operator.outputs) if index >= 0)
    ]
    floats = _floats(view.tensors)
    return Verdict(
        "computes_in_integers",
        not floats and any(True for _ in view.operators),
        count(len(floats), "float tensor") + (f" at {some(islands)}" if islands else ""),
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
        f"open dimensions in {some(dynamic)}" if dynamic else "every shape is fixed",
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
        f"{len(wrong)} of {len(quantized)} tensors are wrong: {some(wrong)}"
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
        f"refused: {some(list(repair.refused))}"
        if repair.refused
        else (some(list(repair.changes)) or "nothing to repair"),
        "no refusal",
        figures={"repairs": len(repair.changes)},
    )


def holds_a_loop(view: ModelView) -> Verdict:
    """The model runs its time steps in a WHILE."""
    loops = sum(operator.name == "WHILE" for _, operator in view.operators)
    return Verdict("holds_a_loop", loops > 0, count(loops, "WHILE operator"), "at least 1")


def _floats(tensors: Iterable[Tensor]) -> list[str]:
    return [tensor.name for tensor in tensors if tensor.dtype in FLOATS and 0 not in tensor.shape]


def _quantized(tensors: Iterable[Tensor]) -> list[str]:
    return [tensor.name for tensor in tensors if tensor.scales and tensor.dtype not in FLOATS]


def _sane(tensor: Tensor, policy: Policy) -> bool:
    constant = tensor.constant_bytes is not None
    return (
        all(math.isfinite(scale) and scale > 0 for scale in tensor.scales)
        and (constant or all(policy.min_scale <= scale <= policy.max_scale for scale in tensor.scales))
        and all(_holds(tensor.dtype, point) for point in tensor.zero_points)
    )


@cache
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
