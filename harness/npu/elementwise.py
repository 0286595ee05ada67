"""ELEMENTWISE: arithmetic on one or two operands, with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable

import numpy as np

from .arithmetic import apply_scale, leading_zeros, shift_only
from .errors import UnsupportedStreamError
from .operations import NATURAL, FeatureMap, Operation, Scale

if TYPE_CHECKING:
    from .finishing import Finish

Operand = Callable[[np.ndarray], np.ndarray]
Kernels = Callable[[np.ndarray, np.ndarray], np.ndarray]
_BYTES = {"int8": np.arange(256, dtype=np.uint8).view(np.int8), "uint8": np.arange(256, dtype=np.uint8)}


def require_elementwise(operation: Operation) -> None:
    """Raise UnsupportedStreamError for what `elementwise` does not do."""
    if operation.mode not in _MODES:
        raise UnsupportedStreamError(f"ELEMENTWISE {operation.mode}", operation.word)
    if operation.mode == "SHR" and operation.rounding != NATURAL:
        raise UnsupportedStreamError(f"SHR with rounding {operation.rounding}", operation.word)


def elementwise(operation: Operation, finish: Finish) -> Kernels:
    """Make a function from the values of one or two feature maps to those of the OFM."""
    compute, scaling = _MODES[operation.mode], _scaling(operation)
    scales = operation.operand_scales or (None, None)
    if operation.swapped:
        scales = scales[::-1]
    first = _operand(operation.ifm, scales[0])
    # An operation on one operand ignores the second one.
    second = first if operation.ifm2 is None else _operand(operation.ifm2, scales[1])

    def run(ifm: np.ndarray, ifm2: np.ndarray) -> np.ndarray:
        a, b = first(ifm), second(ifm2)
        return finish(scaling(compute(b, a) if operation.swapped else compute(a, b)))

    return run


def _operand(feature: FeatureMap, scale: Scale | None) -> Operand:
    """Subtracts the zero point and scales; for 8 bits by a table of all 256 values."""

    def convert(values: np.ndarray) -> np.ndarray:
        wide = values.astype(np.int64)
        if feature.zero_point:
            wide -= feature.zero_point
        return wide if scale is None else apply_scale(wide, scale)

    if feature.dtype not in _BYTES:
        return convert
    table = convert(_BYTES[feature.dtype])
    return lambda values: np.take(table, values.view(np.uint8))


def _scaling(operation: Operation) -> Operand:
    scale = operation.scale
    if scale is None:
        return lambda values: values
    if operation.ifm.dtype == "int32":
        return lambda values: shift_only(values, scale.shift, scale.rounding)
    return lambda values: apply_scale(values, scale)


def _wrap(values: np.ndarray) -> np.ndarray:
    return values.astype(np.int32).astype(np.int64)


def _shift_right(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Shift and round half up."""
    rounded: np.ndarray = (a + ((1 << b) >> 1)) >> b
    return rounded


_MODES: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "MUL": lambda a, b: a * b,
    "ADD": lambda a, b: a + b,
    "SUB": lambda a, b: a - b,
    "MIN": np.minimum,
    "MAX": np.maximum,
    "SHR": _shift_right,
    "SHL": lambda a, b: _wrap(a << b),
    "CLZ": lambda a, _: leading_zeros(a),
}
