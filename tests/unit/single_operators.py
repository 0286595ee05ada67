"""Models of one operator each, in int8: every operator that the rounding oracle knows."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from harness.tflite import write_model

Schema = Model = Tensor = Any
"""Object trees of the schema."""

FIRST_IN_INT8 = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3, "EXPAND_DIMS": 1, "RESHAPE": 1, "SPLIT_V": 1, "SQUEEZE": 1}
"""The version of an operator from which on it knows int8, where that is not 2."""


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
IMAGE = Part((1, 6, 5, 4))
KERNELS = Part((3, 3, 2, 4), 0.01, 0, (np.arange(72) * 7 % 60 - 30).reshape(3, 3, 2, 4).astype(np.int8))
EACH = KERNELS._replace(shape=(1, 3, 3, 4), values=KERNELS.values[:, :, :, :2].reshape(-1)[:36].reshape(1, 3, 3, 4))
OFFSETS = Part((3,), 0.02 * 0.01, 0, np.array([-900, 0, 800], np.int32), "int32")
FOUR = OFFSETS._replace(shape=(4,), values=np.array([-900, 0, 800, 50], np.int32))
MOVED = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1, "padding": 0}
HALVED = {"strideH": 2, "strideW": 2, "filterHeight": 3, "filterWidth": 2, "padding": 0}
SINGLES = {
    "ADD": Single((ROW, FIXED), (Part((1, 8), 0.06, 1),), "AddOptions"),
    "AVERAGE_POOL_2D": Single((IMAGE,), (Part((1, 3, 3, 4)),), "Pool2DOptions", HALVED),
    "CONCATENATION": Single((HALF, HALF), (ROW,), "ConcatenationOptions", {"axis": 1}),
    "CONV_2D": Single((IMAGE, KERNELS, OFFSETS), (Part((1, 6, 5, 3), 0.05, 5),), "Conv2DOptions", MOVED),
    "DEPTHWISE_CONV_2D": Single(
        (IMAGE, EACH, FOUR), (Part((1, 6, 5, 4), 0.05, 5),), "DepthwiseConv2DOptions", {**MOVED, "depthMultiplier": 1}
    ),
    "DEQUANTIZE": Single((ROW,), (Part((1, 8), 0, dtype="float32"),)),
    "EXPAND_DIMS": Single((ROW, shape_of(1)), (Part((1, 1, 8)),), "ExpandDimsOptions"),
    "FULLY_CONNECTED": Single((ROW, WEIGHTS, BIAS), (Part((1, 6), 0.05, 5),), "FullyConnectedOptions"),
    "LOGISTIC": Single((Part((1, 8), 0.05, 4),), (Part((1, 8), 1 / 256, -128),)),
    "MAX_POOL_2D": Single((IMAGE,), (Part((1, 3, 3, 4)),), "Pool2DOptions", HALVED),
    "MEAN": Single((IMAGE, shape_of(1, 2)), (Part((1, 4), 0.01, -3),), "ReducerOptions"),
    "MUL": Single((ROW, Part((1, 8), 0.03, 9)), (Part((1, 8), 0.04, 2),), "MulOptions"),
    "PACK": Single((ROW, ROW), (Part((1, 2, 8)),), "PackOptions", {"axis": 1, "valuesCount": 2}),
    "PAD": Single((ROW, Part((2, 2), 0, 0, np.array([[0, 0], [1, 2]], np.int32), "int32")), (Part((1, 11)),)),
    "QUANTIZE": Single((ROW,), (Part((1, 8), 0.013, -20),)),
    "RELU": Single((ROW,), (Part((1, 8), 0.01, -128),)),
    "RELU6": Single((Part((1, 8), 0.1, 4),), (Part((1, 8), 6 / 255, -128),)),
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
    "SQUEEZE": Single((Part((1, 1, 8)),), (ROW,), "SqueezeOptions", {"squeezeDims": [1]}),
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
    "a convolution of whole windows with steps and gaps": (
        "CONV_2D",
        SINGLES["CONV_2D"]._replace(
            results=(Part((1, 1, 1, 3), 0.05, 5),),
            words={**MOVED, "strideH": 2, "strideW": 3, "dilationHFactor": 2, "dilationWFactor": 3, "padding": 1},
        ),
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
