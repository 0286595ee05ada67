"""The rounding oracle computes each operator as LiteRT's reference kernels do, and shows what is wrong in a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from harness import kernels
from harness.engine import Engine, Outcome
from harness.expected import MOVES, OPERATORS, run_rounded
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage
from harness.tflite import indices, operator_name, read_model, text, write_model

Schema = Model = Graph = Operator = Tensor = Any
"""Object trees of the schema."""

SEQUENCES = 40
REFERENCE = "litert_reference"
ROUNDING_IN_KERNELS_LSB = 1
FLOAT_STEP = 1e-5
"""What counts as one step of a float32 result."""

FIRST_IN_INT8 = {"RESHAPE": 1, "SPLIT_V": 1}
"""The version of an operator from which on it knows int8, where that is not 2."""

OPERATOR_CODES = {"TANH": 28, "ELU": 111}
"""The schema's numbers."""
SAMPLES = ("gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain")


class Part(NamedTuple):
    """A tensor of a model of one operator: computed where it has no values, a float where its scale is 0."""

    shape: tuple[int, ...]
    scale: float = 0.02
    zero_point: int = 3
    values: Any = None
    dtype: str = "int8"


class Single(NamedTuple):
    """A model of one operator: its operands, its results, and its options in the schema's words."""

    operands: tuple[Part, ...]
    results: tuple[Part, ...]
    options: str = ""
    words: dict[str, Any] = {}  # noqa: RUF012 - only read


def shape_of(*values: int) -> Part:
    return Part((len(values),), 0, 0, np.array(values, np.int32), "int32")


ROW, HALF = Part((1, 8)), Part((1, 4))
WEIGHTS = Part((6, 8), 0.01, 0, np.arange(-24, 24).reshape(6, 8).astype(np.int8) * 4)
BIAS = Part((6,), 0.02 * 0.01, 0, np.arange(6, dtype=np.int32) * 500, "int32")
FIXED = Part((8,), 0.05, -7, np.arange(-40, 40, 10, np.int8))
STRIDES = {"beginMask": 1, "endMask": 1}
SINGLES = {
    "ADD": Single((ROW, FIXED), (Part((1, 8), 0.06, 1),), "AddOptions"),
    "CONCATENATION": Single((HALF, HALF), (ROW,), "ConcatenationOptions", {"axis": 1}),
    "DEQUANTIZE": Single((ROW,), (Part((1, 8), 0, dtype="float32"),)),
    "FULLY_CONNECTED": Single((ROW, WEIGHTS, BIAS), (Part((1, 6), 0.05, 5),), "FullyConnectedOptions"),
    "LOGISTIC": Single((Part((1, 8), 0.05, 4),), (Part((1, 8), 1 / 256, -128),)),
    "MUL": Single((ROW, Part((1, 8), 0.03, 9)), (Part((1, 8), 0.04, 2),), "MulOptions"),
    "PACK": Single((ROW, ROW), (Part((1, 2, 8)),), "PackOptions", {"axis": 1, "valuesCount": 2}),
    "QUANTIZE": Single((ROW,), (Part((1, 8), 0.013, -20),)),
    "RESHAPE": Single((ROW, shape_of(1, 2, 4)), (Part((1, 2, 4)),), "ReshapeOptions", {"newShape": [1, 2, 4]}),
    "REVERSE_V2": Single((ROW, shape_of(1)), (ROW,)),
    "SLICE": Single((ROW, shape_of(0, 3), shape_of(1, -1)), (Part((1, 5)),)),
    "SOFTMAX": Single((Part((1, 8), 0.05, 4),), (Part((1, 8), 1 / 256, -128),), "SoftmaxOptions", {"beta": 1.0}),
    "SPLIT": Single(
        (Part((), 0, 0, np.array(-1, np.int32), "int32"), ROW), (HALF, HALF), "SplitOptions", {"numSplits": 2}
    ),
    "SPLIT_V": Single(
        (ROW, shape_of(3, -1), Part((), 0, 0, np.array(1, np.int32), "int32")),
        (Part((1, 3)), Part((1, 5))),
        "SplitVOptions",
        {"numSplits": 2},
    ),
    "STRIDED_SLICE": Single(
        (ROW, shape_of(0, 1), shape_of(0, 7), shape_of(1, 2)), (Part((1, 3)),), "StridedSliceOptions", STRIDES
    ),
    "SUB": Single((FIXED, ROW), (Part((1, 8), 0.06, 1),), "SubOptions"),
    "TANH": Single((Part((1, 8), 0.03, 4),), (Part((1, 8), 1 / 128, 0),)),
    "TRANSPOSE": Single((Part((1, 2, 4)), shape_of(0, 2, 1)), (Part((1, 4, 2)),)),
    "UNPACK": Single((Part((1, 3, 4)),), (HALF, HALF, HALF), "UnpackOptions", {"axis": 1, "num": 3}),
}
FURTHER = {
    "a fused RELU": ("ADD", SINGLES["ADD"]._replace(words={"fusedActivationFunction": 1})),
    "a dropped axis": (
        "STRIDED_SLICE",
        SINGLES["STRIDED_SLICE"]._replace(results=(Part((1,)),), words={**STRIDES, "shrinkAxisMask": 2}),
    ),
    "no bias": ("FULLY_CONNECTED", SINGLES["FULLY_CONNECTED"]._replace(operands=(ROW, WEIGHTS))),
}
WRONG = {
    "a bias at another scale": (
        "FULLY_CONNECTED",
        SINGLES["FULLY_CONNECTED"]._replace(operands=(ROW, WEIGHTS, BIAS._replace(scale=0.02 * 0.01 * 4))),
    ),
    "bytes moved to another scale": ("REVERSE_V2", SINGLES["REVERSE_V2"]._replace(results=(Part((1, 8), 0.03),))),
}
"""What kernels compute without a word, though it is not what the scales say."""

