"""A Keras model of the user's own, unrolled: proved, quantized, and evaluated in float64 (runs in a child)."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness import keras_model
from harness.calibration import ranges
from harness.conversion import converter_of, quantize
from harness.datasets import seed_for
from harness.interface import name_interface
from harness.keras_model import UNROLLED, Description
from harness.ports import adapt, ports, ports_of
from harness.rows import Rows, fit, read_rows, split, take
from harness.tracing import rows_of, stack

SEEDED, GIVEN = 8, 8
"""Samples that the two forms are compared on: drawn over the range of each input, and held-out rows."""


def prove(model: bytes, representative: bytes) -> dict[str, Any]:
    """Looped and unrolled outputs of the model on the same samples, in float32 one by one, and in float64.

    Returns `looped`, `unrolled`, `looped_64`, `unrolled_64`, each a dict of arrays (samples, ...) by name, and
    `recurrent`, the names of the layers that were unrolled. Raises DatasetError for data that do not fit the model.
    """
    described = keras_model.read(model)
    rows = _signed(described, representative)
    judging = take(rows, split(_count(rows)).held_out[:GIVEN])
    drawn = _drawn(rows)
    inputs = {name: np.concatenate([array, judging[name]]) for name, array in drawn.items()}
    result: dict[str, Any] = {"recurrent": described["recurrent"]}
    for style in ("looped", UNROLLED):
        traced = keras_model.trace(model, style)
        result[style] = stack([traced(row) for row in rows_of(inputs)])
        result[style + "_64"] = keras_model.evaluate(described, inputs, unroll=style == UNROLLED, dtype="float64")
    return result


def convert(model: bytes, representative: bytes) -> dict[str, Any]:
    """The unrolled model in int8, its inputs and outputs named as in the Keras model.

    Returns `model` (bytes), `calibration` (range of each input) and `rows` (in the data, and used to calibrate).
    Raises DatasetError for data that do not fit the model, and what the converter raises.
    """
    described = keras_model.read(model)
    rows = _signed(described, representative)
    used = take(rows, split(_count(rows)).calibrating)
    samples = rows_of(used)
    converter = converter_of(keras_model.trace(model, UNROLLED))
    quantize(converter, "int8", samples)
    return {
        "model": name_interface(converter.convert()),
        "calibration": ranges(samples),
        "rows": [_count(rows), len(samples)],
    }


def expect(model: bytes, data: bytes, *, held_out: bool, judged: bytes = b"") -> dict[str, Any]:
    """What the looped model computes in float64: `inputs` and `outputs` (n, ...) by name.

    The rows are those that no calibration uses, or all. Where a .tflite is `judged`, the data have the names of its
    inputs, and the result has its names. Raises DatasetError for data that do not fit.
    """
    described = keras_model.read(model)
    if not judged:
        rows = _signed(described, data, more=not held_out)
        rows = take(rows, split(_count(rows)).held_out) if held_out else rows
        return {"inputs": rows, "outputs": keras_model.evaluate(described, rows, unroll=False, dtype="float64")}
    given, wanted = ports(judged)
    rows = fit(read_rows(data), given, more=True)
    own = [as_ for _, as_, *_ in described["inputs"]]
    named = adapt(rows, given, keras_model.inputs_of(described))
    outputs = keras_model.evaluate(described, dict(zip(own, named.values())), unroll=False, dtype="float64")
    return {"inputs": rows, "outputs": adapt(outputs, ports_of(outputs), wanted)}


def _signed(described: Description, data: bytes, *, more: bool = False) -> Rows:
    """The rows of the data by the names of a signature."""
    rows = fit(read_rows(data), keras_model.inputs_of(described), more=more)
    return {as_: rows[name] for name, as_, *_ in described["inputs"]}


def _drawn(rows: Mapping[str, np.ndarray]) -> Rows:
    """Seeded samples over the range that each input has in the data."""
    rng = np.random.default_rng(seed_for("pair", 0))
    drawn = {}
    for name, array in rows.items():
        shape = (SEEDED, *array.shape[1:])
        low, high = array.min(), array.max()
        values = (
            rng.uniform(low, high, shape) if array.dtype.kind == "f" else rng.integers(low, high, shape, endpoint=True)
        )
        drawn[name] = values.astype(array.dtype)
    return drawn


def _count(rows: Mapping[str, np.ndarray]) -> int:
    return len(next(iter(rows.values())))
