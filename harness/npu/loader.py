"""Loads what Vela writes: a compiled .tflite, or its raw .npz."""

from __future__ import annotations

import io
import zipfile
from typing import NamedTuple

import numpy as np

from .errors import ModelFormatError
from .flatbuffer import CUSTOM, DTYPES, Graph, ModelFile, Operator, Tensor, read_model
from .program import (
    READ_ONLY,
    SCRATCH,
    SCRATCH_FAST,
    Architecture,
    CpuOperators,
    Place,
    Program,
    Segment,
    Stream,
    architecture,
)

CUSTOM_CODE = "ethos-u"
_ALLOCATION = "OfflineMemoryAllocation"
_CONFIGURATION, _STREAM, _NOP = 1, 2, 5
_FIRST_NETWORK_INPUT = 4
# Larger memories are not worth simulating, and damaged files ask for them.
_LARGEST_REGION = 1 << 28


class Payload(NamedTuple):
    architecture: Architecture
    words: np.ndarray


def load(data: bytes) -> Program:
    """Load the bytes of a compiled .tflite or of a raw .npz of Vela. Raises ModelFormatError."""
    return _load_raw(data) if data[:2] == b"PK" else _load_tflite(data)


def read_payload(payload: bytes) -> Payload:
    """Read configuration and command words of a "COP1" driver payload."""
    if payload[:4] != b"COP1":
        raise ModelFormatError(f"driver payload begins with {payload[:4]!r}; only the format COP1 is known")
    words = np.frombuffer(payload[: len(payload) // 4 * 4], "<u4")
    at, found = 1, None
    while at < len(words):
        tag = int(words[at])
        action = tag & 0xFF
        if action == _CONFIGURATION and at + 1 < len(words):
            found = architecture(int(words[at + 1]))
            at += 3
        elif action == _NOP:
            at += 1
        elif action == _STREAM and found is not None:
            length = (tag >> 16) | (tag >> 8 & 0xFF) << 16
            if at + 1 + length > len(words):
                raise ModelFormatError(f"driver payload ends after {len(words) - at - 1} of {length} command words")
            return Payload(found, words[at + 1 : at + 1 + length])
        else:
            raise ModelFormatError(f"driver action {action} at word {at} of the payload is unknown or out of place")
    raise ModelFormatError("driver payload holds no command stream")


def _is_npu(operator: Operator) -> bool:
    return operator.code == CUSTOM and operator.custom_code == CUSTOM_CODE


def _load_tflite(data: bytes) -> Program:
    model = read_model(data)
    graph = model.graphs[0]
    if len(model.graphs) > 1:
        raise ModelFormatError(f"the model has {len(model.graphs)} subgraphs; only models with one can be executed")
    npu = [operator for operator in graph.operators if _is_npu(operator)]
    if not npu:
        raise ModelFormatError("the model holds no ethos-u operator; compile it with Vela first")
    for operator in npu:
        if len(operator.inputs) < _FIRST_NETWORK_INPUT or min(operator.inputs) < 0:
            raise ModelFormatError("an ethos-u operator lacks one of its first four inputs")
    arena = _Arena(graph, _arena_offsets(model, len(graph.tensors)))
    payloads = [read_payload(graph.tensors[operator.inputs[0]].data) for operator in npu]
    _, read_only, scratch, fast = npu[0].inputs[:_FIRST_NETWORK_INPUT]
    with_cpu = len(npu) < len(graph.operators)
    sizes = {SCRATCH: arena.size(scratch, everything=with_cpu)}
    if fast != scratch:
        sizes[SCRATCH_FAST] = _length(graph.tensors[fast])
    return Program(
        payloads[0].architecture,
        graph.tensors[read_only].data,
        sizes,
        {SCRATCH_FAST: SCRATCH} if fast == scratch else {},
        arena.places(graph.inputs),
        arena.places(graph.outputs),
        _segments(graph, arena, payloads),
        data if with_cpu else b"",
    )


def _arena_offsets(model: ModelFile, tensors: int) -> list[int]:
    if _ALLOCATION not in model.metadata:
        raise ModelFormatError(f"the model holds no {_ALLOCATION} metadata; it was not compiled by Vela")
    content = model.metadata[_ALLOCATION]
    values = np.frombuffer(content[: len(content) // 4 * 4], "<i4")
    if len(values) < 3 + tensors:
        raise ModelFormatError(f"{_ALLOCATION} holds {len(values) - 3} offsets for {tensors} tensors")
    return [int(value) for value in values[3 : 3 + tensors]]


def _length(tensor: Tensor) -> int:
    if len(tensor.shape) != 1 or not 0 <= tensor.shape[0] <= _LARGEST_REGION:
        raise ModelFormatError(f"memory {tensor.name!r} has shape {tensor.shape}; one size is expected")
    return tensor.shape[0]


class _Arena:
    """Where the tensors of a graph lie."""

    def __init__(self, graph: Graph, offsets: list[int]) -> None:
        self.graph, self.offsets = graph, offsets

    def place(self, index: int) -> Place:
        tensor, offset = self.graph.tensors[index], self.offsets[index]
        known = tensor.dtype in DTYPES and all(0 < size <= _LARGEST_REGION for size in tensor.shape)
        found = Place(
            tensor.name, tensor.shape, tensor.dtype, SCRATCH, offset, tensor.scales, tensor.zero_points, index
        )
        if offset < 0 or not known or not found.byte_count <= _LARGEST_REGION:
            what = f"{tensor.dtype} {tensor.shape} at {offset}"
            raise ModelFormatError(f"tensor {tensor.name!r} cannot lie in the arena: {what}")
        return found

    def places(self, indices: tuple[int, ...]) -> tuple[Place, ...]:
        """Of all tensors but constants and absent ones."""
        return tuple(self.place(i) for i in indices if i >= 0 and not self.graph.tensors[i].data)

    def size(self, scratch: int, *, everything: bool) -> int:
        """Size of the arena: the scratch tensor covers the NPU, tensors of CPU operators may lie beyond."""
        own = _length(self.graph.tensors[scratch])
        if not everything:
            return own
        used = {i for operator in self.graph.operators for i in (*operator.inputs, *operator.outputs)}
        placed = (self.place(i) for i in used if i >= 0 and self.offsets[i] >= 0 and i != scratch)
        size = max([own, *(place.offset + place.byte_count for place in placed)])
        if size > _LARGEST_REGION:
            raise ModelFormatError(f"the arena would have {size} bytes")
        return size


def _segments(graph: Graph, arena: _Arena, payloads: list[Payload]) -> tuple[Segment, ...]:
    segments: list[Segment] = []
    remaining = iter(payloads)
    for index, operator in enumerate(graph.operators):
        outputs = arena.places(operator.outputs)
        if _is_npu(operator):
            inputs = arena.places(operator.inputs[_FIRST_NETWORK_INPUT:])
            segments.append(Stream(next(remaining).words, inputs, outputs))
        else:
            segments.append(CpuOperators((index,), arena.places(operator.inputs), outputs))
    return tuple(segments)


def _load_raw(data: bytes) -> Program:
    try:
        # Vela stores its quantization records as pickled objects: they are never read here.
        with np.load(io.BytesIO(data), allow_pickle=False) as parts:
            return _from_raw(parts)
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, ModelFormatError):
            raise
        raise ModelFormatError(f"not a raw output of Vela: {error}") from error


def _from_raw(parts: np.lib.npyio.NpzFile) -> Program:
    payload = read_payload(_raw_bytes(parts["cmd_data"]))
    inputs, outputs = _raw_places(parts, "input"), _raw_places(parts, "output")
    if int(parts["weight_region"]) != READ_ONLY:
        raise ModelFormatError(f"weights in region {int(parts['weight_region'])}, {READ_ONLY} expected")
    scratch, fast = int(parts["scratch_region"]), int(parts["scratch_fast_region"])
    sizes = {scratch: int(np.ravel(parts["scratch_shape"])[0])}
    if fast != scratch:
        sizes[fast] = int(np.ravel(parts["scratch_fast_shape"])[0])
    stream = Stream(payload.words, inputs, outputs)
    read_only = _raw_bytes(parts["weight_data"])
    return Program(payload.architecture, read_only, sizes, {}, inputs, outputs, (stream,), b"")


def _raw_bytes(part: np.ndarray) -> bytes:
    """Vela writes byte strings in some versions and arrays of numbers in others."""
    return part.tobytes() if part.dtype.kind == "S" else part.astype(np.uint8).tobytes()


def _raw_places(parts: np.lib.npyio.NpzFile, kind: str) -> tuple[Place, ...]:
    """Name the tensors, which the raw format does not: `input_0`, `input_1`, ..."""
    columns = (parts[f"{kind}_{column}"] for column in ("shape", "elem_size", "region", "offset"))
    dtypes = {1: "int8", 2: "int16", 4: "int32"}
    return tuple(
        Place(f"{kind}_{index}", _without_padding(shape), dtypes[int(size)], int(region), int(offset))
        for index, (shape, size, region, offset) in enumerate(zip(*columns))
    )


def _without_padding(shape: np.ndarray) -> tuple[int, ...]:
    """Undo the padding of shapes to six axes with ones in front; the batch axis stays."""
    sizes = [int(size) for size in shape]
    first = next((index for index, size in enumerate(sizes) if size != 1), len(sizes))
    return (1, *sizes[first:])
