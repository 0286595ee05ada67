"""What the constraints read of a tensor: its type, its shape over four axes, the values of a constant."""

from __future__ import annotations

import re
from functools import reduce
from typing import Any, Iterable

import numpy as np

BYTES = ("int8", "uint8")
WORDS = ("int32", "uint32", "float32")

MOST = 1 << 16
"""What an axis of the NPU's registers can hold."""


def bits(tensor: dict[str, Any]) -> int:
    """The width of its elements; 8 for truth values."""
    digits = re.search(r"\d+", tensor["dtype"])
    return int(digits.group()) if digits else 8


def dtypes_in(tensors: list[dict[str, Any]], names: str) -> bool:
    """Whether all element types are among those that Vela names, in capitals."""
    return {tensor["dtype"].upper() for tensor in tensors} <= set(re.findall(r"\w+", names))


def nhwc(tensor: dict[str, Any]) -> list[int]:
    """The shape (N, H, W, C), as Vela fills it up from the left."""
    shape: list[int] = tensor["shape"]
    return [1] * (4 - len(shape)) + shape


def is_constant(tensor: dict[str, Any]) -> bool:
    """Whether the file holds its values."""
    return tensor["data"] is not None


def values(tensor: dict[str, Any]) -> np.ndarray:
    """The values of a constant; ValueError where they are computed at run time."""
    if not is_constant(tensor):
        raise ValueError("%s is computed at run time" % tensor["name"])
    return np.frombuffer(bytes(tensor["data"]), np.dtype(tensor["dtype"].replace("bool", "bool_")))


def product(numbers: Iterable[int]) -> int:
    """The product in Python's own integers, which do not overflow."""
    return reduce(lambda result, number: result * int(number), numbers, 1)
