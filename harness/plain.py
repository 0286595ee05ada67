"""Plain values on disk: dicts, lists, text, numbers, None, bytes and NumPy arrays in one file.

The format is an .npz archive without pickles: the structure as JSON in the member `tree`, each array and each
bytes object in a member of its own. Old and new Pythons and NumPys read each other's files.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

_ARRAY = "$array"
_BYTES = "$bytes"


def to_bytes(value: Any) -> bytes:
    """The file content that stands for `value`; raises TypeError for what is not a plain value."""
    arrays: list[np.ndarray] = []
    tree = json.dumps(_flatten(value, arrays), sort_keys=True)
    members = {"a%d" % index: array for index, array in enumerate(arrays)}
    members["tree"] = np.frombuffer(tree.encode(), dtype=np.uint8)
    stream = io.BytesIO()
    np.savez(stream, **members)  # type: ignore[arg-type]  # the stub takes a member for `allow_pickle`
    return stream.getvalue()


def from_bytes(content: bytes) -> Any:
    """The value that `content` stands for; raises ValueError, KeyError or OSError where it is damaged."""
    return _read(io.BytesIO(content), blobs=True)


def save(value: Any, path: Path) -> None:
    """Write `value` to `path`, whole or not at all."""
    write_atomically(path, to_bytes(value))


def load(path: Path, *, blobs: bool = True) -> Any:
    """Read what `save` wrote; without `blobs`, bytes objects are left on the disk and stand as None."""
    with Path(path).open("rb") as stream:
        return _read(stream, blobs=blobs)


def _read(source: Any, *, blobs: bool) -> Any:
    with np.load(source, allow_pickle=False) as members:
        tree = json.loads(bytes(members["tree"]).decode())
        return _restore(tree, members, blobs=blobs)


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


def _flatten(value: Any, arrays: list[np.ndarray]) -> Any:
    if isinstance(value, dict):
        if _ARRAY in value or _BYTES in value:
            raise TypeError("the names %s and %s are taken" % (_ARRAY, _BYTES))
        return {str(key): _flatten(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_flatten(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            raise TypeError("an array of Python objects is not a plain value")
        return _reference(_ARRAY, value, arrays)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _reference(_BYTES, np.frombuffer(bytes(value), dtype=np.uint8), arrays)
    return value


def _reference(kind: str, array: np.ndarray, arrays: list[np.ndarray]) -> dict[str, int]:
    arrays.append(array)
    return {kind: len(arrays) - 1}


def _restore(node: Any, members: Any, *, blobs: bool) -> Any:
    if isinstance(node, list):
        return [_restore(item, members, blobs=blobs) for item in node]
    if not isinstance(node, dict):
        return node
    if _ARRAY in node:
        return members["a%d" % node[_ARRAY]]
    if _BYTES in node:
        return members["a%d" % node[_BYTES]].tobytes() if blobs else None
    return {key: _restore(item, members, blobs=blobs) for key, item in node.items()}
