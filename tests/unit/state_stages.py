"""Small models with states, and what becomes of them (run in children)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
from flat_models import NO_SCALE, model, tensor

from harness.contract import judge, rescale
from harness.npu import execute
from harness.repair import repair
from harness.state_effect import measure
from harness.target import VelaConfig, choose_target
from harness.tflite import indices, inspect, read_model, text, write_model
from harness.vela import compile_model

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


def rescaled_on_the_npu(dtype: str, accelerator: str, count: int) -> dict[str, int]:
    """How many values a compiled QUANTIZE, executed on the host model of the NPU, computes otherwise than `rescale`."""
    rng, compared, differing = np.random.default_rng(0), 0, 0
    target = choose_target(VelaConfig.installed(), accelerator).to_plain()
    for number in range(count):
        limits = np.iinfo(dtype)
        values = np.arange(-128, 128) if dtype == "int8" else rng.integers(limits.min, limits.max + 1, 256)
        scales = [2 ** rng.uniform(-12, -4)]
        scales.append(scales[0] * 2 ** rng.uniform(-1, 1) ** (3 if number % 3 == 0 else 1))
        zeros = rng.integers(-128, 128, 2).tolist() if dtype == "int8" else [0, 0]
        ends = [["h_out", [1, 256], dtype, scales[0], zeros[0]], ["h_in", [1, 256], dtype, scales[1], zeros[1]]]
        source, result = (_port(*end) for end in ends)
        compiled = compile_model(model([("QUANTIZE", [source], [result], "QuantizeOptions", {})]), **target)
        pair = judge(ported([ends[0]], [ends[1]], {}), [["h_out", "h_in"]])["pairs"][0]
        given = values.astype(dtype)[np.newaxis]
        found = execute(compiled["model"], {"h_out": given})["h_in"]
        compared, differing = compared + found.size, differing + int(np.count_nonzero(found != rescale(given, pair)))
    return {"values": compared, "differing": differing}


def state_effect_of(dtype: str, scales: list[float], zeros: list[int], *, spoil: bool = False) -> dict[str, Any]:
    """h_out = x + h_in and y = sigmoid(h_out), scales and zero points of x, h_in, h_out: what the repair changes.

    `spoil`: the repaired model is that of another zero point.
    """
    x, state, result = (
        tensor(1, 16, dtype=dtype, scales=(scale,), zeros=(zero,), name=name)
        for name, scale, zero in zip(("x", "h_in", "h_out"), scales, zeros, strict=True)
    )
    end = (1 / 256, -128) if dtype == "int8" else (1 / 32768, 0)
    y = tensor(1, 16, dtype=dtype, scales=end[:1], zeros=end[1:], name="y")
    before = model([("ADD", [x, state], [result], "AddOptions", {}), ("LOGISTIC", [result], [y], "", {})], [result])
    repaired = repair(before, states=True, equal_too=True)
    if spoil:
        tree = read_model(repaired["model"])
        tree.subgraphs[0].tensors[-1].quantization.zeroPoint = [zeros[1] + 3]
        repaired["model"] = write_model(tree)
    return {
        "effect": measure(before, repaired["model"]),
        "changes": repaired["changes"],
        "refused": repaired["refused"],
    }


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
