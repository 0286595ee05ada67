"""What is asked: a model, generated or given, and a target; and the jobs that answer it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.jobs import Field, Job
from harness.spec import RnnSpec, Weights
from harness.store import File, Store
from harness.target import Target, VelaConfig

SAMPLES = 2
WINDOWS = 2
DIGITS = 10_000
SLICE_DIGITS = 12_800


@dataclass(frozen=True, slots=True, eq=False)
class GivenModel:
    """A .tflite of the user's own; `file` is None where it could not be read, `problem` says why."""

    id: str
    path: Path
    file: File | None
    problem: str = ""
    state_pairs: tuple[tuple[str, str], ...] | None = None
    """Output and input of each state as the user named them; None: found by name and shape."""

    def describe(self) -> dict[str, Any]:
        """The model as it stands in reports."""
        digest = self.file.sha256 if self.file else None
        return {"id": self.id, "kind": "given", "file": self.path.name, "sha256": digest}


@dataclass(frozen=True, slots=True, eq=False)
class GeneratedModel:
    """A model of the matrix, with the files that trained weights need."""

    spec: RnnSpec
    files: Mapping[str, File]

    @property
    def id(self) -> str:
        """The name of the model in test ids and reports."""
        return self.spec.id

    def describe(self) -> dict[str, Any]:
        """The model as it stands in reports."""
        return {"id": self.id, "kind": "generated", **self.spec.to_plain()}


Model = GivenModel | GeneratedModel


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One model on one target; `config` is the user's own vela.ini, if any."""

    model: Model
    target: Target
    config: File | None = None

    @property
    def id(self) -> str:
        """Model and target, as in test ids."""
        return f"{self.model.id}-{self.target.id}"


def given_models(
    paths: list[Path], store: Store, state_pairs: tuple[tuple[str, str], ...] | None = None
) -> list[GivenModel]:
    """The user's models, each with an id of its own; `state_pairs` are those of every one."""
    ids = _unique([re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()) or "model" for path in paths])
    return [_given(name, path, store, state_pairs) for name, path in zip(ids, paths, strict=True)]


def generated_model(spec: RnnSpec, data: Path, store: Store) -> GeneratedModel:
    """A model of the matrix; raises UsageError where the folder `data` lacks the weights or digits that it needs."""
    if spec.weights is Weights.RANDOM:
        return GeneratedModel(spec, {})
    trained = {"weights": f"weights/{spec.cell.value}_u{spec.units}.npz"} if spec.weights is Weights.MNIST else {}
    names = {"mnist": "mnist.npz", **trained}
    try:
        return GeneratedModel(spec, {role: store.add_file(data / name) for role, name in names.items()})
    except OSError as error:
        raise UsageError(
            f"{spec.id} needs {error.filename}: {error.strerror}; restore it with git checkout, or train with "
            f"python -m harness.training {spec.cell.value} --units {spec.units}"
        ) from None


def vela_config(path: Path | None, store: Store) -> tuple[VelaConfig, File | None]:
    """The configuration to choose targets from, and the file to compile with where it is the user's own."""
    if path is None:
        return VelaConfig.installed(), None
    config = VelaConfig.read(path)
    return config, store.add_file(path)


@cache
def tflite(model: Model) -> File | Field:
    """The quantized .tflite that is judged: for a generated model, after the exact repairs."""
    if isinstance(model, GeneratedModel):
        return Field(repair(model), "model")
    if model.file is None:
        raise UsageError(model.problem)
    return model.file


def inspection(model: Model) -> Job:
    return Job("inspection", {}, {"model": tflite(model)})


def compilation(case: Case) -> Job:
    return _compilation(case, tflite(case.model))


def conversion(model: GeneratedModel) -> Job:
    return _conversion(model, unroll=True)


@cache
def repair(model: GeneratedModel) -> Job:
    return Job("repair", {}, {"model": Field(conversion(model), "model")})


@cache
def state_repair(model: GeneratedModel) -> Job:
    """The exact repairs, and a QUANTIZE on each state output that differs from its input."""
    return Job("repair", {"states": True}, {"model": Field(conversion(model), "model")})


def state_repaired(model: GeneratedModel) -> Field:
    """The .tflite whose state bytes may be copied."""
    return Field(state_repair(model), "model")


def contract(model: Model) -> Job:
    named = model.state_pairs if isinstance(model, GivenModel) else None
    arguments = {} if named is None else {"pairs": [list(pair) for pair in named]}
    return Job("contract", arguments, {"model": tflite(model)})


def state_effect(model: GeneratedModel) -> Job:
    """What the QUANTIZE on every state output changes, run on each set of kernels."""
    return Job("state_effect", {}, {"before": tflite(model), "after": _state_quantized(model)})


def state_quantized_compilation(case: Case) -> Job:
    return _compilation(case, _state_quantized(_generated(case.model)))


def converted_inspection(model: GeneratedModel) -> Job:
    """The model as the converter wrote it, before any repair."""
    return Job("inspection", {}, {"model": Field(conversion(model), "model")})


