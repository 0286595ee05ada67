"""TensorFlow Lite's schema, read by tables that look up only once where their fields lie (runs in a child)."""

from __future__ import annotations

import struct
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

_UNSIGNED = struct.Struct("<I").unpack_from
_SIGNED = struct.Struct("<i").unpack_from
_SHORT = struct.Struct("<H").unpack_from
_LENGTH_BYTES = 4


def schema() -> Any:
    """LiteRT's schema; it reads quickly."""
    from ai_edge_litert import schema_py_generated

    return read_quickly(schema_py_generated)


@lru_cache(maxsize=None)
def read_quickly(generated: Any) -> Any:
    """The same classes that flatbuffers generated from a schema: to unpack a model takes them two fifths of the time.

    The table of the flatbuffers library finds each field anew, by four numbers, and checks and wraps each number that
    it reads.
    """
    import flatbuffers

    known = dict(vars(flatbuffers), table=SimpleNamespace(Table=_table_class()))
    generated.flatbuffers = SimpleNamespace(**known)
    return generated


@lru_cache(maxsize=None)
def _table_class() -> Any:
    from flatbuffers import table

    class Table(table.Table):  # type: ignore[misc]
        """A table with the offsets of its fields, the two lengths in front of them included."""

        __slots__ = ("offsets",)

        def __init__(self, content: bytes, place: int) -> None:
            super().__init__(content, place)
            start = place - _SIGNED(content, place)[0]
            if start < 0:
                raise ValueError("the fields of a table lie before the file")
            self.offsets = struct.unpack_from("<%dH" % (_SHORT(content, start)[0] // 2), content, start)

        # The names and parameters are the library's.

        def Offset(self, slot: int) -> int:  # noqa: N802
            number = slot // 2
            return self.offsets[number] if number < len(self.offsets) else 0

        def Get(self, flags: Any, place: int) -> Any:  # noqa: N802
            return flags.py_type(flags.packer_type.unpack_from(self.Bytes, place)[0])

        def Indirect(self, place: int) -> int:  # noqa: N802
            return int(place + _UNSIGNED(self.Bytes, place)[0])

        def Vector(self, offset: int) -> int:  # noqa: N802
            return self.Indirect(self.Pos + offset) + _LENGTH_BYTES

        def VectorLen(self, offset: int) -> int:  # noqa: N802
            return int(_UNSIGNED(self.Bytes, self.Indirect(self.Pos + offset))[0])

        def String(self, place: int) -> bytes:  # noqa: N802
            start = self.Indirect(place)
            (length,) = _UNSIGNED(self.Bytes, start)
            return bytes(self.Bytes[start + _LENGTH_BYTES : start + _LENGTH_BYTES + length])

    return Table
