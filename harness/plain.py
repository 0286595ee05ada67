"""Plain values on disk: dicts, lists, text, numbers, None, bytes and NumPy arrays in one file.

A file is a mark, the length of the structure, the structure as JSON, and behind it the data of each array and bytes
object, which the structure names by place, length and checksum. There are no pickles, old and new Pythons and NumPys
read each other's files, and the structure can be read without the data.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Callable

import numpy as np

_MARK = b"PLAIN01\n"
_HEADER = struct.Struct("<8sQL")
_ARRAY = "$array"
_BYTES = "$bytes"


def to_bytes(value: Any) -> bytes:
    """The file content that stands for `value`; raises TypeError for what is not a plain value."""
    blobs: list[bytes] = []
    tree = json.dumps(_flatten(value, blobs), sort_keys=True).encode()
    return b"".join([_HEADER.pack(_MARK, len(tree), zlib.crc32(tree)), tree, *blobs])


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
    return json.loads(tree.decode(), object_hook=_restorer(stream, _HEADER.size + length, blobs=blobs))


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


def _flatten(value: Any, blobs: list[bytes]) -> Any:
    if isinstance(value, dict):
        if _ARRAY in value or _BYTES in value:
            raise TypeError("the names %s and %s are taken" % (_ARRAY, _BYTES))
        return {str(key): _flatten(item, blobs) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_flatten(item, blobs) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of Python objects is not a plain value")
        return {_ARRAY: [value.dtype.str, list(value.shape), *_place(value.tobytes(), blobs)]}
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {_BYTES: _place(bytes(value), blobs)}
    return value


def _place(data: bytes, blobs: list[bytes]) -> list[int]:
    place = sum(len(blob) for blob in blobs)
    blobs.append(data)
    return [place, len(data), zlib.crc32(data)]


def _restorer(stream: BinaryIO, start: int, *, blobs: bool) -> Callable[[dict[str, Any]], Any]:
    """A hook for JSON that puts the data back where the structure names it."""

    def restore(node: dict[str, Any]) -> Any:
        if _ARRAY in node:
            dtype, shape, *place = node[_ARRAY]
            return np.frombuffer(bytearray(_blob(stream, start, place)), dtype=dtype).reshape(shape)
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