CASES = {**{name: (name, single) for name, single in SINGLES.items()}, **FURTHER, **WRONG}
"""Every operator that the oracle knows, in int8, and what else its options may say."""


def build(operator: str, single: Single) -> bytes:
    """A .tflite of one operator; tensors are called t0, t1, ..., operands first."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - only a child may import it

    tree, graph, code, node = schema.ModelT(), schema.SubGraphT(), schema.OperatorCodeT(), schema.OperatorT()
    parts = (*single.operands, *single.results)
    tree.version, tree.subgraphs, tree.operatorCodes = 3, [graph], [code]
    tree.buffers = [schema.BufferT() for _ in range(len(parts) + 1)]
    graph.tensors = [_tensor(schema, tree, place, part) for place, part in enumerate(parts)]
    code.builtinCode = getattr(schema.BuiltinOperator, operator)
    code.deprecatedBuiltinCode, code.version = code.builtinCode, FIRST_IN_INT8.get(operator, 2)
    node.opcodeIndex, node.inputs = 0, list(range(len(single.operands)))
    node.outputs = list(range(len(single.operands), len(parts)))
    if single.options:
        node.builtinOptionsType = getattr(schema.BuiltinOptions, single.options)
        node.builtinOptions = getattr(schema, single.options + "T")()
        vars(node.builtinOptions).update(single.words)
    graph.operators, graph.outputs = [node], node.outputs
    graph.inputs = [place for place, part in enumerate(single.operands) if part.values is None]
    return write_model(tree)


def _tensor(schema: Schema, tree: Model, place: int, part: Part) -> Tensor:
    tensor = schema.TensorT()
    tensor.name, tensor.shape, tensor.buffer = f"t{place}", list(part.shape), place + 1
    tensor.type = getattr(schema.TensorType, part.dtype.upper())
    if part.scale:
        tensor.quantization = schema.QuantizationParametersT()
        tensor.quantization.scale = np.array([part.scale], np.float32)
        tensor.quantization.zeroPoint = np.array([part.zero_point], np.int64)
    if part.values is not None:
        tree.buffers[place + 1].data = np.frombuffer(part.values.tobytes(), np.uint8)
    return tensor


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
    return {
        "candidates": candidates,
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


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compare_single", "compare_sample", "refuse", "watch"):
        monkeypatch.setitem(STAGES, name, Stage(f"test_expected:{name}", LITERT))


def observe(engine: Engine, path: Path, stage: str, **arguments: str) -> Outcome:
    return engine.observe(Job(stage, arguments, {"model": engine.store.add_file(path)}))


def test_every_operator_is_tried() -> None:
    assert set(SINGLES) == set(OPERATORS)


@pytest.mark.parametrize("case", [*SINGLES, *FURTHER])
def test_operators_are_those_of_the_reference_kernels(engine: Engine, case: str) -> None:
    outcomes = [engine.submit(Job("compare_single", {"case": case, "seed": seed})) for seed in range(3)]
    distances = [outcome.result().value["lsb"] for outcome in outcomes]
    allowed = 0 if CASES[case][0] in MOVES else ROUNDING_IN_KERNELS_LSB
    assert max(distances) <= allowed + FLOAT_STEP


@pytest.mark.parametrize("name", SAMPLES)
def test_whole_models_differ_by_what_kernels_round(engine: Engine, samples: Path, name: str) -> None:
    outcome = observe(engine, samples / f"{name}.tflite", "compare_sample")
    assert outcome.value["sqnr_db"] > 30  # measured: 37 to 47


@pytest.mark.parametrize("case", WRONG)
def test_kernels_that_do_not_compute_what_the_scales_say_are_told(engine: Engine, case: str) -> None:
    assert engine.observe(Job("compare_single", {"case": case, "seed": 0})).value["lsb"] > 10


@pytest.mark.parametrize(
    ("cut", "sentence"),
    [
        ("a foreign operator", "does not know the operator ELU"),
        ("a foreign activation", "does not know the fused activation 4 of ADD"),
        ("an infinite scale", "has a scale that is not finite"),
        ("a short constant", "is no int8 (24, 4)"),
        ("another input", "input another is missing: give (8,) for each sequence"),
        ("a reversed shape", "TANH gives [(1, 8)] where the model says [(8, 1)]"),
        ("computed weights", "FULLY_CONNECTED with constant weights only"),
        ("an ellipsis", "STRIDED_SLICE without ellipsis"),
    ],
)
def test_what_the_oracle_cannot_compute_is_named(engine: Engine, samples: Path, cut: str, sentence: str) -> None:
    outcome = observe(engine, samples / "gru_transfer.tflite", "refuse", cut=cut)
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert sentence in outcome.detail


def test_a_whole_model_is_not_refused(engine: Engine, samples: Path) -> None:
    assert observe(engine, samples / "gru_transfer.tflite", "refuse", cut="none").done


def test_watched_tensors_are_on_their_grid_with_rounding_and_off_it_without(engine: Engine, samples: Path) -> None:
    seen = observe(engine, samples / "gru_transfer.tflite", "watch").value
    assert len(seen["candidates"]) == 3
    for name in seen["candidates"]:
        steps = seen["rounded"][name] * 128  # TANH in int8 has the scale 1/128
        assert steps.shape == (5, 8)
        np.testing.assert_array_equal(steps, np.rint(steps))
        rough = seen["unrounded"][name] * 128
        assert 0 < np.abs(rough - steps).max() < 12
        assert np.abs(rough - np.rint(rough)).max() > 0.4
