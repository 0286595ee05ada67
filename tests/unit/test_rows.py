"""Data of the user's own: what is refused, and in which words; what is split, and how."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from harness.errors import DatasetError
from harness.rows import MOST_CALIBRATING, MOST_HELD_OUT, Input, fit, read_rows, require_representative, split

AUDIO = Input("audio", (1, 6, 4), "float32")
TOKENS = Input("tokens", (1, 7), "int32")


def samples(count: int = 20, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal((count, *(shape or (6, 4))))


def npz(**arrays: Any) -> bytes:  # noqa: ANN401 - whatever NumPy can save
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


WHOLE = npz(audio=samples())
UNREADABLE = {
    "empty": (b"", "is no .npz file, or it is damaged (0 bytes): write it with numpy.savez(FILE, input=array)"),
    "text": (b"audio,1,2,3", "is no .npz file"),
    "truncated": (WHOLE[:-200], "is no .npz file, or it is damaged"),
    "flipped": (WHOLE[:300] + b"\xff" * 50 + WHOLE[350:], "is no .npz file, or it is damaged"),
    "single array": (WHOLE[: WHOLE.index(b"\x93NUMPY")], "is no .npz file"),
    "objects": (npz(audio=np.array([{}, {}])), "holds Python objects, which are not read"),
    "nothing": (npz(), "holds no arrays"),
}
NOT_REPRESENTATIVE = {
    "text": ({"audio": np.array(["a"] * 20)}, "array 'audio' is <U1: save numbers"),
    "complex": ({"audio": samples() + 1j}, "array 'audio' is complex128: save numbers"),
    "a number": ({"audio": np.float32(1)}, "array 'audio' is a single number: give it a row for each sample"),
    "no rows": ({"audio": samples(0)}, "has 0 rows: give at least 10"),
    "one row": ({"audio": samples(1)}, "has 1 row: give at least 10"),
    "uneven": ({"audio": samples(), "h": samples(19, 8)}, "different numbers of rows ('audio' has 20, 'h' has 19)"),
    "NaN": ({"audio": np.where(np.arange(20)[:, None, None] < 3, np.nan, samples())}, "NaN or infinity in 3 rows"),
    "infinity": ({"audio": np.where(np.eye(20)[:, :6, None] == 1, np.inf, samples())}, "NaN or infinity in 6 rows"),
    "zeros": ({"audio": samples(), "h": np.zeros((20, 8))}, "array 'h' is all zeros"),
    "integer zeros": ({"audio": np.zeros((20, 6), np.int32)}, "array 'audio' is all zeros"),
    "nothing in a row": ({"audio": np.zeros((20, 0, 4))}, "array 'audio' has rows of shape (0, 4): nothing is in it"),
}
UNFIT = {
    "another name": ({"x": samples()}, "the data have 'x', but the model's inputs are 'audio' (6, 4): name the arrays"),
    "one more": (
        {"audio": samples(), "y": samples()},
        "the data have 'audio', 'y', but the model's inputs are 'audio'",
    ),
    "another shape": ({"audio": samples(20, 5, 4)}, "array 'audio' has rows of shape (5, 4), the input takes (6, 4)"),
    "no batch": ({"audio": samples(6, 4)}, "array 'audio' has rows of shape (4,), the input takes (6, 4)"),
    "bytes": ({"audio": samples().astype(np.uint8)}, "array 'audio' is uint8, the input takes float32: save what"),
    "text": ({"audio": np.full((20, 6, 4), "a")}, "array 'audio' is <U1, the input takes float32"),
    "no rows": ({"audio": samples(0)}, "array 'audio' has no rows"),
    "NaN": ({"audio": samples() * np.nan}, "array 'audio' has NaN or infinity as float32"),
    "too large": ({"audio": samples() * 1e300}, "array 'audio' has NaN or infinity as float32"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_npz_of_numbers_is_refused(name: str) -> None:
    content, sentence = UNREADABLE[name]
    with pytest.raises(DatasetError) as refusal:
        read_rows(content)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", NOT_REPRESENTATIVE)
def test_what_nothing_can_be_calibrated_with_is_refused(name: str) -> None:
    rows, sentence = NOT_REPRESENTATIVE[name]
    with pytest.raises(DatasetError) as refusal:
        require_representative(rows)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("name", UNFIT)
def test_what_does_not_fit_the_model_is_refused(name: str) -> None:
    rows, sentence = UNFIT[name]
    with pytest.raises(DatasetError) as refusal:
        fit(rows, [AUDIO])
    assert sentence in str(refusal.value)


def test_what_fits_is_taken_in_the_type_of_the_input() -> None:
    rows = read_rows(npz(audio=samples(), tokens=np.arange(140).reshape(20, 7)))
    require_representative(rows)
    fitted = fit(rows, [TOKENS, AUDIO])
    assert {name: array.dtype.name for name, array in fitted.items()} == {"tokens": "int32", "audio": "float32"}
    np.testing.assert_array_equal(fitted["audio"], samples().astype(np.float32))


def test_labels_may_stand_beside_the_inputs_where_they_are_asked_for() -> None:
    rows = {"audio": samples(), "label": np.arange(3)}
    assert set(fit(rows, [AUDIO], more=True)) == {"audio"}
    with pytest.raises(DatasetError, match="different numbers of rows"):
        fit({"audio": samples(), "tokens": np.ones((19, 7), np.int8)}, [AUDIO, TOKENS])


@pytest.mark.parametrize("count", [10, 11, 50, 5000])
def test_no_row_calibrates_and_judges(count: int) -> None:
    parts = split(count)
    assert not set(parts.calibrating) & set(parts.held_out)
    assert len(parts.held_out) == min(count // 5, MOST_HELD_OUT)
    assert len(parts.calibrating) == min(count - count // 5, MOST_CALIBRATING)
    for places in parts:
        assert places.max() >= count - 5 - count // min(len(places), count) * 2
        assert len(set(places)) == len(places)
