"""Constraints of Vela with a model on either side: weights, biases and products of matrices."""

from __future__ import annotations

from constraint_row import U55, U85, Row
from flat_models import bias, filled, tensor
from operator_models import dense, int16_dense, matmul, wide_dense

WEIGHT_ROWS = (
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
)
