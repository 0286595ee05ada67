"""Operators that share a bias, biases that are spoiled, and what becomes of them (run in children)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from flat_models import model, tensor

from harness import kernels
from harness.errors import ModelError
from harness.repair import repair
from harness.tflite import indices, inspect, read_model, text, write_model

# LiteRT's object trees have no types of ours.
Tensor = Any


def shared_bias(  # noqa: PLR0913 - what the model consists of
    *, dtype: str, given: list[float], weights: list[float], factor: float, values: list[int], seed: int
) -> dict[str, Any]:
    """FULLY_CONNECTED operators, one for each scale of `given`, that share one bias, before and after the repair.

    The scales of the bias are `factor` times those of the first operator; several `weights`: one scale a channel.
    Gives back what was said, the tensors of the repaired model, and for each set of kernels the real outputs by
    operator: `meant` (float64), `before` (None where LiteRT refuses the model), `after`, each (n, channels).
    """
    before, inputs, meant = _sharing(dtype=dtype, given=given, weights=weights, factor=factor, values=values, seed=seed)
    repaired = repair(before)
    said = {"changes": repaired["changes"], "refused": repaired["refused"], "untouched": repaired["model"] == before}
    runs = {
        name: {"before": _run(before, name, inputs), "after": _run(repaired["model"], name, inputs)}
        for name in kernels.installed()
    }
    return {**said, "meant": meant, "kernels": runs, "model": inspect(repaired["model"])}


def spoiled_bias(spoil: str) -> dict[str, Any]:
    """What the repair says to an operator that was sound and then spoiled in a way of `SPOILS`."""
    sound, _, _ = _sharing(dtype="int8", given=[0.01], weights=[0.02], factor=1.0, values=[1000, -70, 3], seed=0)
    tree = read_model(sound)
    graph = tree.subgraphs[0]
    SPOILS[spoil](*(graph.tensors[index] for index in indices(graph.operators[0].inputs)))
    patient = write_model(tree)
    result = repair(patient)
    return {"untouched": result["model"] == patient, "changes": result["changes"], "refused": result["refused"]}


def _another_scale(_given: Tensor, _weights: Tensor, bias: Tensor) -> None:
    bias.quantization.scale = [1.5 * float(scale) for scale in bias.quantization.scale]


def _zero_point(given: Tensor, weights: Tensor, bias: Tensor) -> None:
    _another_scale(given, weights, bias)
    bias.quantization.zeroPoint = [1] * len(bias.quantization.scale)


def _computed(given: Tensor, weights: Tensor, bias: Tensor) -> None:
    _another_scale(given, weights, bias)
    bias.buffer = 0


def _infinite(_given: Tensor, weights: Tensor, _bias: Tensor) -> None:
    weights.quantization.scale = [float("inf")] * len(weights.quantization.scale)


def _nothing(_given: Tensor, _weights: Tensor, bias: Tensor) -> None:
    bias.quantization.scale = [0.0] * len(bias.quantization.scale)


def _two_scales(given: Tensor, weights: Tensor, bias: Tensor) -> None:
    _another_scale(given, weights, bias)
    given.quantization.scale = [float(given.quantization.scale[0])] * 2
    given.quantization.zeroPoint = [int(given.quantization.zeroPoint[0])] * 2


def _too_many_scales(_given: Tensor, weights: Tensor, bias: Tensor) -> None:
    weights.quantization.scale = [float(weights.quantization.scale[0])] * (int(bias.shape[0]) + 1)
    weights.quantization.zeroPoint = [0] * (int(bias.shape[0]) + 1)
    bias.quantization.scale = [float(2 * bias.quantization.scale[0])]


def _no_scale(_given: Tensor, _weights: Tensor, bias: Tensor) -> None:
    bias.quantization = None


SPOILS: Mapping[str, Callable[[Tensor, Tensor, Tensor], None]] = {
    "another scale": _another_scale,
    "a zero point": _zero_point,
    "computed": _computed,
    "infinite weights": _infinite,
    "a scale of nothing": _nothing,
    "two scales of the input": _two_scales,
    "too many scales": _too_many_scales,
    "no scale": _no_scale,
}


def _sharing(  # noqa: PLR0913 - what the model consists of
    *, dtype: str, given: list[float], weights: list[float], factor: float, values: list[int], seed: int
) -> tuple[bytes, dict[str, np.ndarray], dict[str, Any]]:
    rng, channels, depth, rows = np.random.default_rng(seed), len(values), 5, 16
    wide, limit = ("int32", 128) if dtype == "int8" else ("int64", 32768)
    kernel = rng.integers(-127, 128, (channels, depth)).astype(np.int8)
    weight_scales = np.resize(np.array(weights, np.float32), channels)
    bias_scales = (np.float32(factor * given[0]) * np.array(weights, np.float32)).astype(np.float32)
    zeros = (0,) * len(weights)
    matrix = tensor(channels, depth, data=kernel, scales=tuple(weights), zeros=zeros, name="kernel")
    shared = np.array(values, wide)
    scales = tuple(float(scale) for scale in bias_scales)
    bias = tensor(channels, dtype=wide, data=shared, scales=scales, zeros=zeros, name="bias")
    inputs, meant, operators = {}, {}, []
    for step, scale in enumerate(np.array(given, np.float32)):
        rounded = rng.integers(-limit, limit, (rows, depth)).astype(dtype)
        real = rounded * np.float64(scale) @ (kernel * weight_scales[:, None].astype(np.float64)).T
        real += shared * np.resize(bias_scales, channels).astype(np.float64)
        output_scale = float(np.abs(real).max() / (limit - 1)) or 1.0
        x = tensor(1, depth, dtype=dtype, scales=(float(scale),), name=f"x_{step}")
        y = tensor(1, channels, dtype=dtype, scales=(output_scale,), name=f"y_{step}")
        operators.append(("FULLY_CONNECTED", [x, matrix, bias], [y], "FullyConnectedOptions", {}))
        inputs[f"x_{step}"], meant[f"y_{step}"] = rounded, real
    return model(operators), inputs, meant


def _run(content: bytes, name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
    """The real outputs; None where the kernels refuse a bias whose scale is far from the product.

    TFLite Micro says why on standard output only; that it takes the repaired model is asked by whoever reads this.
    """
    try:
        outputs = kernels.run(content, name, inputs)
    except (RuntimeError, ModelError) as refusal:
        if not any(word in str(refusal) for word in ("scale_diff", "TFLM failed to allocate")):
            raise
        return None
    graph = read_model(content).subgraphs[0]
    scales = {text(graph.tensors[at].name): float(graph.tensors[at].quantization.scale[0]) for at in graph.outputs}
    return {output: array * scales[output] for output, array in outputs.items()}
