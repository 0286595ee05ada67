"""What LiteRT's reference kernels make of a model: what each compiled form of it must compute (runs in a child).

The NPU rounds FULLY_CONNECTED twice, the reference kernel once, so there are two references: the model as it is, and
the model with FULLY_CONNECTED rounded twice. Neither depends on a target.
"""

from __future__ import annotations

from typing import Any, Dict, Mapping

import numpy as np

from harness import kernels
from harness.errors import ModelError
from harness.npu import HARDWARE, REFERENCE, double_rounding_model
from harness.npu.flatbuffer import read_model
from harness.npu.hybrid import activation_model
from harness.npu.reference import activation_operators, connected_operators, other_tables
from harness.npu.samples import KINDS, calibrated
from harness.npu.streams import Pairs, State, states_of
from harness.pairing import ports
from harness.tflite import view_model

Arrays = Dict[str, np.ndarray]
Details = Mapping[str, Mapping[str, Any]]

WINDOWS = 100
LARGE_ELEMENTS = 1_000_000
"""Activations of one inference from which on a model is asked with fewer inputs: reference kernels are slow."""

COUNTS, FEW_COUNTS = (
    {"uniform": 20, "extreme": 4, "calibration-like": 12},
    {"uniform": 2, "extreme": 4, "calibration-like": 2},
)


def observe(model: bytes, pairs: Pairs = None) -> dict[str, Any]:
    """What the compiled forms of an int8 model must compute, as `expected`.

    * `runs`: by rounding (reference, hardware), `inputs` and `outputs` by tensor name, (n, ...): first the `samples`
      (how many of each kind), then a stream of `windows` windows, each with the states that the one before gave;
    * `states`: the names of the states, as `harness.contract.judge` finds or is given them; without any, no stream;
    * `connected` and `tables`: what `harness.npu.reference.make_reference` takes;
    * `deviation` and `stream_deviation`: how far the two references are apart, by output, over the samples and over
      the stream, in which each carries its own states; `parted`: the number of samples that they tell apart.

    Raises ModelError for a tensor whose first axis is not a batch of 1.
    """
    models = {REFERENCE: model, HARDWARE: double_rounding_model(model)}
    interpreters = {name: kernels.load(content, "litert_reference") for name, content in models.items()}
    inputs, outputs = interpreters[REFERENCE].inputs, interpreters[REFERENCE].outputs
    _require_batch({**inputs, **outputs})
    counts = _counts(model)
    rng = np.random.default_rng(0)
    samples = {name: _draw(rng, detail, counts) for name, detail in inputs.items()}
    states = _states(model, pairs)
    fed = {name: calibrated(rng, detail, WINDOWS if states else 0) for name, detail in inputs.items()}
    runs = {name: _run(interpreter, samples, fed, states) for name, interpreter in interpreters.items()}
    total = sum(counts.values())
    first, second = (runs[name]["outputs"] for name in (REFERENCE, HARDWARE))
    parted = np.any([_differ(first[name], second[name])[:total].any(axis=1) for name in first], axis=0)
    return {
        "expected": {
            "runs": runs,
            "samples": counts,
            "windows": WINDOWS if states else 0,
            "states": [state.name for state in states],
            "connected": connected_operators(model),
            "tables": _tables(model),
            "deviation": {name: distance(first[name][:total], second[name][:total]) for name in first},
            "stream_deviation": {name: distance(first[name][total:], second[name][total:]) for name in first},
            "parted": int(parted.sum()),
        }
    }


def _states(model: bytes, pairs: Pairs) -> list[State]:
    """The states that are streamed: none where a given pair does not exist, which another claim is about."""
    tree = view_model(model)
    try:
        return states_of(ports(tree, "outputs"), ports(tree, "inputs"), pairs)
    except ModelError:
        return []


def _tables(model: bytes) -> list[np.ndarray]:
    operators = activation_operators(model)
    if not operators:
        return []
    tables = kernels.load(activation_model(model, operators), "litert_reference")
    every = np.arange(-128, 128).astype(np.int8)
    return other_tables(operators, tables.invoke(dict.fromkeys(tables.inputs, every)))


def distance(found: np.ndarray, expected: np.ndarray) -> dict[str, int]:
    """How far two arrays (n, ...) of integers are apart.

    `values`, how many of them are `differing`, by at most `largest_lsb`, and the `first` row with one that does (-1:
    none).
    """
    differ = _differ(found, expected)
    rows = np.flatnonzero(differ.any(axis=1))
    largest = np.abs(found.astype(np.float64) - expected).max() if rows.size else 0
    return {
        "values": int(differ.size),
        "differing": int(differ.sum()),
        "largest_lsb": int(np.ceil(largest)),
        "first": int(rows[0]) if rows.size else -1,
    }


def _differ(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    differ: np.ndarray = (found != expected).reshape(len(expected), int(np.prod(expected.shape[1:])))
    return differ


def _require_batch(details: Details) -> None:
    for name, detail in details.items():
        shape = [int(size) for size in detail["shape"]]
        if shape[:1] != [1]:
            raise ModelError("%s has the shape %s: only models with a batch of 1 are executed" % (name, shape))


def _counts(model: bytes) -> dict[str, int]:
    """How many samples of each kind."""
    tensors = read_model(model).graphs[0].tensors
    large = sum(int(np.prod(tensor.shape)) for tensor in tensors if not tensor.data) > LARGE_ELEMENTS
    return FEW_COUNTS if large else COUNTS


def _draw(rng: np.random.Generator, detail: Mapping[str, Any], counts: Mapping[str, int]) -> np.ndarray:
    return np.concatenate([KINDS[kind](rng, detail, count) for kind, count in counts.items()])


def _run(interpreter: kernels.Loaded, samples: Arrays, fed: Arrays, states: list[State]) -> dict[str, Arrays]:
    """Inputs and outputs (n, ...) of the samples and then of the stream, whose states begin at zero."""
    given = [{name: array[row] for name, array in samples.items()} for row in range(_length(samples))]
    found = [kernels.begin(interpreter, sample) for sample in given]
    carried = {
        name: kernels.quantize_as(np.zeros(fed[name].shape[1:]), interpreter.inputs[name]) for _, _, name in states
    }
    for row in range(_length(fed)):
        window = {**{name: array[row] for name, array in fed.items()}, **carried}
        given.append(window)
        found.append(interpreter.invoke(window))
        for _, source, target in states:
            details = interpreter.outputs[source], interpreter.inputs[target]
            carried[target] = kernels.rescale_as(found[-1][source], *details)
    return {"inputs": _stacked(given), "outputs": _stacked(found)}


def _stacked(rows: list[Arrays]) -> Arrays:
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _length(arrays: Arrays) -> int:
    return len(next(iter(arrays.values())))
