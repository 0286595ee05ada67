"""What stands beside a given model: the Keras model that it is made from, its float model, data, and a metric.

The questions about these are here, too: a given model with a Keras source is unrolled, proved and quantized first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TypeVar

from harness.errors import UsageError
from harness.jobs import Field, Job
from harness.store import File
from harness.user_code import PATTERN

_Value = TypeVar("_Value")
KERAS, TFLITE, FUNCTION = "keras", "tflite", "function"
ARCHIVES = (".keras", ".h5", ".hdf5")
HELD_OUT = "held-out rows of the representative data"
GIVEN_ROWS = "rows of the data"


@dataclass(frozen=True, slots=True, eq=False)
class FloatModel:
    """A float model as it was named: a .keras file, a .tflite, or a function that returns a Keras model.

    `described` is the Keras model as a plain value, once it was loaded.
    """

    kind: str
    name: str
    file: File | None = None
    described: File | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Beside:
    """What a given model is judged with. `run` names the run: what a user's function depends on, nobody knows."""

    folder: Path
    run: str
    source: FloatModel | None = None
    """What the .tflite is made from; None where it was given."""

    representative: File | None = None
    float_model: FloatModel | None = None
    data: File | None = None
    metric: str = ""
    allow_code: bool = False

    @property
    def reference(self) -> FloatModel | None:
        """The model that the quantized one is compared with."""
        return self.source or self.float_model


def kind_of(path: Path) -> str:
    """What a model is, by its name."""
    if path.suffix.lower() in ARCHIVES:
        return KERAS
    return FUNCTION if PATTERN.fullmatch(path.name) and not path.exists() else TFLITE


def answers(beside: Beside | None, asked: Iterable[str]) -> bool:
    """Whether there is what the evidence of these names needs."""
    return all(needs(beside or Beside(Path(), "")) for name, needs in _NEEDS.items() if name in asked)


_NEEDS: dict[str, Callable[[Beside], object]] = {
    "unrolling": lambda beside: beside.source,
    "float_error": lambda beside: beside.reference,
    "metric": lambda beside: beside.metric,
}


def loading(beside: Beside, model: FloatModel) -> Job:
    """Loads a Keras model: what is wrong with it shows here."""
    code = {"allow_code": beside.allow_code, "folder": str(beside.folder), "run": beside.run}
    if model.file is None:
        return Job("keras_model", {**code, "function": model.name})
    return Job("keras_model", code if beside.allow_code else {}, {"content": model.file})


def _described(beside: Beside, model: FloatModel) -> File | Field:
    return model.described or Field(loading(beside, model), "model")


@cache
def keras_conversion(beside: Beside) -> Job:
    source, rows = _required(beside.source), _required(beside.representative)
    return Job("keras_conversion", {}, {"model": _described(beside, source), "representative": rows})


def unrolling(beside: Beside) -> Job:
    source, rows = _required(beside.source), _required(beside.representative)
    return Job("unrolling", {}, {"model": _described(beside, source), "representative": rows})


@cache
def expectation(beside: Beside, tflite: File | Field) -> Job:
    """What the float model computes: on the rows that no calibration saw, or on the data beside a given .tflite."""
    if beside.source is not None:
        rows = _required(beside.representative)
        return Job("keras_outputs", {"held_out": True}, {"model": _described(beside, beside.source), "data": rows})
    return _expectation_of_data(beside, tflite)


def float_error(beside: Beside, tflite: File | Field) -> Job:
    expected = expectation(beside, tflite)
    inputs = {"model": tflite, "inputs": Field(expected, "inputs"), "expected": Field(expected, "outputs")}
    return Job("float_error", {"words": HELD_OUT if beside.source else GIVEN_ROWS}, inputs)


def metric(beside: Beside, tflite: File | Field) -> Job:
    expected, data = _expectation_of_data(beside, tflite), _required(beside.data)
    inputs = {"inputs": Field(expected, "inputs"), "expected": Field(expected, "outputs")}
    arguments = {"metric": beside.metric, "folder": str(beside.folder), "run": beside.run}
    return Job("metric", arguments, {"model": tflite, "data": data, **inputs})


@cache
def _expectation_of_data(beside: Beside, tflite: File | Field) -> Job:
    model, data = _required(beside.reference), _required(beside.data)
    if beside.source is not None:
        return Job("keras_outputs", {"held_out": False}, {"model": _described(beside, model), "data": data})
    if model.kind == TFLITE:
        return Job("float_outputs_of_data", {}, {"model": _required(model.file), "data": data, "judged": tflite})
    described = _described(beside, model)
    return Job("keras_outputs", {"held_out": False}, {"model": described, "data": data, "judged": tflite})


def settle(beside: Beside, load: Callable[[Job], File | None]) -> Beside:
    """The same with the models that need code loaded, once a run: what they are names what follows from it.

    `load` gives what a job made as a file, None where it failed; then whatever needs it fails in the same way.
    """
    source, float_model = (_settled(beside, model, load) for model in (beside.source, beside.float_model))
    return replace(beside, source=source, float_model=float_model)


def _settled(beside: Beside, model: FloatModel | None, load: Callable[[Job], File | None]) -> FloatModel | None:
    if model is None or model.kind == TFLITE or (model.kind == KERAS and not beside.allow_code):
        return model
    return replace(model, described=load(loading(beside, model)))


def _required(value: _Value | None) -> _Value:
    """What the options were checked for."""
    if value is None:
        raise UsageError("a float model, data or a metric is missing beside a given model")
    return value
