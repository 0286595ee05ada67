"""Plain values as compressed text, every distinct value once: what the page carries."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Hashable
from typing import Any

LIST = -1
"""Stands where the number of a set of keys stands for a dict."""


def pack(value: object) -> str:
    """The value as base64 of gzip of JSON; `unpack` in the page's `data.js` reads it.

    The JSON has `keys`, a list of lists of names, and `values`: text, numbers and None as they are; a list as
    [-1, place, ...] and a dict as [place in `keys`, place, ...], where each place is that of an earlier value.
    The last value is the whole.
    """
    table = _Table()
    table.place(value)
    text = json.dumps({"keys": table.keys, "values": table.values}, separators=(",", ":"), ensure_ascii=False)
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


class _Table:
    """Distinct values in the order in which they were met, parts before the whole."""

    def __init__(self) -> None:
        self.keys: list[list[str]] = []
        self.values: list[Any] = []
        self._key_places: dict[tuple[str, ...], int] = {}
        self._places: dict[Hashable, int] = {}

    def place(self, value: object) -> int:
        """The place of a value; it is added where there is none like it."""
        if isinstance(value, dict):
            names = tuple(value)
            if names not in self._key_places:
                self._key_places[names] = len(self.keys)
                self.keys.append(list(names))
            parts = (self._key_places[names], *map(self.place, value.values()))
            return self._add(parts, parts)
        if isinstance(value, (list, tuple)):
            parts = (LIST, *map(self.place, value))
            return self._add(parts, parts)
        return self._add((type(value), value), value)

    def _add(self, key: Hashable, value: object) -> int:
        place = self._places.setdefault(key, len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place
