"""Models on which prediction and Vela must agree: the sides of the limits that the rows leave out."""

from __future__ import annotations

from constraint_row import Model
from flat_models import NO_SCALE, bias, computed, filled, ints, op, tensor
from operator_models import (
    binary,
    conv,
    dense,
    flattened,
    gather,
    matmul,
    mean,
    pad,
    pool,
    resize,
    reverse,
    strided_slice,
    tanh,
    transpose,
    transposed,
    unary,
)

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
