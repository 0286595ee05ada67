"""TensorFlow Lite's schema, read by tables that look up only once where their fields lie (runs in a child)."""

from __future__ import annotations

import struct
from functools import lru_cache
from types import SimpleNamespace
from typing import Any


@lru_cache(maxsize=None)
def schema() -> Any:
    """The classes that flatbuffers generated from the schema: to unpack a model they take three fifths of the time.

    The table of the flatbuffers library finds each field anew, by four numbers that it reads one by one.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated

    known = dict(vars(flatbuffers), table=SimpleNamespace(Table=_table_class()))
    schema_py_generated.flatbuffers = SimpleNamespace(**known)
    return schema_py_generated


def _table_class() -> Any:
    from flatbuffers import number_types, table

    class Table(table.Table):  # type: ignore[misc]
        """A table with the offsets of its fields, the two lengths in front of them included."""

        __slots__ = ("offsets",)

        def __init__(self, content: bytes, place: int) -> None:
            super().__init__(content, place)
            start = place - self.Get(number_types.SOffsetTFlags, place)
            count = self.Get(number_types.VOffsetTFlags, start) // 2
            self.offsets = struct.unpack_from("<%dH" % count, content, start)

        def Offset(self, slot: int) -> int:  # noqa: N802 - as the library calls it
            number = slot // 2
            return self.offsets[number] if number < len(self.offsets) else 0

    return Table
