"""Each constraint is decided as Vela decides it: models right and wrong in just one way, which Vela judges too.

The stages at the end of this module run in children.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from harness import operators as under_test
from harness.engine import Engine, Outcome
from harness.evidence import CpuOperator
from harness.explain import explain
from harness.jobs import Field, Job
from harness.operators import FAMILIES, UNSUPPORTED, predict, tflm_kernel
from harness.stages import LITERT, STAGES, VELA, Stage
from harness.tflite import write_model
from harness.vela import compile_model, operator_constraints

Model = Callable[[], bytes]
Spec = dict[str, Any]
NO_SCALE: dict[str, Any] = {"scales": (), "zeros": ()}
U55, U85 = FAMILIES
BOTH = FAMILIES
TARGETS = {
    "u55": ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "u65": ("ethos-u65-256", "Ethos_U65_High_End", "Dedicated_Sram"),
    "u85": ("ethos-u85-256", "Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram"),
}
FAMILY_OF = {"u55": U55, "u65": U55, "u85": U85}


class Row(NamedTuple):
    """A constraint (the beginning of its sentence) with a model that meets it and one that violates just this one.

    `alone` where Vela ends or refuses the file instead of placing the operator, so that it cannot be asked.
    """

    sentence: str
    right: Model
    wrong: Model
    families: tuple[str, ...] = BOTH
    alone: bool = False


def tensor(
    *shape: int, dtype: str = "int8", scales: tuple[float, ...] = (0.1,), zeros: tuple[int, ...] = (0,), **more: object
) -> Spec:
    """A tensor: `data` makes it a constant; `open_axes`, `axis` (of the scales) and `name` as the file has them."""
    return {"shape": list(shape), "dtype": dtype, "scales": list(scales), "zeros": list(zeros), **more}


def ints(*values: int, shape: tuple[int, ...] | None = None, dtype: str = "int32") -> dict[str, Any]:
    """A constant parameter."""
    data = np.array(values, dtype)
    return tensor(*(data.shape if shape is None else shape), dtype=dtype, data=data, **NO_SCALE)


def computed(*shape: int) -> dict[str, Any]:
    """A parameter that is an input of the model."""
    return tensor(*shape, dtype="int32", **NO_SCALE)


def filled(
    *shape: int, dtype: str = "int8", value: int = 1, scales: tuple[float, ...] = (0.1,), zeros: tuple[int, ...] = (0,)
) -> Spec:
    return tensor(*shape, dtype=dtype, data=np.full(shape, value, dtype), scales=scales, zeros=zeros)


def bias(*shape: int, dtype: str = "int32", value: int = 0) -> dict[str, Any]:
    return filled(*shape, dtype=dtype, value=value, scales=(0.01,))


def unary(name: str, source: Spec | None = None, result: Spec | None = None, options: str = "") -> bytes:
    return op(name, [source or tensor(1, 8)], [result or tensor(1, 8)], options)


def binary(
    name: str, first: dict[str, Any], second: dict[str, Any], result: dict[str, Any], options: str = ""
) -> bytes:
    return op(name, [first, second], [result], options or name.capitalize() + "Options")


def dense(
    source: Spec | None = None, weights: Spec | None = None, offset: Spec | None = None, result: Spec | None = None
) -> bytes:
    inputs = [source or tensor(1, 8), weights or filled(4, 8), offset or bias(4)]
    return op("FULLY_CONNECTED", inputs, [result or tensor(1, 4)], "FullyConnectedOptions")


def wide_dense(features: int, dtype: str = "int8") -> bytes:
    """One neuron whose absolute weights sum up to 127 times its features."""
    offset = bias(1, dtype="int32" if dtype == "int8" else "int64")
    weights = filled(1, features, value=127)
    return dense(tensor(1, features, dtype=dtype), weights, offset, tensor(1, 1, dtype=dtype))


def int16_dense(offset: int) -> bytes:
    wide = bias(4, dtype="int64", value=offset)
    return dense(tensor(1, 8, dtype="int16"), None, wide, tensor(1, 4, dtype="int16"))


def conv(size: int, result: int, *, stride: int, padding: int, dilation: int = 1) -> bytes:
    options = {"strideW": stride, "strideH": stride, "padding": padding}
    dilations = {"dilationWFactor": dilation, "dilationHFactor": dilation}
    tensors = [tensor(1, size, size, 2), filled(4, 3, 3, 2), bias(4)]
    return op("CONV_2D", tensors, [tensor(1, result, result, 4)], "Conv2DOptions", **options, **dilations)


def depthwise(size: int, result: int, stride: int) -> bytes:
    options = {"strideW": stride, "strideH": stride, "dilationWFactor": 1, "dilationHFactor": 1}
    tensors = [tensor(1, size, size, 4), filled(1, 3, 3, 4), bias(4)]
    results = [tensor(1, result, result, 4)]
    return op("DEPTHWISE_CONV_2D", tensors, results, "DepthwiseConv2DOptions", padding=1, depthMultiplier=1, **options)


def pool(
    name: str, size: tuple[int, int], kernel: tuple[int, int], result: tuple[int, int], how: tuple[int, int]
) -> bytes:
    """`how`: padding (0 same, 1 valid) and stride."""
    padding, stride = how
    options = {"filterHeight": kernel[0], "filterWidth": kernel[1], "strideH": stride, "strideW": stride}
    return op(name, [tensor(1, *size, 1)], [tensor(1, *result, 1)], "Pool2DOptions", padding=padding, **options)


def transposed(
    size: tuple[int, int], kernel: tuple[int, int], stride: tuple[int, int], result: tuple[int, int], padding: int
) -> bytes:
    shape = ints(1, *result, 4)
    options = {"strideH": stride[0], "strideW": stride[1], "padding": padding}
    tensors = [shape, filled(4, *kernel, 2), tensor(1, *size, 2), bias(4)]
    return op("TRANSPOSE_CONV", tensors, [tensor(1, *result, 4)], "TransposeConvOptions", **options)


def mean(source: dict[str, Any], axes: tuple[int, ...], *result: int) -> bytes:
    return op("MEAN", [source, ints(*axes)], [tensor(*result, dtype=source["dtype"])], "ReducerOptions")


def pad(name: str, dtype: str = "int32", *, constant: bool = True) -> bytes:
    widths = (0, 0, 1, 1, 1, 1, 0, 0)
    more = [tensor(1, data=np.zeros(1, "int8"))] if name == "PADV2" else []
    options = {"PAD": "PadOptions", "PADV2": "PadV2Options", "MIRROR_PAD": "MirrorPadOptions"}[name]
    inputs = [tensor(1, 8, 8, 4), ints(*widths, shape=(4, 2), dtype=dtype) if constant else computed(4, 2), *more]
    return op(name, inputs, [tensor(1, 10, 10, 4)], options)


def transpose(order: tuple[int, ...], *shape: int, dtype: str = "int8") -> bytes:
    source = tensor(*shape, dtype=dtype)
    result = tensor(*(shape[axis] for axis in order), dtype=dtype)
    return op("TRANSPOSE", [source, ints(*order)], [result], "TransposeOptions")


def strided_slice(source: dict[str, Any], spec: tuple[Any, Any, Any], *result: int, **masks: int) -> bytes:
    parameters = [ints(*values) for values in spec]
    masks = dict.fromkeys(("beginMask", "endMask", "ellipsisMask", "newAxisMask", "shrinkAxisMask"), 0) | masks
    return op("STRIDED_SLICE", [source, *parameters], [tensor(*result)], "StridedSliceOptions", **masks)


def resize(
    name: str, size: tuple[int, int], result: tuple[int, int], *, align: bool = False, half: bool = False
) -> bytes:
    options = {"B": "ResizeBilinearOptions", "N": "ResizeNearestNeighborOptions"}[name[0]]
    full = {"B": "RESIZE_BILINEAR", "N": "RESIZE_NEAREST_NEIGHBOR"}[name[0]]
    inputs = [tensor(1, *size, 1), ints(*result)]
    return op(full, inputs, [tensor(1, *result, 1)], options, alignCorners=align, halfPixelCenters=half)


def argmax(depth: int, axis: int) -> bytes:
    result = tensor(1, 8 if axis in (2, -1) else depth, dtype="int32", **NO_SCALE)
    return op("ARG_MAX", [tensor(1, 8, depth), ints(axis, shape=())], [result], "ArgMaxOptions", outputType=2)


def matmul(*shapes: tuple[int, ...], dtype: str = "int8", transposed_first: bool = False) -> bytes:
    first, second, result = (tensor(*shape, dtype=dtype) for shape in shapes)
    return op("BATCH_MATMUL", [first, second], [result], "BatchMatMulOptions", adjX=transposed_first)


def softmax(*shape: int) -> bytes:
    return op("SOFTMAX", [tensor(*shape)], [tensor(*shape)], "SoftmaxOptions", beta=1.0)


def reverse(*axes: int) -> bytes:
    return op("REVERSE_V2", [tensor(1, 4, 4, 4), ints(*axes)], [tensor(1, 4, 4, 4)], "ReverseV2Options")


def gather(indices: dict[str, Any], axis: int, batch_dims: int, *result: int) -> bytes:
    options = {"axis": axis, "batchDims": batch_dims}
    return op("GATHER", [tensor(8, 4), indices], [tensor(*result)], "GatherOptions", **options)


def scatter(indices: dict[str, Any], updates: Spec | None = None, shape: Spec | None = None) -> bytes:
    inputs = [indices, updates or tensor(2, 4), shape or ints(8, 4)]
    return op("SCATTER_ND", inputs, [tensor(8, 4)], "ScatterNdOptions")


def places(*values: int) -> dict[str, Any]:
    return ints(*values, shape=(len(values), 1))


def split(parts: int, results: int) -> bytes:
    inputs = [ints(2, shape=()), tensor(1, 1, 6)]
    return op("SPLIT", inputs, [tensor(1, 1, 2) for _ in range(results)], "SplitOptions", numSplits=parts)


def lstm(**changed: dict[str, Any] | None) -> bytes:
    """A fused LSTM of 4 features and 8 units; `i9=...` changes input 9."""
    gates = [filled(8, 4) for _ in range(4)] + [filled(8, 8) for _ in range(4)]
    states = [tensor(1, 8), tensor(1, 8, dtype="int16", scales=(2**-11,))]
    inputs = [tensor(1, 3, 4), *gates, *[None] * 3, *[bias(8) for _ in range(4)], None, None, *states, *[None] * 4]
    for place, value in changed.items():
        inputs[int(place[1:])] = value
    options: Spec = {"fusedActivationFunction": 4, "cellClip": 10.0, "timeMajor": False}
    return op(
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
        inputs,
        [tensor(1, 3, 8)],
        "UnidirectionalSequenceLSTMOptions",
        intermediates=5,
        **options,
    )


def peephole() -> dict[str, Any]:
    return filled(8, dtype="int16")


def variable(dtype: str) -> bytes:
    """A model that keeps its input in a variable and gives back what the variable holds."""
    handle = tensor(1, dtype="resource", **NO_SCALE)
    operators = [
        ("VAR_HANDLE", [], [handle], "VarHandleOptions", {"container": "", "sharedName": "state"}),
        ("READ_VARIABLE", [handle], [tensor(1, 8, dtype=dtype, name="read")], "ReadVariableOptions", {}),
        ("ASSIGN_VARIABLE", [handle, tensor(1, 8, dtype=dtype)], [], "AssignVariableOptions", {}),
    ]
    return model(operators)


def slice_of(begin: Spec) -> bytes:
    return op("SLICE", [tensor(1, 8, 4), begin, ints(1, 4, 4)], [tensor(1, 4, 4)], "SliceOptions")


def plain_tanh() -> bytes:
    return unary("TANH")


def tanh(
    *, scales: tuple[float, ...] = (0.1,), zeros: tuple[int, ...] = (0,), open_axes: tuple[int, ...] = ()
) -> bytes:
    return unary("TANH", tensor(1, 8, scales=scales, zeros=zeros, open_axes=open_axes, axis=1))


def flattened(*, needed: bool = False) -> bytes:
    """A RESHAPE to a shape that is computed from the input; `needed` if the model gives that shape back too."""
    source, shape = tensor(1, 4, 2), tensor(3, dtype="int32", **NO_SCALE)
    batch, target = tensor(dtype="int32", **NO_SCALE), tensor(2, dtype="int32", **NO_SCALE)
    masks = {"beginMask": 0, "endMask": 0, "ellipsisMask": 0, "newAxisMask": 0, "shrinkAxisMask": 1}
    operators = [
        ("SHAPE", [source], [shape], "ShapeOptions", {"outType": 2}),
        ("STRIDED_SLICE", [shape, ints(0), ints(1), ints(1)], [batch], "StridedSliceOptions", masks),
        ("PACK", [batch, ints(8, shape=())], [target], "PackOptions", {"valuesCount": 2, "axis": 0}),
        ("RESHAPE", [source, target], [tensor(1, 8)], "ReshapeOptions", {}),
    ]
    return model(operators, [target] if needed else [])


ROWS = (
    Row("Only the first dimension", lambda: tanh(open_axes=(0,)), lambda: tanh(open_axes=(1,))),
    Row(
        "Feature-map dataTypes",
        plain_tanh,
        lambda: unary("TANH", tensor(1, 8, dtype="float32", **NO_SCALE), tensor(1, 8, dtype="float32", **NO_SCALE)),
    ),
    Row("Tensors must have constant shape", plain_tanh, lambda: unary("TANH", tensor(1), tensor())),
    Row("Operations must have at least one IFM", plain_tanh, lambda: op("TANH", [], [tensor(1, 8)]), alone=True),
    Row("Operations must have at least one OFM", plain_tanh, lambda: op("TANH", [tensor(1, 8)], []), alone=True),
    Row("Input(s), Output and Weight tensors must", plain_tanh, lambda: tanh(**NO_SCALE)),
    Row("Quantization scale of any tensor", plain_tanh, lambda: tanh(scales=(2.0**32,))),
    Row("Per-axis quantization", plain_tanh, lambda: tanh(scales=(0.1,) * 8, zeros=(0,) * 8)),
    Row(
        "32-bit feature-maps",
        lambda: transpose((0, 2, 1), 1, 4, 6, dtype="int32"),
        lambda: unary("TANH", tensor(1, 8, dtype="int32"), tensor(1, 8, dtype="int32")),
        (U55,),
    ),
    Row(
        "64-bit feature-maps",
        lambda: argmax(100, 2),
        lambda: binary("ADD", tensor(1, 8, dtype="int64"), tensor(1, 8, dtype="int64"), tensor(1, 8, dtype="int64")),
        (U55,),
    ),
    Row(
        "Zero-points must be 0 for Int32",
        lambda: unary("TANH", tensor(1, 8, dtype="uint8", zeros=(3,)), tensor(1, 8, dtype="uint8", zeros=(3,))),
        lambda: unary("TANH", tensor(1, 8, dtype="uint8", zeros=(-3,)), tensor(1, 8, dtype="uint8")),
        (U55,),
    ),
    Row("IFM Zero-points", lambda: tanh(zeros=(127,)), lambda: tanh(zeros=(200,)), (U85,)),
    Row(
        "OFM Zero-points",
        lambda: unary("TANH", None, tensor(1, 8, zeros=(-128,))),
        lambda: unary("TANH", None, tensor(1, 8, zeros=(200,))),
        (U85,),
    ),
    Row("num_splits must match", lambda: split(3, 3), lambda: split(3, 2)),
    Row("The product of IFM width and height", lambda: softmax(65536, 2), lambda: softmax(65537, 2)),
    Row("Parameter tensors must be constant", lambda: slice_of(ints(0, 2, 0)), lambda: slice_of(computed(3))),
    Row("Params tensor must be Int32 or Int64", lambda: pad("MIRROR_PAD", "int64"), lambda: pad("MIRROR_PAD", "int16")),
    Row(
        "Batch must be 1",
        lambda: mean(tensor(1, 8, 8, 4), (1, 2), 1, 4),
        lambda: mean(tensor(2, 8, 8, 4), (1, 2), 2, 4),
    ),
    Row(
        "Reduction over depth",
        lambda: mean(tensor(1, 8, 1, 4), (3,), 1, 8, 1),
        lambda: mean(tensor(1, 8, 8, 4), (3,), 1, 8, 8),
    ),
    Row(
        "Reduced axis must be less",
        lambda: mean(tensor(1, 4096, 1, 4), (1,), 1, 1, 4),
        lambda: mean(tensor(1, 4097, 1, 4), (1,), 1, 1, 4),
    ),
    Row(
        "IFM precision must be one of",
        lambda: mean(tensor(1, 8, 8, 4, dtype="int16"), (1,), 1, 8, 4),
        lambda: mean(tensor(1, 8, 8, 4, dtype="int32"), (1,), 1, 8, 4),
        (U85,),
    ),
    Row(
        "Amount of reduced elements",
        lambda: mean(tensor(1, 256, 256, 1, dtype="int16"), (1, 2), 1, 1),
        lambda: mean(tensor(1, 257, 256, 1, dtype="int16"), (1, 2), 1, 1),
    ),
    Row("Weight tensors must be 8-bit", dense, lambda: dense(weights=filled(4, 8, dtype="int16"))),
    Row("Weigth sum constraints", lambda: wide_dense(65000), lambda: wide_dense(70000)),
    Row("Bias values must be stored", dense, lambda: dense(offset=bias(4, 1))),
    Row("Bias tensors must be constant", dense, lambda: dense(offset=tensor(4, dtype="int32"))),
    Row("Bias tensors precision", dense, lambda: dense(offset=bias(4, dtype="int16"))),
    Row(
        "Int64 bias must be smaller than 1099511627775",
        lambda: int16_dense(1 << 39),
        lambda: int16_dense(1 << 41),
        (U55,),
    ),
    Row(
        "Int64 bias must be smaller than 281474976710655",
        lambda: int16_dense(1 << 41),
        lambda: int16_dense(1 << 49),
        (U85,),
    ),
    Row(
        "FullyConnected weights must be",
        lambda: dense(weights=filled(4, 1, 8)),
        lambda: dense(weights=filled(4, 2, 4)),
        alone=True,
    ),
    Row("Kernel stride must be in the range", lambda: depthwise(9, 3, 3), lambda: depthwise(8, 2, 4), (U55,)),
    Row(
        "IF Matmul or (FC with dynamic weights): Reduced axis",
        lambda: matmul((1, 1, 65536), (1, 65536, 1), (1, 1, 1)),
        lambda: matmul((1, 1, 65537), (1, 65537, 1), (1, 1, 1)),
        (U55,),
    ),
    Row(
        "IF Matmul or (FC with dynamic weights): OFM depth",
        lambda: matmul((1, 1, 2), (1, 2, 65536), (1, 1, 65536)),
        lambda: matmul((1, 1, 2), (1, 2, 65537), (1, 1, 65537)),
        (U55,),
    ),
    Row(
        "IF Matmul or (FC with dynamic weights): IFM precision",
        lambda: matmul((1, 4, 8), (1, 8, 6), (1, 4, 6)),
        lambda: matmul((1, 4, 8), (1, 8, 6), (1, 4, 6), dtype="int16"),
        (U55,),
    ),
    Row("IFM and OFM shapes must match", lambda: unary("LOG"), lambda: unary("LOG", None, tensor(8))),
    Row(
        "IFM and OFM datatypes must match, and must be Int8 or UInt8",
        lambda: unary("GELU", None, None, "GeluOptions"),
        lambda: unary("GELU", tensor(1, 8, dtype="int16"), tensor(1, 8, dtype="int16"), "GeluOptions"),
    ),
    Row(
        "IFM and OFM datatypes must match, and must be Int8 or Int16",
        lambda: unary("LOG"),
        lambda: unary("LOG", tensor(1, 8, dtype="uint8"), tensor(1, 8, dtype="uint8")),
    ),
    Row(
        "IFM and OFM datatypes must match, and must be Int8",
        lambda: unary("ELU"),
        lambda: unary("ELU", tensor(1, 8, dtype="int16"), tensor(1, 8, dtype="int16")),
    ),
    Row(
        "IFM must be Int8 or Int16",
        lambda: unary("RSQRT"),
        lambda: unary("RSQRT", tensor(1, 8, dtype="uint8"), tensor(1, 8, dtype="uint8")),
    ),
    Row(
        "Both Input quantization parameters",
        lambda: binary("MAXIMUM", tensor(1, 8), tensor(1, 8), tensor(1, 8), "MaximumMinimumOptions"),
        lambda: binary("MAXIMUM", tensor(1, 8), tensor(1, 8, zeros=(1,)), tensor(1, 8), "MaximumMinimumOptions"),
    ),
    Row(
        "Stride>3 is only supported",
        lambda: conv(8, 2, stride=4, padding=1),
        lambda: conv(9, 3, stride=4, padding=0),
        (U55,),
    ),
    Row(
        "Slice must represent a volume",
        lambda: strided_slice(tensor(1, 8, 8, 4), ((0, 0, 0, 0), (1, 8, 8, 4), (1, 2, 2, 1)), 1, 4, 4, 4),
        lambda: strided_slice(tensor(1, 8, 8, 4), ((0, 0, 0, 0), (1, 8, 8, 4), (1, 1, 1, 2)), 1, 8, 8, 2),
    ),
    Row(
        "Kernel constraints",
        lambda: pool("AVERAGE_POOL_2D", (16, 16), (9, 9), (8, 8), (1, 1)),
        lambda: pool("AVERAGE_POOL_2D", (16, 16), (9, 9), (16, 16), (0, 1)),
    ),
    Row(
        "kernel product must be",
        lambda: pool("MAX_POOL_2D", (256, 4), (256, 1), (1, 4), (1, 1)),
        lambda: pool("MAX_POOL_2D", (257, 4), (257, 1), (1, 4), (1, 1)),
    ),
    Row("IFM depth must be less", lambda: argmax(127, 2), lambda: argmax(128, 2), (U55,)),
    Row("Operation must be performed along the depth", lambda: argmax(100, -1), lambda: argmax(100, 1), (U55,)),
    Row(
        "Axis attribute is not supported",
        lambda: op("REVERSE_V2", [tensor(4), ints(shape=(0,))], [tensor(4)], "ReverseV2Options"),
        lambda: reverse(1),
        (U55,),
        alone=True,
    ),
    Row(
        "IF not (IFM H == IFM W == 1)",
        lambda: resize("BILINEAR", (4, 4), (8, 8), half=True),
        lambda: resize("BILINEAR", (4, 4), (16, 16), half=True),
        (U55,),
    ),
    Row(
        "IF NOT (IFM H == IFM W == 1)",
        lambda: resize("NEAREST", (4, 4), (32, 32)),
        lambda: resize("NEAREST", (4, 4), (12, 12)),
        (U55,),
    ),
    Row(
        "align_corners and half_pixel_centers",
        lambda: resize("BILINEAR", (4, 4), (7, 7), align=True),
        lambda: resize("BILINEAR", (4, 4), (7, 7), align=True, half=True),
        (U85,),
    ),
    Row(
        "Scale-factor:",
        lambda: resize("NEAREST", (2, 2), (2048, 4)),
        lambda: resize("NEAREST", (2, 2), (4096, 4)),
        (U85,),
    ),
    Row(
        "Scale-factor must be an integer power",
        lambda: resize("BILINEAR", (4, 4), (64, 64)),
        lambda: resize("BILINEAR", (4, 4), (12, 12)),
        (U85,),
    ),
    Row(
        "Shape constraints",
        lambda: transposed((4, 4), (3, 3), (2, 2), (9, 9), 1),
        lambda: transposed((4, 4), (3, 3), (2, 2), (8, 8), 1),
    ),
    Row(
        "Stride values WxH",
        lambda: transposed((1, 4), (1, 3), (1, 2), (1, 8), 0),
        lambda: transposed((4, 4), (3, 3), (1, 2), (4, 8), 0),
        (U55,),
    ),
    Row(
        "Tensor dimension must be <= 8",
        lambda: transpose(tuple(range(8)), *[1] * 8),
        lambda: transpose(tuple(range(9)), *[1] * 9),
    ),
    Row(
        "IF IFM is Int32",
        lambda: transpose((0, 1, 3, 2), 1, 4, 6, 8, dtype="int32"),
        lambda: transpose((0, 3, 1, 2), 1, 4, 6, 8, dtype="int32"),
        (U55,),
    ),
    Row(
        "IF IFM is Int8 or Int16",
        lambda: transpose((1, 0, 2, 3), 3, 4, 6, 8),
        lambda: transpose((1, 0, 2, 3), 3, 300, 300, 8),
        (U55,),
    ),
    Row(
        "axis must be equal to batch_dims",
        lambda: gather(ints(1, 2), 0, 0, 2, 4),
        lambda: gather(ints(1, 2), 1, 0, 8, 2),
        (U85,),
    ),
    Row(
        "Shape tensor must be constant",
        lambda: scatter(places(0, 2)),
        lambda: scatter(places(0, 2), None, computed(2)),
        (U85,),
    ),
    Row("Index tensor must be constant", lambda: scatter(places(0, 2)), lambda: scatter(computed(2, 1)), (U85,)),
    Row(
        "Index tensor must have channel=1",
        lambda: scatter(places(0, 2)),
        lambda: scatter(ints(0, 1, 2, 3, shape=(2, 2)), tensor(2)),
        (U85,),
    ),
    Row("Index tensor elements must be unique", lambda: scatter(places(0, 2)), lambda: scatter(places(2, 2)), (U85,)),
    Row(
        "Variable handle tensors must be Resource",
        lambda: variable("int8"),
        lambda: variable("float32"),
        (U85,),
        alone=True,
    ),
    Row("Implicit gate calculation", lstm, lambda: lstm(i1=None, i5=None)),
    Row("Peephole variant", lstm, lambda: lstm(i9=peephole())),
    Row("Projection is not", lstm, lambda: lstm(i16=filled(8, 8))),
    Row("Gate normalization", lstm, lambda: lstm(i20=peephole())),
)

# Further models on which prediction and Vela must agree: the sides of the limits that the rows above leave out.
MORE: dict[str, Model] = {
    "an operator that neither family has": lambda: unary("SIN"),
    "an operator that one family has": lambda: binary("DIV", tensor(1, 8), tensor(1, 8), tensor(1, 8)),
    "integers without scale": lambda: binary("ADD", computed(1, 8), computed(1, 8), computed(1, 8)),
    "a scale of 0": lambda: tanh(scales=(0.0,)),
    "a negative scale": lambda: tanh(scales=(-0.1,)),
    "a scale below 2^32": lambda: tanh(scales=(2.0**31,)),
    "a zero point missing": lambda: tanh(zeros=()),
    "a scalar that is quantized": lambda: op("QUANTIZE", [tensor(1)], [tensor()], "QuantizeOptions"),
    "a scalar that comes in": lambda: unary("TANH", tensor(), tensor()),
    "an int16 zero point": lambda: unary("TANH", tensor(1, 8, dtype="int16", zeros=(3,)), tensor(1, 8, dtype="int16")),
    "an int32 zero point": lambda: binary(
        "ADD", tensor(1, 8, dtype="int32", zeros=(3,)), tensor(1, 8, dtype="int32"), tensor(1, 8, dtype="int32")
    ),
    "weights with a scale a channel": lambda: dense(weights=filled(4, 8, scales=(0.1,) * 4, zeros=(0,) * 4)),
    "computed weights": lambda: dense(weights=tensor(4, 8)),
    "computed weights, int16": lambda: dense(
        tensor(1, 8, dtype="int16"), tensor(4, 8), bias(4, dtype="int64"), tensor(1, 4, dtype="int16")
    ),
    "no bias": lambda: op(
        "FULLY_CONNECTED", [tensor(1, 8), filled(4, 8), None], [tensor(1, 4)], "FullyConnectedOptions"
    ),
    "stride 4, padding same that adds nothing": lambda: conv(8, 2, stride=4, padding=0),
    "stride 4, dilated": lambda: conv(16, 3, stride=4, padding=1, dilation=2),
    "stride 3, padded": lambda: conv(9, 3, stride=3, padding=0),
    "average, padding same that adds nothing": lambda: pool("AVERAGE_POOL_2D", (18, 18), (9, 9), (2, 2), (0, 9)),
    "average, too tall": lambda: pool("AVERAGE_POOL_2D", (300, 4), (300, 1), (1, 4), (1, 1)),
    "maximum, too many": lambda: pool("MAX_POOL_2D", (2, 40000), (2, 40000), (1, 1), (1, 1)),
    "maximum, padded 9": lambda: pool("MAX_POOL_2D", (16, 16), (9, 9), (16, 16), (0, 1)),
    "transposed, stride 3": lambda: transposed((4, 4), (3, 3), (3, 3), (12, 12), 0),
    "transposed, kernel below stride": lambda: transposed((4, 4), (1, 1), (2, 2), (8, 8), 1),
    "transposed, same, odd": lambda: transposed((4, 4), (3, 3), (2, 2), (7, 7), 0),
    "transposed, thin": lambda: transposed((4, 1), (3, 1), (2, 1), (8, 1), 0),
    "mean of a sequence": lambda: mean(tensor(1, 8, 4), (1,), 1, 4),
    "mean over the features of a sequence": lambda: mean(tensor(1, 8, 4), (-1,), 1, 8),
    "slice with masks": lambda: strided_slice(
        tensor(1, 8, 8, 4), ((0, 2, 0, 0), (0, 4, 0, 0), (1, 1, 1, 1)), 1, 2, 8, 4, beginMask=13, endMask=13
    ),
    "slice that drops an axis": lambda: strided_slice(
        tensor(1, 8, 4), ((0, -1, 0), (1, 0, 4), (1, 1, 1)), 1, 4, shrinkAxisMask=2
    ),
    "slice with an ellipsis": lambda: strided_slice(
        tensor(1, 8, 8, 4), ((0, 1), (0, 3), (1, 1)), 1, 8, 8, 2, ellipsisMask=1
    ),
    "slice with a new axis": lambda: strided_slice(
        tensor(8, 4), ((0, 0, 0), (0, 8, 4), (1, 1, 1)), 1, 8, 4, newAxisMask=1
    ),
    "slice backward": lambda: strided_slice(
        tensor(1, 8, 8, 4), ((0, 7, 0, 0), (1, -9, 8, 4), (1, -1, 1, 1)), 1, 8, 8, 4
    ),
    "slice from the end": lambda: strided_slice(
        tensor(1, 8, 8, 4), ((0, 0, 0, 0), (1, -2, 8, 4), (1, 1, 1, 1)), 1, 6, 8, 4
    ),
    "slice with steps over the batch": lambda: strided_slice(
        tensor(2, 8, 8, 4), ((0, 0, 0, 0), (2, 8, 8, 4), (2, 1, 1, 1)), 1, 8, 8, 4
    ),
    "slice of gates": lambda: strided_slice(tensor(1, 24), ((0, 8), (1, 16), (1, 1)), 1, 8),
    "swapped height and width": lambda: transpose((0, 2, 1, 3), 1, 60000, 2, 2),
    "swapped height and width, too long": lambda: transpose((0, 2, 1, 3), 1, 70000, 2, 2),
    "swapped in five axes": lambda: transpose((0, 1, 3, 2, 4), 1, 1, 4, 6, 8),
    "swapped with the batch in five axes": lambda: transpose((1, 0, 3, 2, 4), 2, 200, 4, 200, 8),
    "swapped int32 of five axes": lambda: transpose((0, 1, 3, 2, 4), 1, 1, 4, 6, 8, dtype="int32"),
    "swapped int32, deep": lambda: transpose((0, 2, 1, 3), 1, 4, 6, 20000, dtype="int32"),
    "not swapped, int32, deep": lambda: transpose((0, 1, 2, 3), 1, 2, 2, 70000, dtype="int32"),
    "resized to itself": lambda: resize("BILINEAR", (4, 4), (4, 4)),
    "resized to itself, half pixel": lambda: resize("BILINEAR", (4, 4), (4, 4), half=True),
    "resized from a pixel": lambda: resize("BILINEAR", (1, 1), (7, 5)),
    "resized unequally": lambda: resize("BILINEAR", (4, 4), (8, 16)),
    "resized a line": lambda: resize("NEAREST", (1, 4), (1, 8)),
    "resized a line, half pixel": lambda: resize("BILINEAR", (1, 4), (1, 8), half=True),
    "resized by corners": lambda: resize("NEAREST", (4, 4), (7, 7), align=True),
    "resized by corners, not whole": lambda: resize("NEAREST", (4, 4), (8, 8), align=True),
    "made smaller": lambda: resize("BILINEAR", (8, 8), (4, 4)),
    "a transposed product": lambda: matmul((1, 70000, 1), (1, 70000, 1), (1, 1, 1), transposed_first=True),
    "a reversed batch": lambda: reverse(0),
    "gathered by batch": lambda: gather(ints(*[0] * 16, shape=(8, 2)), -1, 1, 8, 2),
    "a padding of int32": lambda: pad("PAD"),
    "a computed padding": lambda: pad("PADV2", constant=False),
    "a computed shape": lambda: op("RESHAPE", [tensor(1, 4), computed(2)], [tensor(4, 1)], "ReshapeOptions"),
    "a minimum of two scales": lambda: binary(
        "MINIMUM", tensor(1, 8), tensor(1, 8, scales=(0.2,)), tensor(1, 8), "MaximumMinimumOptions"
    ),
    "the border to float": lambda: op(
        "DEQUANTIZE", [tensor(1, 8)], [tensor(1, 8, dtype="float32", **NO_SCALE)], "DequantizeOptions"
    ),
    "the border from float": lambda: op(
        "QUANTIZE", [tensor(1, 8, dtype="float32", **NO_SCALE)], [tensor(1, 8)], "QuantizeOptions"
    ),
    "a shape that is computed": flattened,
    "a shape that a CPU operator needs": lambda: flattened(needed=True),
}


@pytest.fixture(scope="module", autouse=True)
def _stages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(STAGES, "operators", Stage("harness.operators:predict", VELA))
        for name, tools in (("judge_rows", VELA), ("judge_more", VELA), ("built", LITERT), ("predict_in_words", VELA)):
            patch.setitem(STAGES, name, Stage(f"test_operators:{name}", tools, seconds=300))
        yield


def value(outcome: Outcome) -> dict[str, Any]:
    assert outcome.done, outcome.sentence
    plain: dict[str, Any] = outcome.value
    return plain


@pytest.fixture(scope="module")
def rows(engine: Engine) -> dict[str, Any]:
    """For each row, its two models as predicted and as compiled, by family."""
    return value(engine.observe(Job("judge_rows")))


@pytest.fixture(scope="module")
def more(engine: Engine) -> dict[str, Any]:
    return value(engine.observe(Job("judge_more")))


def predicted(engine: Engine, source: Path | Field) -> dict[str, Any]:
    given = engine.store.add_file(source) if isinstance(source, Path) else source
    return value(engine.observe(Job("operators", {}, {"model": given})))


def named_model(engine: Engine, operators: list[list[Any]]) -> dict[str, Any]:
    """The prediction for a chain of operators, each with its name and that of its result."""
    return predicted(engine, Field(Job("built", {"operators": operators}), "model"))


EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.sentence for row in ROWS])


@EACH_ROW
def test_a_model_that_is_right_meets_the_constraint(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["right"][family]
        assert [text for text in judged["violated"] if text.startswith(row.sentence)] == []
        if not row.alone:
            assert judged["predicted"] == judged["compiled"] == "npu"


@EACH_ROW
def test_a_model_that_is_wrong_violates_it_in_the_words_of_vela(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["wrong"][family]
        first = judged["violated"][0]
        assert first.startswith(row.sentence)
        assert judged["predicted"] == "cpu"
        if not row.alone:
            assert (judged["compiled"], judged["said"]) == ("cpu", [first])


@EACH_ROW
def test_the_cause_is_the_same_by_the_reason_and_by_the_sentence(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["wrong"][family]
        by_sentence = explain(CpuOperator(judged["name"], "out", 0, 0, judged["violated"][0]))
        assert by_sentence.name != "unknown"
        if judged["reason"]:
            by_reason = explain(CpuOperator(judged["name"], "out", 0, 0, judged["reason"]))
            assert {by_reason.name, by_sentence.name} <= SAME_CAUSE.get(by_reason.name, {by_reason.name})


# Vela's reason names the type; the sentence of the constraint only says which types there are.
SAME_CAUSE = {"float": {"float", "element type"}}


@pytest.mark.parametrize("name", MORE)
def test_prediction_and_vela_agree(more: dict[str, Any], name: str) -> None:
    for family in FAMILIES:
        judged = more[name][family]
        assert judged["predicted"] == judged["compiled"]
        assert judged["said"] == judged["violated"][:1] or judged["violated"] == [UNSUPPORTED]


def test_every_sentence_of_vela_has_its_row(rows: dict[str, Any]) -> None:
    begun = tuple(row.sentence for row in ROWS)
    for family in FAMILIES:
        assert [text for text in rows["sentences"][family] if not text.startswith(begun)] == []


@pytest.mark.parametrize(
    "sample", ["gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain", "gru_float", "gru_looped_float"]
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_recurrent_model_is_placed_as_predicted(engine: Engine, samples: Path, sample: str, target: str) -> None:
    agree(engine, samples / f"{sample}.tflite", target)


@pytest.mark.parametrize("sample", ["small_cnn", "conv", "depthwise", "average_pool", "max_pool", "min_max", "softmax"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_convolutional_model_is_placed_as_predicted(engine: Engine, samples: Path, sample: str, target: str) -> None:
    agree(engine, samples.parent / "npu" / "data" / f"{sample}.tflite", target)


def test_an_operator_that_is_kept_off_the_npu_is_not_where_it_was_predicted(engine: Engine, samples: Path) -> None:
    differing = differences(engine, samples / "gru_transfer.tflite", "u55", ignore_ops="TANH")
    assert Counter(name for name, *_ in differing) == {"TANH": 3}


def agree(engine: Engine, path: Path, target: str) -> None:
    assert differences(engine, path, target) == []


def differences(engine: Engine, path: Path, target: str, **options: str) -> list[tuple[str, str, str]]:
    """Name, predicted and compiled placement of the operators that are not where they were predicted."""
    names = dict(zip(("accelerator", "system_config", "memory_mode"), TARGETS[target], strict=True))
    inputs = {"model": engine.store.add_file(path)}
    placement = value(engine.observe(Job("compilation", {**names, **options}, inputs)))["placement"]
    on_cpu = {(operator["subgraph"], operator["tensor"]) for operator in placement["on_cpu"]}
    found = [
        (operator["name"], operator["families"][FAMILY_OF[target]]["placement"], "cpu" if key in on_cpu else "npu")
        for operator in predicted(engine, path)["operators"]
        for key in [(operator["subgraph"], operator["tensor"])]
    ]
    assert found
    return [entry for entry in found if entry[1] != entry[2]]


def test_a_sentence_that_nobody_knows_is_counted_and_not_guessed(engine: Engine, samples: Path) -> None:
    inputs = {"model": engine.store.add_file(samples / "gru_float_chain.tflite")}
    prediction = value(engine.observe(Job("predict_in_words", {"text": "The moon must be full."}, inputs)))
    placements = Counter(operator["families"][U55]["placement"] for operator in prediction["operators"])
    # What is violated is on the CPU whatever the moon does; a DEQUANTIZE has no constraints at all.
    assert set(placements) == {"cpu", "unknown"}
    assert prediction["undecided"][U55] == {"The moon must be full.": len(prediction["operators"]) - 1}
    assert prediction["undecided"][U55] == prediction["undecided"][U85]


def test_an_operator_without_what_the_sentence_is_about_is_undecided(engine: Engine) -> None:
    prediction = named_model(engine, [["CONV_2D", "a"]])
    (operator,) = prediction["operators"]
    assert operator["families"][U55]["placement"] == "unknown"
    assert any(text.startswith("Weight tensors") for text in prediction["undecided"][U55])


def test_what_only_computes_a_shape_is_dropped(more: dict[str, Any]) -> None:
    assert more["a shape that is computed"][U55]["all"] == ["dropped", "dropped", "dropped", "npu"]
    assert more["a shape that a CPU operator needs"][U55]["all"] == ["cpu", "cpu", "cpu", "npu"]


def test_an_operator_that_nobody_has_is_unsupported(more: dict[str, Any]) -> None:
    judged = more["an operator that neither family has"]
    assert [judged[family]["violated"] for family in FAMILIES] == [[UNSUPPORTED]] * 2
    judged = more["an operator that one family has"]
    assert (judged[U55]["violated"], judged[U85]["predicted"]) == ([UNSUPPORTED], "npu")


def test_a_damaged_file_is_refused(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:4000])
    outcome = engine.observe(Job("operators", {}, {"model": engine.store.add_file(path)}))
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("FULLY_CONNECTED", "AddFullyConnected"),
        ("CONV_2D", "AddConv2D"),
        ("L2_POOL_2D", "AddL2Pool2D"),
        ("BATCH_MATMUL", "AddBatchMatMul"),
        ("BATCH_TO_SPACE_ND", "AddBatchToSpaceNd"),
        ("PADV2", "AddPadV2"),
        ("RELU6", "AddRelu6"),
        ("CUMSUM", "AddCumSum"),
        ("SPLIT_V", "AddSplitV"),
        ("ADD_N", "AddAddN"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
        ("POW", None),
        ("CONV_3D", None),
        ("CUSTOM", None),
    ],
)
def test_the_kernel_is_the_one_that_tflite_micro_registers(name: str, kernel: str | None) -> None:
    assert tflm_kernel(name) == kernel


def recurrent_layer(operators: list[dict[str, Any]]) -> str:
    """The one layer that has steps."""
    (layer,) = {operator["layer"] for operator in operators if operator["step"] is not None}
    return str(layer)


@pytest.mark.parametrize("sample", ["gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain"])
def test_the_steps_of_an_unrolled_layer_are_told_apart(engine: Engine, samples: Path, sample: str) -> None:
    operators = predicted(engine, samples / f"{sample}.tflite")["operators"]
    layer = recurrent_layer(operators)
    steps = Counter(operator["step"] for operator in operators if operator["layer"] == layer)
    assert layer.startswith(sample.partition("_")[0])
    assert set(steps) == {None, 0, 1, 2}
    assert steps[None] == 2  # the input is transposed and taken apart once for all steps
    assert steps[1] == steps[2]
    assert [operator["step"] for operator in operators if operator["layer"] != layer] == [None] * 2


def test_the_float_chain_is_at_the_first_step(engine: Engine, samples: Path) -> None:
    operators = predicted(engine, samples / "gru_float_chain.tflite")["operators"]
    on_cpu = [operator for operator in operators if operator["families"][U55]["placement"] == "cpu"]
    assert {(operator["layer"], operator["step"]) for operator in on_cpu} == {(recurrent_layer(operators), 0)}


def test_a_loop_has_no_steps(engine: Engine, samples: Path) -> None:
    operators = predicted(engine, samples / "gru_looped_float.tflite")["operators"]
    (body,) = {operator["layer"] for operator in operators if operator["name"] == "LOGISTIC"}
    assert {operator["step"] for operator in operators} == {None}
    assert body.endswith("/while")
    assert body.removesuffix("/while") in {operator["layer"] for operator in operators}


def test_steps_follow_the_numbers_of_the_cells_and_not_the_file(engine: Engine) -> None:
    cells = ["m/functional_1/gru/x", "functional_1/gru_1/gru_cell_13/MatMul", "functional_1/gru_1/gru_cell_3/a;b/c"]
    others = [
        "functional_1/rnn_2/simple_rnn_cell/Tanh",
        "functional_1_1/both/forward_lstm/lstm_cell_5/mul",
        "dense_1/Relu",
    ]
    prediction = named_model(engine, [["RELU", name] for name in (*cells, *others, "output")])
    assert [(operator["layer"], operator["step"]) for operator in prediction["operators"]] == [
        ("m/functional_1/gru", None),
        ("gru_1", 1),
        ("gru_1", 0),
        ("rnn_2", 0),
        ("both/forward_lstm", 0),
        ("dense_1", None),
        (None, None),
    ]


def test_only_what_is_between_operators_takes_the_step_of_its_input(engine: Engine) -> None:
    named = [["FULLY_CONNECTED", "gru_1/gru_cell_1/MatMul"], ["DEQUANTIZE", "tfl.dequantize"], ["SOFTMAX", "output"]]
    prediction = named_model(engine, named)
    assert [(operator["layer"], operator["step"]) for operator in prediction["operators"]] == [
        ("gru_1", 0),
        ("gru_1", 0),
        (None, None),
    ]


# --- Stages -----------------------------------------------------------------------------------------------------------

SAID = re.compile(r"operator: \S+ ofm: '[^']*'\s*\nReason: (.*)\n((?:(?!\n|Warning)[^\n]+\n?)*)")


def judge_rows() -> dict[str, Any]:
    """Both models of each row as predicted and as compiled; and the sentences of each family."""
    judged: dict[str, Any] = {
        row.sentence: {
            "right": _judge(row.right(), () if row.alone else row.families),
            "wrong": _judge(row.wrong(), () if row.alone else row.families),
        }
        for row in ROWS
    }
    constraints = {family: operator_constraints(family).values() for family in FAMILIES}
    judged["sentences"] = {
        family: sorted({text for texts in lists for text in texts}) for family, lists in constraints.items()
    }
    return judged


def judge_more() -> dict[str, Any]:
    return {name: _judge(make(), FAMILIES) for name, make in MORE.items()}


def built(operators: list[list[str]]) -> dict[str, Any]:
    """A chain of operators without options, each with its name and that of its result."""
    chain = [tensor(1, 8)] + [tensor(1, 8, name=name) for _, name in operators]
    named: list[Any] = [
        (operators[place][0], [chain[place]], [chain[place + 1]], "", {}) for place in range(len(operators))
    ]
    return {"model": model(named)}


def predict_in_words(model: bytes, text: str) -> dict[str, Any]:
    """The prediction with a Vela that has one more constraint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            under_test,
            "operator_constraints",
            lambda family: {name: [*texts, text] for name, texts in operator_constraints(family).items()},
        )
        return predict(model)


