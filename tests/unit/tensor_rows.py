"""Constraints of Vela with a model on either side: types, quantization, what must be constant."""

from __future__ import annotations

from constraint_row import U55, U85, Row
from flat_models import NO_SCALE, computed, filled, ints, op, tensor
from operator_models import (
    argmax,
    binary,
    lstm,
    mean,
    pad,
    peephole,
    places,
    plain_tanh,
    scatter,
    slice_of,
    split,
    tanh,
    transpose,
    unary,
    variable,
)

TENSOR_ROWS = (
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
    Row("Parameter tensors must be constant", lambda: slice_of(ints(0, 2, 0)), lambda: slice_of(computed(3))),
    Row("Params tensor must be Int32 or Int64", lambda: pad("MIRROR_PAD", "int64"), lambda: pad("MIRROR_PAD", "int16")),
    Row(
        "IFM precision must be one of",
        lambda: mean(tensor(1, 8, 8, 4, dtype="int16"), (1,), 1, 8, 4),
        lambda: mean(tensor(1, 8, 8, 4, dtype="int32"), (1,), 1, 8, 4),
        (U85,),
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
        "Shape tensor must be constant",
        lambda: scatter(places(0, 2)),
        lambda: scatter(places(0, 2), None, computed(2)),
        (U85,),
    ),
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
