"""A bias at input scale times weight scale for each operator, requantized where it is at another.

Kernels and NPU add the integers of a bias to products of inputs and weights: they take its scale to be the product of
theirs, whatever the file says. Where several operators share one bias, as the time steps of a GRU do, int16x8
quantizes it with the scale of one of them, and the others add something else.
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import numpy as np

from harness.errors import RepairRefused
from harness.repair.graph import Mended, mend_each, parameters
from harness.rounding import PRODUCT_TOLERANCE
from harness.tflite import indices, operator_name, text

WITH_BIAS = ("FULLY_CONNECTED", "CONV_2D", "DEPTHWISE_CONV_2D")
_LARGEST = {"int32": 2**31 - 1, "int64": 2**39 - 1}
"""By the element type of the bias; what is wider than 40 bits fits no accumulator of the NPU, and Vela refuses it."""


class _Bias(NamedTuple):
    """A bias that an operator must not share: places of operator and tensor, the values and scales that it needs."""

    operator: Any
    tensor: int
    values: np.ndarray
    scales: np.ndarray
    factor: float


def mend_biases(tree: Any, graph: Any) -> Mended:
    """Give each operator whose bias is at another scale a bias of its own."""
    made: dict[Any, int] = {}

    def mend(operator: Any) -> str | None:
        bias = _prove(tree, graph, operator)
        return None if bias is None else _rewrite(tree, graph, bias, made)

    return mend_each(graph.operators or [], mend)


def _prove(tree: Any, graph: Any, operator: Any) -> _Bias | None:
    """The bias that an operator needs; None where it has it. Raises RepairRefused where a proof fails."""
    places = indices(operator.inputs)[:3]
    if operator_name(tree, operator) not in WITH_BIAS or len(places) < len(("data", "weights", "bias")):
        return None
    if places[2] < 0 or not all(parameters(graph.tensors[place])[1] for place in places):
        return None
    given, weights, old = (np.array(parameters(graph.tensors[place])[1]) for place in places)
    wanted = given[0] * weights
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = old / wanted
    if np.all(np.abs(ratios - 1) <= PRODUCT_TOLERANCE):
        return None
    name = "bias %s of %s" % tuple(text(graph.tensors[at].name) for at in (places[2], indices(operator.outputs)[0]))
    if len(given) != 1 or not np.all((ratios > 0) & np.isfinite(ratios)):
        raise RepairRefused("%s has scales that are no product: %s for %s" % (name, old[:3], wanted[:3]))
    values, needed = _requantized(name, tree, graph.tensors[places[2]], (old, wanted))
    return _Bias(operator, places[2], values, needed, float(np.max(np.maximum(ratios, 1 / ratios))))


def _requantized(name: str, tree: Any, bias: Any, scales: tuple[Any, Any]) -> tuple[np.ndarray, np.ndarray]:
    """The values of a bias at other scales, and those scales as the file can hold them; raises RepairRefused."""
    dtype, _, zeros = parameters(bias)
    data = tree.buffers[bias.buffer].data
    if dtype not in _LARGEST or data is None or any(zeros):
        raise RepairRefused("%s is no constant of int32 or int64 around zero" % name)
    stored = np.frombuffer(bytes(data), dtype)
    needed = scales[1].astype(np.float32).astype(np.float64)
    if stored.size % max(len(scales[0]), len(needed)):
        raise RepairRefused("%s has %d values for %d scales" % (name, stored.size, len(needed)))
    meant = stored * scales[0]
    values = np.rint(meant / needed)
    if np.any(np.abs(values) > _LARGEST[dtype]):
        raise RepairRefused("%s overflows %s at the scale that the kernels assume" % (name, dtype))
    # What the kernels add is the stored integer times the scale that they assume.
    if np.any(np.abs(values * needed - meant) > np.abs(stored * needed - meant)):
        raise RepairRefused("%s would be further from its values than it is" % name)
    return values.astype(dtype), needed


def _rewrite(tree: Any, graph: Any, bias: _Bias, made: dict[Any, int]) -> str:
    old = graph.tensors[bias.tensor]
    # Operators that need the same scales share one again.
    key = (bias.tensor, bias.scales.tobytes())
    if key not in made:
        made[key] = _add_tensor(tree, graph, bias)
    places = indices(bias.operator.inputs)
    bias.operator.inputs = [*places[:2], made[key], *places[3:]]
    return "bias %s of %s got the scale that kernels assume, off by a factor of up to %.3g before" % (
        text(old.name),
        text(graph.tensors[indices(bias.operator.outputs)[0]].name),
        bias.factor,
    )


def _add_tensor(tree: Any, graph: Any, bias: _Bias) -> int:
    tensor = copy.deepcopy(graph.tensors[bias.tensor])
    tensor.name = "%s_%d" % (text(tensor.name), len(graph.tensors))
    tensor.quantization.scale = [float(scale) for scale in bias.scales]
    tensor.quantization.zeroPoint = [0] * len(bias.scales)
    tensor.quantization.quantizedDimension = 0
    buffer = copy.deepcopy(tree.buffers[tensor.buffer])
    buffer.data = np.frombuffer(bias.values.tobytes(), np.uint8)
    tree.buffers.append(buffer)
    tensor.buffer = len(tree.buffers) - 1
    graph.tensors.append(tensor)
    return len(graph.tensors) - 1