def _judge(content: bytes, compiled_for: tuple[str, ...]) -> dict[str, Any]:
    operators = predict(content)["operators"]
    judged: dict[str, Any] = {}
    for family in FAMILIES:
        entries = [operator["families"][family] for operator in operators]
        judged[family] = {
            "name": operators[-1]["name"],
            "predicted": entries[-1]["placement"],
            "violated": entries[-1]["violated"],
            "all": [entry["placement"] for entry in entries],
            **(_compile(content, family) if family in compiled_for else {"reason": ""}),
        }
    return judged


def _compile(content: bytes, family: str) -> dict[str, Any]:
    accelerator, system_config, memory_mode = TARGETS["u85" if family == U85 else "u55"]
    start = os.fstat(1).st_size
    placement = compile_model(content, accelerator=accelerator, system_config=system_config, memory_mode=memory_mode)[
        "placement"
    ]
    printed = os.pread(1, 1 << 20, start).decode()
    name, result = predict_last(content)
    on_cpu = [operator["tensor"] for operator in placement["on_cpu"]]
    # Vela gives an operator that it refuses a paragraph, whose heading it leaves out where it has no reason to tell.
    told = printed.partition(f"ofm: '{result}'\n")[2].partition("\nWarning")[0] or printed.partition("\nWarning")[0]
    reason = re.match(r"Reason: (.*)", told)
    return {
        "compiled": "cpu" if result in on_cpu else "npu",
        "reason": reason.group(1) if reason else "",
        "said": [text for text in operator_constraints(family).get(name, []) if text.strip() in told],
    }


