"""Constraints of Vela with a model on either side: reductions, slices, transposes, gathering and scattering."""

from __future__ import annotations

from constraint_row import U55, U85, Row
from flat_models import computed, ints, op, tensor
from operator_models import argmax, gather, mean, places, reverse, scatter, strided_slice, transpose

AXIS_ROWS = (
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
        "Amount of reduced elements",
        lambda: mean(tensor(1, 256, 256, 1, dtype="int16"), (1, 2), 1, 1),
        lambda: mean(tensor(1, 257, 256, 1, dtype="int16"), (1, 2), 1, 1),
    ),
    Row(
        "Slice must represent a volume",
        lambda: strided_slice(tensor(1, 8, 8, 4), ((0, 0, 0, 0), (1, 8, 8, 4), (1, 2, 2, 1)), 1, 4, 4, 4),
        lambda: strided_slice(tensor(1, 8, 8, 4), ((0, 0, 0, 0), (1, 8, 8, 4), (1, 1, 1, 2)), 1, 8, 8, 2),
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
    Row("Index tensor must be constant", lambda: scatter(places(0, 2)), lambda: scatter(computed(2, 1)), (U85,)),
    Row(
        "Index tensor must have channel=1",
        lambda: scatter(places(0, 2)),
        lambda: scatter(ints(0, 1, 2, 3, shape=(2, 2)), tensor(2)),
        (U85,),
    ),
    Row("Index tensor elements must be unique", lambda: scatter(places(0, 2)), lambda: scatter(places(2, 2)), (U85,)),
)
