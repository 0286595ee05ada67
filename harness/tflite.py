"""View of a .tflite: subgraphs, operators, tensors, scales, zero points, buffers (runs in a child)."""

from __future__ import annotations

import contextlib
import re
import zlib
from array import array
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterator

from harness.errors import ModelError
from harness.tables import schema

MAGIC = b"TFL3"
OFFLINE_PLAN, PLAN_HEADER = "OfflineMemoryAllocation", 3
_DAMAGED = "the TFLite file is damaged or truncated (%d bytes, %s): export or copy it again"


def read_model(model: bytes) -> Any:
    """The object tree (`ModelT`) of a .tflite; raises ModelError for what is empty, foreign or truncated."""
    return _unpacked(bytearray(model))


@lru_cache(maxsize=2)
def view_model(model: bytes) -> Any:
    """The object tree of `read_model` to look at and not to change: read once for all that a child asks.

    Its arrays refuse to be written to; `harness.editing` has trees to change.
    """
    return _unpacked(model)


def _unpacked(model: bytes | bytearray) -> Any:
    with reading(model):
        tree = schema().ModelT.InitFromPackedBuf(model, 0)
        _check(tree)
    return tree


@contextlib.contextmanager
def reading(model: bytes | bytearray) -> Iterator[None]:
    """Whatever a reader stumbles over in a .tflite as ModelError, which says what is wrong with the file."""
    _require_mark(model)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - flatbuffers reads what is there and stumbles over it in many ways
        raise ModelError(_DAMAGED % (len(model), error)) from None


def _require_mark(model: bytes | bytearray) -> None:
    if not model:
        raise ModelError("the file is empty: export the model again")
    if model[4:8] != MAGIC:
        raise ModelError(
            "this is not a TFLite file (no TFL3 mark at byte 4): give the .tflite that the converter wrote"
        )


def write_model(tree: Any) -> bytes:
    """The bytes of a .tflite from its object tree."""
    import flatbuffers

    builder = flatbuffers.Builder(1 << 20)
    builder.Finish(tree.Pack(builder), MAGIC)
    return bytes(builder.Output())


def inspect(model: bytes) -> dict[str, Any]:
    """What a .tflite holds.

    Returns `size_bytes`, `made_by` (versions of `tensorflow` and `vela` as the file's metadata name them, empty where
    they do not), `subgraphs` (each with `inputs`, `outputs` as tensor indices, `tensors`, `operators`) and
    `signatures`. A tensor has `name`, `dtype`, `shape`, `scales`, `zero_points`, `axis`, `buffer`,
    `constant_bytes` and `constant_hash` (None where it is computed), `variable` and `arena_offset` (bytes; None where
    no compiler planned it); an operator `name`, `custom_code`, `inputs`, `outputs`.
    """
    tree = view_model(model)
    return {
        "size_bytes": len(model),
        "made_by": _made_by(tree),
        "subgraphs": [
            _subgraph(tree, graph, {} if number else _arena_offsets(tree))
            for number, graph in enumerate(tree.subgraphs)
        ],
        "signatures": [_signature(signature) for signature in tree.signatureDefs or []],
    }


def operator_name(tree: Any, operator: Any) -> str:
    """The builtin name of an operator, as TensorFlow Lite's schema spells it."""
    code = tree.operatorCodes[operator.opcodeIndex]
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    return _name("BuiltinOperator", number, "operator code")


def dtype_name(tensor: Any) -> str:
    """The element type of a tensor in lower case: `int8`, `float32`, ..."""
    return _name("TensorType", tensor.type, "element type").lower()


def text(value: Any) -> str:
    """A flatbuffer string as text; what is not UTF-8 is kept visible."""
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value or "")


def indices(values: Any) -> list[int]:
    """A flatbuffer vector of indices as a list; empty where it is absent."""
    return [] if values is None else [int(value) for value in values]


def _name(kind: str, number: int, word: str) -> str:
    names = schema_names(kind)
    if number not in names:
        raise ValueError("unknown %s %d" % (word, number))
    return names[number]


@lru_cache(maxsize=None)
def schema_names(kind: str) -> dict[int, str]:
    """The names of an enumeration of the schema, by number."""
    return {number: name for name, number in vars(getattr(schema(), kind)).items() if name[0].isupper()}