@cache
def _state_quantized(model: GeneratedModel) -> Field:
    """With a QUANTIZE on every state output, equal or not: what it costs and changes at most."""
    return Field(
        Job("repair", {"states": True, "equal_too": True}, {"model": Field(conversion(model), "model")}), "model"
    )


def operators(model: Model) -> Job:
    return Job("operators", {}, {"model": tflite(model)})


def quantization(model: GeneratedModel) -> Job:
    inputs: dict[str, Any] = {"weights": weights(model), "model": tflite(model)}
    if "mnist" in model.files:
        inputs["mnist"] = model.files["mnist"]
    return Job("quantization", {"spec": model.spec.to_plain()}, inputs)


@cache
def float_outputs(model: GeneratedModel) -> Job:
    arguments = {"spec": model.spec.to_plain(), "samples": SAMPLES}
    return Job("float_outputs", arguments, {"weights": weights(model)})


def oracle(model: GeneratedModel) -> Job:
    inputs = {"weights": weights(model), "inputs": Field(float_outputs(model), "inputs")}
    return Job("oracle", {"spec": model.spec.to_plain()}, inputs)


def float_windows(model: GeneratedModel) -> Job:
    arguments = {"spec": model.spec.to_plain(), "samples": SAMPLES, "windows": WINDOWS}
    return Job("float_windows", arguments, {"weights": weights(model)})


def window_oracle(model: GeneratedModel) -> Job:
    spec = replace(model.spec, time_steps=model.spec.time_steps * WINDOWS).to_plain()
    inputs = {"weights": weights(model), "inputs": Field(float_windows(model), "inputs")}
    return Job("oracle", {"spec": spec}, inputs)


def looped_int8_inspection(model: GeneratedModel) -> Job:
    return Job("inspection", {}, {"model": Field(_conversion(model, unroll=False), "model")})


def looped_inspection(model: GeneratedModel) -> Job:
    return Job("inspection", {}, {"model": _looped_float(model)})


def looped_compilation(case: Case) -> Job:
    return _compilation(case, _looped_float(_generated(case.model)))


def looped_labels(model: GeneratedModel) -> Job:
    return _float_labels(model, unroll=False)


def unrolled_labels(model: GeneratedModel) -> Job:
    return _float_labels(model, unroll=True)


def reference_labels(model: GeneratedModel) -> Job:
    return _int8_labels(model, "litert_reference")


def default_labels(model: GeneratedModel) -> Job:
    return _int8_labels(model, "litert_default")


def _float_labels(model: GeneratedModel, *, unroll: bool) -> Job:
    arguments = {"spec": model.spec.to_plain(), "unroll": unroll, "limit": DIGITS}
    return Job("float_labels", arguments, {"weights": weights(model), "mnist": model.files["mnist"]})


def _int8_labels(model: GeneratedModel, kernels: str) -> Job:
    arguments = {"kernels": kernels, "limit": DIGITS}
    return Job("int8_labels", arguments, {"model": tflite(model), "mnist": model.files["mnist"]})


@cache
def weights(model: GeneratedModel) -> Field:
    if model.spec.weights is Weights.MNIST:
        return Field(Job("trained_weights", {}, {"content": model.files["weights"]}), "weights")
    if model.spec.weights is Weights.SLICE:
        arguments = {"spec": model.spec.to_plain(), "limit": SLICE_DIGITS}
        return Field(Job("training", arguments, {"mnist": model.files["mnist"]}), "weights")
    return Field(Job("weights", {"spec": model.spec.to_plain()}), "weights")


def _compilation(case: Case, model: File | Field) -> Job:
    own = {"config": case.config} if case.config else {}
    return Job("compilation", case.target.to_plain(), {"model": model, **own})


@cache
def _conversion(model: GeneratedModel, *, unroll: bool) -> Job:
    inputs: dict[str, Any] = {"weights": weights(model)}
    if "mnist" in model.files:
        inputs["mnist"] = model.files["mnist"]
    return Job("conversion", {"spec": model.spec.to_plain(), "unroll": unroll}, inputs)


@cache
def _looped_float(model: GeneratedModel) -> Field:
    arguments = {"spec": model.spec.to_plain(), "unroll": False}
    return Field(Job("float_conversion", arguments, {"weights": weights(model)}), "model")


def _generated(model: Model) -> GeneratedModel:
    if not isinstance(model, GeneratedModel):
        raise UsageError(f"{model.id} is a finished .tflite: there is no looped model to compare it with")
    return model


def _given(name: str, path: Path, store: Store, state_pairs: tuple[tuple[str, str], ...] | None) -> GivenModel:
    try:
        return GivenModel(name, path, store.add_file(path), state_pairs=state_pairs)
    except OSError as error:
        return GivenModel(name, path, None, f"cannot read {path}: {error.strerror}; name a .tflite that exists")


def _unique(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names, start=1)]
