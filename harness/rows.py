"""Data of the user's own: an .npz with an array for each input of a model, a row for each sample.

Runs in children and where options are read: arrays and bytes only, Python 3.8 syntax.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any, Dict, Mapping, NamedTuple, Sequence

import numpy as np

from harness.errors import DatasetError

Rows = Dict[str, np.ndarray]

MIN_ROWS = 10
HELD_OUT_EVERY = 5
"""One row in five judges and never calibrates. Every fifth, and not the last fifth: data are often sorted by class."""

MOST_CALIBRATING, MOST_HELD_OUT = 500, 256
"""Spread evenly over longer data: 50 samples already give the same ranges, and 256 the error to a tenth of a dB."""


class Input(NamedTuple):
    """An input of a model: shape (1, ...) and element type."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class Split(NamedTuple):
    """Places of the rows to calibrate with and to judge with."""

    calibrating: np.ndarray
    held_out: np.ndarray


def read_rows(content: bytes) -> Rows:
    """The arrays of an .npz by name; raises DatasetError, in one sentence, for any other file."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            rows = {name: arrays[name] for name in arrays.files}
    except (AttributeError, EOFError, KeyError, OSError, TypeError, ValueError, zipfile.BadZipFile) as error:
        pickled = "allow_pickle" in str(error) and zipfile.is_zipfile(io.BytesIO(content))
        what = "holds Python objects, which are not read" if pickled else "is no .npz file, or it is damaged"
        raise DatasetError(
            "%s (%d bytes): write it with numpy.savez(FILE, input=array)" % (what, len(content))
        ) from None
    if not rows:
        raise DatasetError("holds no arrays: write it with numpy.savez(FILE, input=array)")
    return rows


def require_representative(rows: Rows) -> None:
    """Raise DatasetError for arrays that no model can be calibrated with, whatever its inputs are."""
    for name, array in rows.items():
        if array.dtype.kind not in "biuf":
            raise DatasetError("array '%s' is %s: save numbers" % (name, array.dtype))
        if array.ndim == 0:
            raise DatasetError("array '%s' is a single number: give it a row for each sample" % name)
    counts = {name: len(array) for name, array in rows.items()}
    if len(set(counts.values())) > 1:
        told = ", ".join("'%s' has %d" % pair for pair in counts.items())
        raise DatasetError("its arrays have different numbers of rows (%s): give each sample a row in each" % told)
    count = next(iter(counts.values()))
    if count < MIN_ROWS:
        raise DatasetError(
            "has %s: give at least %d, of which every fifth is kept to judge with" % (_rows(count), MIN_ROWS)
        )
    for name, array in rows.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            wrong = int((~np.isfinite(array.reshape(count, -1)).all(axis=1)).sum())
            raise DatasetError("array '%s' has NaN or infinity in %s: take them out" % (name, _rows(wrong)))
        if array.size == 0:
            raise DatasetError("array '%s' has rows of shape %s: nothing is in it" % (name, array.shape[1:]))
        if not array.any():
            raise DatasetError("array '%s' is all zeros: it says nothing about the ranges; save real samples" % name)


def fit(rows: Mapping[str, np.ndarray], inputs: Sequence[Input], *, more: bool = False) -> Rows:
    """The arrays for these inputs, (n, ...) in the type of each; with `more`, other arrays (labels) are let be.

    Raises DatasetError where names, shapes or types differ, or floats are not finite.
    """
    missing = [entry for entry in inputs if entry.name not in rows]
    extra = [] if more else sorted(set(rows) - {entry.name for entry in inputs})
    if missing or extra:
        raise DatasetError(
            "the data have %s, but the model's inputs are %s: name the arrays after the inputs"
            % (_quoted(sorted(rows)), ", ".join("'%s' %s" % (entry.name, entry.shape[1:]) for entry in inputs))
        )
    fitted = {entry.name: _fitted(rows[entry.name], entry) for entry in inputs}
    if len({len(array) for array in fitted.values()}) > 1:
        raise DatasetError("the arrays of the inputs have different numbers of rows")
    return fitted


def _fitted(array: np.ndarray, entry: Input) -> np.ndarray:
    if array.shape[1:] != entry.shape[1:]:
        raise DatasetError("array '%s' has rows of shape %s, the input takes %s" % (*_shapes(array, entry),))
    wanted = np.dtype(entry.dtype)
    if array.dtype.kind not in ("f" if wanted.kind == "f" else "iu"):
        raise DatasetError(
            "array '%s' is %s, the input takes %s: save what the model was trained on, scaled as in training"
            % (entry.name, array.dtype, wanted)
        )
    with np.errstate(over="ignore"):
        fitted = array.astype(wanted)
    if not len(array):
        raise DatasetError("array '%s' has no rows" % entry.name)
    if wanted.kind == "f" and not np.isfinite(fitted).all():
        raise DatasetError("array '%s' has NaN or infinity as %s" % (entry.name, wanted))
    return fitted


def split(count: int) -> Split:
    """Which rows calibrate and which judge; those left out of long data are spread evenly."""
    places = np.arange(count)
    judging = places % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    return Split(spread(places[~judging], MOST_CALIBRATING), spread(places[judging], MOST_HELD_OUT))


def take(rows: Rows, places: np.ndarray) -> Rows:
    """These rows of every array."""
    return {name: array[places] for name, array in rows.items()}


def spread(places: np.ndarray, most: int) -> np.ndarray:
    """At most so many of the places, spread evenly over them."""
    chosen: np.ndarray = places[np.linspace(0, len(places) - 1, min(most, len(places))).round().astype(np.int64)]
    return chosen


def _shapes(array: np.ndarray, entry: Input) -> tuple[Any, ...]:
    return entry.name, array.shape[1:], entry.shape[1:]


def _rows(count: int) -> str:
    return "%d row%s" % (count, "" if count == 1 else "s")


def _quoted(names: list[str]) -> str:
    return ", ".join("'%s'" % name for name in names)
