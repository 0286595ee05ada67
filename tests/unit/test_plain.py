"""Plain values come back from disk as they went, whole or not at all, and never as pickles."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from harness import plain

TREES = [
    {
        "a": [1, {"b": np.arange(6, dtype=np.int8).reshape(2, 3)}, [b"\x00\xff", []]],
        "c": {"d": np.array([0.1], np.float32)},
    },
    {"empty": [{}, [], "", b"", np.zeros((0, 3)), None]},
    {"numbers": [True, False, 0, -1, 2**60, 0.1, -0.0], "text": "Größe ✓"},
    {"fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)), "zero_d": np.array(7), "text": np.array(["a", "bc"])},
    np.arange(3),
    b"bytes alone",
    {
        "long": [
            [0.1] * 100,
            list(range(-50, 50)),
            [float("inf"), -0.0] * 20,
            [*range(31), 2**63],
            [2**63 - 1, -(2**63)] * 16,
        ]
    },
    {"mixed": [[0.5] * 40 + [1], [True] * 40, [1] * 40 + [False], ["a"] * 40, [[1.0] * 40] * 40, [None] * 40]},
]


def alike(first: object, second: object) -> bool:
    """Equal in value and type, all the way down."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(alike(first[key], second[key]) for key in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.dtype == second.dtype and first.shape == second.shape and bool(np.all(first == second))
    return bool(first == second)


@pytest.mark.parametrize(
    "tree", TREES, ids=["nested", "empty", "numbers", "arrays", "array", "bytes", "long lists", "mixed lists"]
)
def test_a_tree_comes_back_as_it_was(tree: object) -> None:
    assert alike(plain.from_bytes(plain.to_bytes(tree)), tree)


def test_long_lists_of_numbers_are_kept_as_data() -> None:
    """A float takes eight bytes, not its twenty characters."""
    numbers = [1 / (number + 3) for number in range(1000)]
    assert len(plain.to_bytes(numbers)) < 8 * 1000 + 100
    assert len(plain.to_bytes([*numbers, None])) > 15 * 1000


def test_what_has_a_plainer_form_comes_back_in_it() -> None:
    value = {"scalars": (np.int64(3), np.float32(0.5), np.bool_(1)), "view": memoryview(b"ab"), 1: bytearray(b"c")}
    wanted = {"scalars": [3, 0.5, True], "view": b"ab", "1": b"c"}
    assert alike(plain.from_bytes(plain.to_bytes(value)), wanted)


def test_not_a_number_survives() -> None:
    value = plain.from_bytes(plain.to_bytes([float("nan"), float("inf"), np.array([np.nan])]))
    assert np.isnan(value[0])
    assert value[1] == float("inf")
    assert np.isnan(value[2]).all()


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array([{}, None]),
        {1, 2},
        object(),
        {"$array": 0},
        {"deep": [{"$bytes": 0}]},
        {"$numbers": []},
    ],
    ids=["object array", "array of dicts", "set", "object", "array mark", "bytes mark", "numbers mark"],
)
def test_what_is_not_plain_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain.to_bytes(value)


def test_a_pickle_is_never_read() -> None:
    stream = io.BytesIO()
    np.savez(stream, tree=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match="something else"):
        plain.from_bytes(stream.getvalue())


def test_a_saved_value_is_loaded_from_a_folder_that_was_not_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "value"
    plain.save({"a": 1}, path)
    assert plain.load(path) == {"a": 1}
    assert [entry.name for entry in path.parent.iterdir()] == ["value"]


def test_a_write_that_fails_midway_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "value"
    plain.write_atomically(path, b"old")
    with pytest.raises(TypeError):
        plain.write_atomically(path, cast("bytes", "text is not bytes"))
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_replaced_leaves_no_remains(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    (folder / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        plain.write_atomically(folder, b"new")
    assert list(tmp_path.iterdir()) == [folder]
