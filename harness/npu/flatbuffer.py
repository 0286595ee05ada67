"""Reads the parts of a .tflite that the executor needs, with every offset checked.

Field numbers are those of the TensorFlow Lite schema, version 3
(tensorflow/compiler/mlir/lite/schema/schema.fbs).
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from .errors import ModelFormatError

IDENTIFIER = b"TFL3"
_HEADER_BYTES = 8
CUSTOM = 32
_TYPE_NAMES = {0: "float32", 2: "int32", 3: "uint8", 4: "int64", 6: "bool", 7: "int16", 9: "int8"}
DTYPES = frozenset(_TYPE_NAMES.values())


_Item = TypeVar("_Item")


class Tensor(NamedTuple):
    name: str
    shape: tuple[int, ...]
    dtype: str
    data: bytes
    """Empty unless constant."""
    scales: tuple[float, ...]
    zero_points: tuple[int, ...]


class Operator(NamedTuple):
    code: int
    """Number of the builtin operator; 32 is a custom operator."""
    custom_code: str
    inputs: tuple[int, ...]
    """Tensor indices; -1 stands for an optional input that is absent."""
    outputs: tuple[int, ...]


class Graph(NamedTuple):
    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


class ModelFile(NamedTuple):
    graphs: tuple[Graph, ...]
    metadata: dict[str, bytes]


class _Table:
    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at
        self.vtable = at - self._number("<i", at)
        self.fields = (self._number("<H", self.vtable) - 4) // 2

    def _number(self, code: str, at: int) -> int:
        if at < 0 or at + struct.calcsize(code) > len(self.data):
            raise ModelFormatError(f"offset {at} points outside of the file ({len(self.data)} bytes)")
        return int(struct.unpack_from(code, self.data, at)[0])

    def _field(self, number: int) -> int:
        if number >= self.fields:
            return 0
        offset = self._number("<H", self.vtable + 4 + 2 * number)
        return self.at + offset if offset else 0

    def number(self, field: int, code: str = "<i", absent: int = 0) -> int:
        at = self._field(field)
        return self._number(code, at) if at else absent

    def _vector(self, field: int, size: int) -> tuple[int, int]:
        at = self._field(field)
        if not at:
            return 0, 0
        start = at + self._number("<I", at)
        count = self._number("<I", start)
        if start + 4 + count * size > len(self.data):
            raise ModelFormatError(f"a vector of {count} items at offset {start} goes beyond the end of the file")
        return start + 4, count

    def raw(self, field: int) -> bytes:
        start, count = self._vector(field, 1)
        return self.data[start : start + count]

    def text(self, field: int) -> str:
        return self.raw(field).decode("utf-8", "replace")

    def numbers(self, field: int, dtype: str) -> np.ndarray:
        start, count = self._vector(field, np.dtype(dtype).itemsize)
        return np.frombuffer(self.data, dtype, count, start)

    def integers(self, field: int, dtype: str = "<i4") -> tuple[int, ...]:
        return tuple(int(value) for value in self.numbers(field, dtype))

    def tables(self, field: int) -> list[_Table]:
        start, count = self._vector(field, 4)
        places = (start + 4 * index for index in range(count))
        return [_Table(self.data, place + self._number("<I", place)) for place in places]

    def table(self, field: int) -> _Table | None:
        at = self._field(field)
        return _Table(self.data, at + self._number("<I", at)) if at else None


@lru_cache(maxsize=2)
def read_model(data: bytes) -> ModelFile:
    """All subgraphs and the metadata of a .tflite, read once for all that asks. Raises ModelFormatError."""
    if len(data) < _HEADER_BYTES or data[4:8] != IDENTIFIER:
        raise ModelFormatError(f"not a .tflite: bytes 4 to 8 are {data[4:8]!r}, {IDENTIFIER!r} expected")
    model = _Table(data, struct.unpack_from("<I", data)[0])
    codes = [_operator_code(table) for table in model.tables(1)]
    buffers = [table.raw(0) for table in model.tables(4)]
    graphs = tuple(_graph(table, codes, buffers) for table in model.tables(2))
    if not graphs:
        raise ModelFormatError("the model holds no subgraph")
    metadata = {table.text(0): _item(buffers, table.number(1, "<I"), "buffer") for table in model.tables(6)}
    return ModelFile(graphs, metadata)


def _item(items: list[_Item], index: int, kind: str) -> _Item:
    if not 0 <= index < len(items):
        raise ModelFormatError(f"{kind} {index} of {len(items)} does not exist")
    return items[index]


def _operator_code(table: _Table) -> tuple[int, str]:
    # Codes above 127 are in the newer, wider field.
    return max(table.number(0, "<b"), table.number(3)), table.text(1)


def _graph(table: _Table, codes: list[tuple[int, str]], buffers: list[bytes]) -> Graph:
    tensors = tuple(_tensor(item, buffers) for item in table.tables(0))
    operators = tuple(_operator(item, codes, len(tensors)) for item in table.tables(3))
    inputs, outputs = table.integers(1), table.integers(2)
    _check_indices(inputs + outputs, len(tensors), 0)
    return Graph(tensors, operators, inputs, outputs)


def _operator(table: _Table, codes: list[tuple[int, str]], tensors: int) -> Operator:
    code, custom = _item(codes, table.number(0, "<I"), "operator code")
    inputs, outputs = table.integers(1), table.integers(2)
    _check_indices(inputs + outputs, tensors, -1)
    return Operator(code, custom, inputs, outputs)


def _check_indices(indices: tuple[int, ...], count: int, least: int) -> None:
    for index in indices:
        if not least <= index < count:
            raise ModelFormatError(f"tensor {index} of {count} does not exist")


def _tensor(table: _Table, buffers: list[bytes]) -> Tensor:
    code = table.number(1, "<b")
    quantization = table.table(4)
    scales = quantization.numbers(2, "<f4") if quantization else ()
    zeros = quantization.integers(3, "<i8") if quantization else ()
    data = _item(buffers, table.number(2, "<I"), "buffer")
    dtype = _TYPE_NAMES.get(code, f"type {code}")
    return Tensor(table.text(3), table.integers(0), dtype, data, tuple(float(s) for s in scales), zeros)
