"""Executes what Vela compiled, on our host model of the NPU, beside its references (runs in a child)."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Dict, Mapping

import numpy as np

from harness import plain
from harness.datasets import load_digits
from harness.errors import ModelError
from harness.kernels import quantize_as
from harness.npu import HARDWARE, Coverage, Executor, load
from harness.npu.reference import Reference, make_reference
from harness.npu.streams import details_of, stream
from harness.references import distance

Arrays = Dict[str, np.ndarray]
COPY = "_cpu"

_REFERENCES: dict[bytes, Reference] = {}
"""By what was expected: the same of all accelerators."""

_FOUND: dict[tuple[bytes, bytes], dict[str, Any]] = {}
"""Differences and coverage by what was computed and what was expected: the programs of several accelerators mostly
compute the same, each from other places of its memory, which is checked for each of them."""


def execute(model: bytes, expected: Mapping[str, Any]) -> dict[str, Any]:
    """Run a compiled model on the inputs of `harness.references.observe`, in one batch for each rounding.

    The samples are run with both roundings, the stream as the hardware rounds. Its windows need not wait for each
    other: each begins with the state that the reference made of the one before, and if no window differs, that is
    the state that the executor would have made.
    Entries of tables that float32 and float64 round apart are those of the reference: `table_ties` of them.
    Returns `differences`: by rounding and output, the `harness.references.distance` from the reference; `coverage`:
    what the values reached (see `harness.npu.coverage`); and from `expected` what was asked and the deviation.
    Raises NpuError for what cannot be executed.
    """
    coverage, asked = Coverage(), sha256(plain.to_bytes(expected)).digest()
    if asked not in _REFERENCES:
        _REFERENCES[asked] = make_reference(expected["connected"], expected["tables"])
    executor = Executor(load(model), _REFERENCES[asked], coverage)
    computed = executor.name, asked
    if computed not in _FOUND:
        _FOUND[computed] = {"differences": _all_differences(executor, expected), "coverage": coverage.figures()}
    told = {
        name: expected[name] for name in ("samples", "windows", "states", "deviation", "stream_deviation", "parted")
    }
    tables = sum(int(np.sum(exact != reference)) for exact, reference in expected["tables"])
    return {**told, **_FOUND[computed], "table_ties": tables}


def _all_differences(executor: Executor, expected: Mapping[str, Any]) -> dict[str, Any]:
    count = sum(expected["samples"].values())
    return {
        rounding: _differences(executor, run, rounding, count + (expected["windows"] if rounding == HARDWARE else 0))
        for rounding, run in expected["runs"].items()
    }


def _differences(executor: Executor, run: Mapping[str, Arrays], rounding: str, count: int) -> dict[str, Any]:
    """Of the first `count` rows."""
    given = {name: array[:count] for name, array in run["inputs"].items()}
    found = _as_in_source(executor.run(given, rounding), run["outputs"])
    if found.keys() != run["outputs"].keys():
        raise ModelError("the compiled model has the outputs %s, the source others" % ", ".join(sorted(found)))
    return {
        name: distance(found[name].reshape((count, *array.shape[1:])), array[:count])
        for name, array in run["outputs"].items()
    }


def _as_in_source(found: Arrays, expected: Mapping[str, Any]) -> Arrays:
    """Outputs by the names of the source: Velas of the 3.0 line call the copy that leaves the NPU `NAME_cpu`."""
    stems = {name: name[: -len(COPY)] for name in found if name.endswith(COPY) and name not in expected}
    return {stems.get(name, name): array for name, array in found.items()}


def classify(model: bytes, mnist: bytes, limit: int) -> dict[str, Any]:
    """Labels that a compiled model gives the first `limit` MNIST test digits, as `harness.digits.classify`."""
    executor = Executor(load(model))
    digits, expected = (part[:limit] for part in load_digits(mnist, "test"))
    detail = details_of(executor)["input"]
    rows, steps = quantize_as(digits, detail), detail["shape"][1]
    windows = ({"input": rows[:, start : start + steps]} for start in range(0, rows.shape[1], steps))
    *_, (_, outputs) = stream(executor, windows, len(rows))
    return {"labels": np.argmax(outputs["output"], axis=1), "expected": expected.astype(np.int64)}
