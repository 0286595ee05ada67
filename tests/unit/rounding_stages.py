"""Stages that compare the rounding oracle with reference kernels, and cut into models that it is asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from single_operators import CASES, build

from harness import kernels
from harness.expected import load_rounded, run_rounded
from harness.tflite import indices, operator_name, read_model, text, write_model

Model = Graph = Operator = Tensor = Any
"""Object trees of the schema."""

SEQUENCES = 40
REFERENCE = "litert_reference"
FLOAT_STEP = 1e-5
"""What counts as one step of a float32 result."""

OPERATOR_CODES = {"TANH": 28, "ELU": 111}
"""The schema's numbers."""


def compare_single(case: str, seed: int) -> dict[str, Any]:
    """How far the oracle is from the reference kernels on random integers: `lsb`, largest over all results."""
    model = build(*CASES[case])
    details = kernels.load(model, REFERENCE).inputs
    rng = np.random.default_rng(seed)
    integers = {
        name: rng.integers(-128, 128, (SEQUENCES, *detail["shape"][1:])).astype(np.int8)
        for name, detail in details.items()
    }
    return _compare(model, integers)


def compare_sample(model: bytes) -> dict[str, Any]:
    """The same for a whole model, on small random integers; also `sqnr_db` between the two."""
    rng = np.random.default_rng(1)
    details = kernels.load(model, REFERENCE).inputs
    integers = {
        name: rng.integers(-60, 60, (SEQUENCES, *detail["shape"][1:])).astype(np.int8)
        for name, detail in details.items()
    }
    return _compare(model, integers)


def refuse(model: bytes, cut: str) -> dict[str, Any]:
    """Ask the oracle about a model after a cut; raises what the oracle raises."""
    tree = read_model(model)
    CUTS[cut](tree, tree.subgraphs[0])
    run_rounded(write_model(tree), {"input": np.zeros((2, 3, 4)), "state_h_in": np.zeros((2, 8))})
    return {}


def watch(model: bytes) -> dict[str, Any]:
    """The outputs of the oracle, and the candidate states, which it was told to watch."""
    tree = read_model(model)
    graph = tree.subgraphs[0]
    candidates = [
        text(graph.tensors[indices(operator.outputs)[0]].name)
        for operator in graph.operators
        if operator_name(tree, operator) == "TANH"
    ]
    inputs = {"input": np.random.default_rng(2).normal(size=(5, 3, 4)), "state_h_in": np.zeros((5, 8))}
    loaded = load_rounded(model, candidates)
    loaded({name: array + 1.0 for name, array in inputs.items()})
    return {
        "candidates": candidates,
        "loaded": loaded(inputs),
        "rounded": run_rounded(model, inputs, candidates),
        "unrounded": run_rounded(model, inputs, candidates, rounding=False),
    }


def _compare(model: bytes, integers: dict[str, np.ndarray]) -> dict[str, Any]:
    interpreter = kernels.load(model, REFERENCE)
    measured = kernels.run(model, REFERENCE, integers)
    real = {name: kernels.dequantize_as(array, interpreter.inputs[name]) for name, array in integers.items()}
    expected = run_rounded(model, real)
    steps, noise, signal = [], 0.0, 0.0
    for name, array in measured.items():
        detail = interpreter.outputs[name]
        floats = detail["dtype"] == np.float32
        difference = (array if floats else kernels.dequantize_as(array, detail)) - expected[name]
        steps.append(float(np.abs(difference).max() / (FLOAT_STEP if floats else detail["quantization"][0])))
        noise, signal = noise + float(np.sum(difference**2)), signal + float(np.sum(expected[name] ** 2))
    return {"lsb": max(steps), "sqnr_db": float(10 * np.log10(signal / noise)) if noise else float("inf")}


def _foreign_operator(tree: Model, _graph: Graph) -> None:
    code = next(code for code in tree.operatorCodes if code.builtinCode == OPERATOR_CODES["TANH"])
    code.builtinCode = code.deprecatedBuiltinCode = OPERATOR_CODES["ELU"]


def _foreign_activation(tree: Model, graph: Graph) -> None:
    _first(tree, graph, "ADD").builtinOptions.fusedActivationFunction = 4


def _infinite_scale(tree: Model, graph: Graph) -> None:
    _kernel(tree, graph).quantization.scale[3] = np.inf


def _short_constant(tree: Model, graph: Graph) -> None:
    buffer = tree.buffers[_kernel(tree, graph).buffer]
    buffer.data = buffer.data[:-1]


def _other_input(_tree: Model, graph: Graph) -> None:
    graph.tensors[indices(graph.inputs)[0]].name = "another"


def _reversed_shape(tree: Model, graph: Graph) -> None:
    result = graph.tensors[indices(_first(tree, graph, "TANH").outputs)[0]]
    result.shape = indices(result.shape)[::-1]


def _computed_weights(tree: Model, graph: Graph) -> None:
    connected = _first(tree, graph, "FULLY_CONNECTED")
    connected.inputs = [indices(connected.inputs)[0], indices(graph.inputs)[1], -1]


def _ellipsis(tree: Model, graph: Graph) -> None:
    _first(tree, graph, "STRIDED_SLICE").builtinOptions.ellipsisMask = 1


def _first(tree: Model, graph: Graph, name: str) -> Operator:
    return next(operator for operator in graph.operators if operator_name(tree, operator) == name)


def _kernel(tree: Model, graph: Graph) -> Tensor:
    return graph.tensors[indices(_first(tree, graph, "FULLY_CONNECTED").inputs)[1]]


CUTS: dict[str, Callable[[Any, Any], None]] = {
    "none": lambda _tree, _graph: None,
    "a foreign operator": _foreign_operator,
    "a foreign activation": _foreign_activation,
    "an infinite scale": _infinite_scale,
    "a short constant": _short_constant,
    "another input": _other_input,
    "a reversed shape": _reversed_shape,
    "computed weights": _computed_weights,
    "an ellipsis": _ellipsis,
}