def predict_last(content: bytes) -> tuple[str, str]:
    """Name (as Vela spells it) and result of the last operator."""
    last = predict(content)["operators"][-1]
    return under_test.VELA_NAMES.get(last["name"], last["name"]), last["tensor"]


def op(
    name: str, inputs: list[Any], outputs: list[Any], options: str = "", *, intermediates: int = 0, **values: object
) -> bytes:
    """A model of one operator."""
    return model([(name, inputs, outputs, options, values)], intermediates=intermediates)


def model(operators: list[Any], more_outputs: list[Any] | None = None, intermediates: int = 0) -> bytes:
    """A .tflite of operators (name, inputs, outputs, class and values of the options); equal tensors are one."""
    schema = import_module("ai_edge_litert.schema_py_generated")
    tree, graph = schema.ModelT(), schema.SubGraphT()
    tree.version, tree.description, tree.buffers, tree.operatorCodes, tree.subgraphs = (
        3,
        "",
        [schema.BufferT()],
        [],
        [graph],
    )
    graph.name, graph.tensors, graph.operators, graph.inputs = "main", [], [], []
    index: dict[int, int] = {}
    made: list[int] = []
    read: list[int] = []

    def place(value: Spec | None, name: str) -> int:
        if value is None:
            return -1
        if id(value) not in index:
            index[id(value)] = len(graph.tensors)
            graph.tensors.append(_tensor(schema, tree.buffers, value, name))
        return index[id(value)]

    for number, (name, inputs, outputs, options, values) in enumerate(operators):
        operator = schema.OperatorT()
        operator.opcodeIndex = number
        operator.inputs = [place(value, f"in{number}_{at}") for at, value in enumerate(inputs)]
        operator.outputs = [place(value, f"out{number}_{at}") for at, value in enumerate(outputs)]
        given = [index[id(value)] for value in inputs if value and "data" not in value]
        graph.inputs += [at for at in given if at not in made + graph.inputs]
        made, read = made + operator.outputs, read + operator.inputs
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, options + "T")()
            for key, value in values.items():
                setattr(operator.builtinOptions, key, value)
        operator.intermediates = [place(tensor(1, 1, dtype="int16"), f"mid{at}") for at in range(intermediates)] or None
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        tree.operatorCodes.append(code)
        graph.operators.append(operator)
    graph.outputs = [at for at in made if at not in read] + [index[id(value)] for value in more_outputs or []]
    return write_model(tree)


def _tensor(schema: ModuleType, buffers: list[Any], value: Spec, name: str) -> object:
    made = schema.TensorT()
    made.name, made.shape = value.get("name", name), value["shape"]
    made.type = getattr(schema.TensorType, value["dtype"].upper())
    if value.get("open_axes"):
        made.shapeSignature = [-1 if axis in value["open_axes"] else size for axis, size in enumerate(value["shape"])]
    if value["scales"]:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = value["scales"], value["zeros"]
        made.quantization.quantizedDimension = value.get("axis", 0)
    made.buffer = 0
    if "data" in value:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value["data"].tobytes(), np.uint8)
        buffers.append(buffer)
        made.buffer = len(buffers) - 1
    return made
