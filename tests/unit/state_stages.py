"""Small models with states and with shared biases, and what becomes of them (run in children)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from flat_models import NO_SCALE, model, tensor

from harness import kernels
from harness.contract import judge
from harness.repair import repair
from harness.state_effect import measure
from harness.tflite import indices, inspect, read_model, text, write_model

Ports = list[list[Any]]
"""Name, shape, element type, scale (0: not quantized) and zero point of each input or output."""


def contract_of(
    outputs: Ports, inputs: Ports, pairs: Ports | None = None, signature: dict[str, str] | None = None
) -> dict[str, Any]:
    """The contract of a model with these inputs and outputs; `signature` renames tensors in a signature."""
    return judge(ported(outputs, inputs, signature or {}), pairs)


def states_repaired(
    outputs: Ports,
    inputs: Ports,
    *,
    pairs: Ports | None = None,
    signature: dict[str, str] | None = None,
    through: str = "",
) -> dict[str, Any]:
    """The same model after the repair of its states: what was said, and what it then holds.

    `through` names an input that is an output as well; `versions` are those of the operator codes.
    """
    before = ported(outputs, inputs, signature or {}, through)
    after = repair(before, states=True, pairs=pairs)
    again = repair(after["model"], states=True, pairs=pairs)
    return {
        "changes": after["changes"],
        "refused": after["refused"],
        "untouched": after["model"] == before,
        "again": again["changes"],
        "before": inspect(before),
        "after": inspect(after["model"]),
        "versions": [code.version for code in read_model(after["model"]).operatorCodes],
    }


def ported(outputs: Ports, inputs: Ports, signature: dict[str, str], through: str = "") -> bytes:
    """A model of one operator from all inputs to all outputs; it computes nothing."""
    made = [[_port(*port) for port in ports] for ports in (inputs, outputs)]
    content = model([("CONCATENATION", *made, "", {})], [port for port in made[0] if port["name"] == through])
    return _with_signature(content, signature) if signature else content


def state_effect_of(dtype: str, scales: list[float], zeros: list[int]) -> dict[str, Any]:
    """h_out = x + h_in and y = sigmoid(h_out), scales and zero points of x, h_in, h_out: what the repair changes."""
    x, state, result = (
        tensor(1, 16, dtype=dtype, scales=(scale,), zeros=(zero,), name=name)
        for name, scale, zero in zip(("x", "h_in", "h_out"), scales, zeros, strict=True)
    )
    end = (1 / 256, -128) if dtype == "int8" else (1 / 32768, 0)
    y = tensor(1, 16, dtype=dtype, scales=end[:1], zeros=end[1:], name="y")
    before = model([("ADD", [x, state], [result], "AddOptions", {}), ("LOGISTIC", [result], [y], "", {})], [result])
    repaired = repair(before, states=True, equal_too=True)
    return {
        "effect": measure(before, repaired["model"]),
        "changes": repaired["changes"],
        "refused": repaired["refused"],
    }


def shared_bias(  # noqa: PLR0913 - what the model consists of
    *, dtype: str, given: list[float], weights: list[float], factor: float, values: list[int], seed: int
) -> dict[str, Any]:
    """FULLY_CONNECTED operators, one for each scale of `given`, that share one bias, before and after the repair.

    The scales of the bias are `factor` times those of the first operator; several `weights`: one scale a channel.
    Gives back what was said, the tensors of the repaired model, and for each set of kernels the real outputs by
    operator: `meant` (float64), `before`, `after`, each (n, channels).
    """
    before, inputs, meant = _sharing(dtype=dtype, given=given, weights=weights, factor=factor, values=values, seed=seed)
    repaired = repair(before)
    said = {"changes": repaired["changes"], "refused": repaired["refused"], "untouched": repaired["model"] == before}
    runs = {
        name: {
            "before": _real(before, kernels.run(before, name, inputs)),
            "after": _real(repaired["model"], kernels.run(repaired["model"], name, inputs)),
        }
        for name in kernels.KERNELS
    }
    return {**said, "meant": meant, "kernels": runs, "model": inspect(repaired["model"])}


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


def _real(content: bytes, outputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    graph = read_model(content).subgraphs[0]
    scales = {text(graph.tensors[at].name): float(graph.tensors[at].quantization.scale[0]) for at in graph.outputs}
    return {name: array * scales[name] for name, array in outputs.items()}


def _port(name: str, shape: list[int], dtype: str, scale: float, zero: int) -> dict[str, Any]:
    quantization = {"scales": (scale,), "zeros": (zero,)} if scale else NO_SCALE
    return tensor(*shape, dtype=dtype, name=name, **quantization)


def _with_signature(content: bytes, names: dict[str, str]) -> bytes:
    schema = import_module("ai_edge_litert.schema_py_generated")
    tree = read_model(content)
    graph, signature = tree.subgraphs[0], schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = "serving_default", 0
    for side in ("inputs", "outputs"):
        entries = []
        for index in indices(getattr(graph, side)):
            entry = schema.TensorMapT()
            entry.name, entry.tensorIndex = names[text(graph.tensors[index].name)], index
            entries.append(entry)
        setattr(signature, side, entries)
    tree.signatureDefs = [signature]
    return write_model(tree)
