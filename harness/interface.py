"""Names of the inputs and outputs of a .tflite, read and replaced without unpacking all of it (runs in a child)."""

from __future__ import annotations

import struct
from typing import Any, Iterator, NamedTuple

from harness.tflite import read_model, reading, text, view_model, write_model

_NAME_SLOT = 10
"""Where a table says how far behind its beginning field 3, the name of a tensor, lies: two bytes a field, after 4."""


class _Named(NamedTuple):
    """A tensor, by its place, and the name that it shall have."""

    subgraph: int
    tensor: int
    name: bytes


def border_names(model: bytes) -> tuple[list[str], list[str]]:
    """The names of the inputs and of the outputs of the main graph, in its order.

    Raises ModelError for a file that ends before them, or is none.
    """
    with reading(model):
        graph = _root(model).Subgraphs(0)
        inputs, outputs = (
            [text(graph.Tensors(int(place)).Name()) for place in _places(graph, side)] for side in ("Inputs", "Outputs")
        )
    return inputs, outputs


def name_given(model: bytes) -> bytes:
    """`name_interface` for a file of a user's own; raises ModelError wherever it is damaged or truncated."""
    view_model(model)
    return name_interface(model)


def name_interface(model: bytes, names: dict[str, list[str]] | None = None) -> bytes:
    """The same model with its input and output tensors named as its signature names them.

    Where it has none, `names` gives the `inputs` and `outputs` in the order of the graph. The converter's own names
    (`serving_default_input:0`, `StatefulPartitionedCall:1`) say nothing; tensor names are what every tool on the way
    to the firmware keeps. Of the file no more is read than that: a damaged one is for those to find who read it.
    Raises ModelError for what is no .tflite, and for a file that ends before its names.
    """
    with reading(model):
        root = _root(model)
        chosen = [*_signed(root), *_ordered(root, names or {})]
        places = [_place_of_name(root, named) for named in chosen]
    if not all(places):
        return _rewritten(model, chosen)
    content = bytearray(model)
    for place, named in zip(places, chosen):
        _point_at_end(content, place, named.name)
    return bytes(content)


def _root(model: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    root = schema.Model.GetRootAs(model, 0)
    if not root.SubgraphsLength():
        raise ValueError("it holds no graph")
    return root


def _places(graph: Any, side: str) -> list[Any]:
    return [getattr(graph, side)(number) for number in range(getattr(graph, side + "Length")())]


def _signed(root: Any) -> Iterator[_Named]:
    for number in range(root.SignatureDefsLength()):
        signature = root.SignatureDefs(number)
        for side in ("Inputs", "Outputs"):
            for entry in _places(signature, side):
                yield _Named(signature.SubgraphIndex(), entry.TensorIndex(), entry.Name())


def _ordered(root: Any, names: dict[str, list[str]]) -> Iterator[_Named]:
    for side, own in names.items():
        for tensor, name in zip(_places(root.Subgraphs(0), side.capitalize()), own):
            yield _Named(0, tensor, name.encode())


def _place_of_name(root: Any, named: _Named) -> int:
    """Where the file says how far away the name of a tensor is; 0 for a tensor without a name."""
    table = root.Subgraphs(named.subgraph).Tensors(named.tensor)._tab  # noqa: SLF001 - nothing else says where it lies
    offset = table.Offset(_NAME_SLOT)
    return int(table.Pos + offset) if offset else 0


def _point_at_end(content: bytearray, place: int, name: bytes) -> None:
    """Append a name, as flatbuffers write strings (aligned, its length before, a zero behind), and point at it."""
    content += bytes(-len(content) % 4)
    struct.pack_into("<I", content, place, len(content) - place)
    content += struct.pack("<I", len(name)) + name + b"\0"
    content += bytes(-len(content) % 4)


def _rewritten(model: bytes, chosen: list[_Named]) -> bytes:
    """The same by way of the object tree: a tensor that has no name has no place for one."""
    tree = read_model(model)
    for subgraph, tensor, name in chosen:
        tree.subgraphs[subgraph].tensors[tensor].name = name
    return write_model(tree)
