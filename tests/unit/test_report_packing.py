"""What is packed is read again as it was, and every distinct value is there once."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from harness.report.packing import pack


def unpacked(text: str) -> Any:  # noqa: ANN401 - any plain value
    table = json.loads(gzip.decompress(base64.b64decode(text)))
    whole: list[Any] = []
    for value in table["values"]:
        if not isinstance(value, list):
            whole.append(value)
        elif value[0] < 0:
            whole.append([whole[place] for place in value[1:]])
        else:
            parts = [whole[place] for place in value[1:]]
            whole.append(dict(zip(table["keys"][value[0]], parts, strict=True)))
    return whole[-1]


@pytest.mark.parametrize(
    "value",
    [
        None,
        "text",
        [],
        {},
        [1, 1.0, True, 0, False, -0.5, None, ""],
        {"b": [1, {"a": []}], "a": [[], {}, [[]]]},
        [{"a": 1}, {"a": 1.5}, {"a": "1"}, {"a": 1}],
    ],
)
def test_a_value_is_read_as_it_was(value: object) -> None:
    again = unpacked(pack(value))
    assert json.dumps(again) == json.dumps(value)


def test_equal_parts_are_there_once() -> None:
    part = {"observed": "a long sentence", "figures": {"ms": 0.25}}
    table = json.loads(gzip.decompress(base64.b64decode(pack([part] * 50))))
    assert table["values"].count("a long sentence") == 1
    assert len(table["values"]) == 5


def test_equal_values_give_equal_text() -> None:
    assert pack({"a": [1, 2]}) == pack({"a": [1, 2]})