def _arena_offsets(tree: Any) -> dict[int, int]:
    """Where in the arena a compiler planned the tensors of the main graph, by index.

    As TFLite Micro reads the metadata: two words that it ignores, the number of tensors, an offset each (-1: none).
    """
    buffers = [tree.buffers[place] for name, place in _notes(tree) if name == OFFLINE_PLAN]
    plans = [
        array("i", bytes(buffer.data)[: len(buffer.data) // 4 * 4]) for buffer in buffers if buffer.data is not None
    ]
    offsets = plans[-1][PLAN_HEADER:] if plans else array("i")
    return {index: offset for index, offset in enumerate(offsets) if offset >= 0}


def _notes(tree: Any) -> list[tuple[str, int]]:
    """The names of the file's metadata, and the buffer of each; without those whose buffer is not there."""
    return [(text(entry.name), entry.buffer) for entry in tree.metadata or [] if entry.buffer < len(tree.buffers)]


def _subgraph(tree: Any, graph: Any, offsets: dict[int, int]) -> dict[str, Any]:
    return {
        "name": text(graph.name),
        "inputs": indices(graph.inputs),
        "outputs": indices(graph.outputs),
        "tensors": [_tensor(tree, tensor, offsets.get(index)) for index, tensor in enumerate(graph.tensors)],
        "operators": [_operator(tree, operator) for operator in graph.operators or []],
    }


def _tensor(tree: Any, tensor: Any, arena_offset: int | None) -> dict[str, Any]:
    quantization = tensor.quantization
    scales = None if quantization is None else quantization.scale
    data = tree.buffers[tensor.buffer].data
    return {
        "name": text(tensor.name),
        "dtype": dtype_name(tensor),
        "shape": indices(tensor.shape),
        "dynamic": -1 in indices(tensor.shapeSignature),
        "scales": [] if scales is None else [float(scale) for scale in scales],
        "zero_points": [] if scales is None else indices(quantization.zeroPoint),
        "axis": 0 if quantization is None else int(quantization.quantizedDimension),
        "buffer": int(tensor.buffer),
        "constant_bytes": None if data is None else len(data),
        "constant_hash": None if data is None else zlib.crc32(bytes(data)),
        "variable": bool(tensor.isVariable),
        "arena_offset": arena_offset,
    }


def _operator(tree: Any, operator: Any) -> dict[str, Any]:
    return {
        "name": operator_name(tree, operator),
        "custom_code": text(tree.operatorCodes[operator.opcodeIndex].customCode),
        "inputs": indices(operator.inputs),
        "outputs": indices(operator.outputs),
    }


def _made_by(tree: Any) -> dict[str, str]:
    """The first version in what each tool noted: the converter of TensorFlow 2.5 does not yet, Vela 5.2 no more."""
    notes = dict(_notes(tree))
    places = {"tensorflow": notes.get("CONVERSION_METADATA"), "vela": notes.get("vela_version")}
    return {tool: "" if place is None else _version(tree.buffers[place].data) for tool, place in places.items()}


def _version(data: Any) -> str:
    found = None if data is None else re.search(rb"\d+\.\d+\.\d+[\w.+-]*", bytes(data))
    return found.group().decode() if found else ""


def _signature(signature: Any) -> dict[str, Any]:
    return {
        "key": text(signature.signatureKey),
        "subgraph": int(signature.subgraphIndex),
        "inputs": {text(entry.name): int(entry.tensorIndex) for entry in signature.inputs or []},
        "outputs": {text(entry.name): int(entry.tensorIndex) for entry in signature.outputs or []},
    }


def _check(tree: Any) -> None:
    """Raise ValueError for a reference to something that is not there."""
    if not tree.subgraphs or not tree.buffers:
        raise ValueError("it holds no graph")
    for graph in tree.subgraphs:
        _check_graph(tree, graph)
    for signature in tree.signatureDefs or []:
        entries = list(signature.inputs or []) + list(signature.outputs or [])
        tensors = len(tree.subgraphs[signature.subgraphIndex].tensors)
        if any(entry.tensorIndex >= tensors for entry in entries):
            raise ValueError("a signature refers to a tensor that is not there")


def _check_graph(tree: Any, graph: Any) -> None:
    if not graph.tensors:
        raise ValueError("it holds no tensor")
    used = indices(graph.inputs) + indices(graph.outputs)
    for operator in graph.operators or []:
        if operator.opcodeIndex >= len(tree.operatorCodes):
            raise ValueError("an operator refers to an operator code that is not there")
        operator_name(tree, operator)
        used += indices(operator.inputs) + indices(operator.outputs)
    if any(index < -1 or index >= len(graph.tensors) for index in used):
        raise ValueError("an operator refers to a tensor that is not there")
    for tensor in graph.tensors:
        dtype_name(tensor)
        if tensor.buffer >= len(tree.buffers):
            raise ValueError("tensor %s refers to a buffer that is not there" % text(tensor.name))


def read_file(path: Path) -> bytes:
    """The content of a model file; raises ModelError where there is none."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelError("cannot be read: %s" % (error.strerror or error)) from None
