"""Plain values on disk: dicts, lists, text, numbers, None, bytes and NumPy arrays in one file.

A file is a mark, the length of the structure, the structure as JSON, and behind it the data of each array, long list
of numbers and bytes object, which the structure names by place, length and checksum. There are no pickles, old and new
Pythons and NumPys read each other's files, and the structure can be read without the data.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Callable, Sequence

import numpy as np

_MARK = b"PLAIN02\n"
_HEADER = struct.Struct("<8sQL")
_ARRAY = "$array"
_BYTES = "$bytes"
_NUMBERS = "$numbers"
_LONG = 32
"""From so many numbers on, a list is read faster as data than as text: a scale takes twenty characters."""

_INT64 = range(-(1 << 63), 1 << 63)


def to_bytes(value: Any) -> bytes:
    """The file content that stands for `value`; raises TypeError for what is not a plain value."""
    data = _Data()
    tree = json.dumps(_flatten(value, data), sort_keys=True).encode()
    return b"".join([_HEADER.pack(_MARK, len(tree), zlib.crc32(tree)), tree, *data.pieces])


def from_bytes(content: bytes) -> Any:
    """The value that `content` stands for; raises ValueError where it is damaged."""
    return _read(io.BytesIO(content), blobs=True)


def save(value: Any, path: Path) -> None:
    """Write `value` to `path`, whole or not at all."""
    write_atomically(path, to_bytes(value))


def load(path: Path, *, blobs: bool = True) -> Any:
    """Read what `save` wrote; without `blobs`, bytes objects are left on the disk and stand as None."""
    with Path(path).open("rb") as stream:
        return _read(stream, blobs=blobs)


def _read(stream: BinaryIO, *, blobs: bool) -> Any:
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        raise ValueError("the file is too short")
    mark, length, checksum = _HEADER.unpack(header)
    tree = stream.read(length) if mark == _MARK else b""
    if zlib.crc32(tree) != checksum or not tree:
        raise ValueError("the file is damaged, or something else")
    restorer = _restorer(stream, _HEADER.size + length, blobs=blobs)
    return json.loads(tree.decode(), object_hook=restorer if b'"$' in tree else None)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that no reader ever sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=str(path.parent), prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink()
        raise


class _Data:
    """What stands behind the structure."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self._size = 0

    def add(self, data: bytes) -> list[int]:
        """Place, length and checksum."""
        place = [self._size, len(data), zlib.crc32(data)]
        self.pieces.append(data)
        self._size += len(data)
        return place


def _flatten(value: Any, data: _Data) -> Any:
    if isinstance(value, dict):
        if not value.keys().isdisjoint((_ARRAY, _BYTES, _NUMBERS)):
            raise TypeError("the names %s, %s and %s are taken" % (_ARRAY, _BYTES, _NUMBERS))
        return {str(key): _flatten(item, data) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return _flatten_list(value, data)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of Python objects is not a plain value")
        return {_ARRAY: [value.dtype.str, list(value.shape), *data.add(value.tobytes())]}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {_BYTES: data.add(bytes(value))}
    return value


def _flatten_list(items: Sequence[Any], data: _Data) -> Any:
    dtype = _dtype_of(items)
    if not dtype:
        return [_flatten(item, data) for item in items]
    return {_NUMBERS: [dtype, *data.add(np.array(items, dtype).tobytes())]}


def _dtype_of(items: Sequence[Any]) -> str:
    """In what type all of a long list of numbers can be kept; empty for any other list."""
    if len(items) < _LONG:
        return ""
    kinds = set(map(type, items))
    if kinds == {float}:
        return "<f8"
    return "<i8" if kinds == {int} and min(items) in _INT64 and max(items) in _INT64 else ""


def _restorer(stream: BinaryIO, start: int, *, blobs: bool) -> Callable[[dict[str, Any]], Any]:
    """A hook for JSON that puts the data back where the structure names it."""

    def restore(node: dict[str, Any]) -> Any:
        if _ARRAY in node:
            dtype, shape, *place = node[_ARRAY]
            return np.frombuffer(bytearray(_blob(stream, start, place)), dtype=dtype).reshape(shape)
        if _NUMBERS in node:
            dtype, *place = node[_NUMBERS]
            return np.frombuffer(_blob(stream, start, place), dtype).tolist()
        if _BYTES in node:
            return _blob(stream, start, node[_BYTES]) if blobs else None
        return node

    return restore


def _blob(stream: BinaryIO, start: int, place: list[int]) -> bytes:
    offset, length, checksum = place
    stream.seek(start + offset)
    data = stream.read(length)
    if zlib.crc32(data) != checksum:
        raise ValueError("the data of the file is damaged")
    return data
