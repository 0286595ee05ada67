"""Models of one operator, each right where its caller changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
from flat_models import NO_SCALE, Spec, bias, computed, filled, ints, model, op, tensor


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
