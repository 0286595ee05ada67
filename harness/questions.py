"""The jobs that answer a question about a model, generated or given, and a target."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from harness import given
from harness.errors import UsageError
from harness.given import Beside
from harness.jobs import Field, Job
from harness.making import compiled, converted, digits, guide_model, looped_float, weights
from harness.store import File
from harness.subjects import Case, GeneratedModel, GivenModel, Model

SAMPLES = 2
WINDOWS = 2


@cache
def tflite(model: Model) -> File | Field:
    """The quantized .tflite that is judged: for one that is made here, after the exact repairs."""
    if isinstance(model, GeneratedModel) or _source(model):
        return Field(repair(model), "model")
    if model.file is None:
        raise UsageError(model.problem or f"{model.id} is a Keras model: it needs representative data")
    return model.file


def inspection(model: Model) -> Job:
    return Job("inspection", {}, {"model": tflite(model)})


def compilation(case: Case) -> Job:
    return compiled(case, tflite(case.model))


def compiled_inspection(case: Case) -> Job:
    """What Vela wrote."""
    return Job("inspection", {}, {"model": Field(compilation(case), "model")})


def conversion(model: Model) -> Job:
    if isinstance(model, GivenModel):
        return given.keras_conversion(beside(model))
    return converted(model, unroll=True)


@cache
def repair(model: Model) -> Job:
    return Job("repair", {}, {"model": Field(conversion(model), "model")})


@cache
def state_repair(model: GeneratedModel) -> Job:
    """The exact repairs, and a QUANTIZE on each state output that differs from its input."""
    return Job("repair", {"states": True}, {"model": Field(conversion(model), "model")})


def state_repaired(model: GeneratedModel) -> Field:
    """The .tflite whose state bytes may be copied."""
    return Field(state_repair(model), "model")


def contract(model: Model) -> Job:
    return Job("contract", _named_pairs(model), {"model": tflite(model)})


def copying(model: Model) -> Job:
    return Job("copying", _named_pairs(model), {"model": tflite(model)})


def _named_pairs(model: Model) -> dict[str, Any]:
    named = model.state_pairs if isinstance(model, GivenModel) else None
    return {} if named is None else {"pairs": [list(pair) for pair in named]}


def state_effect(model: GeneratedModel) -> Job:
    """What the QUANTIZE on every state output changes, run on each set of kernels."""
    return Job("state_effect", {}, {"before": tflite(model), "after": _state_quantized(model)})


def state_quantized_compilation(case: Case) -> Job:
    return compiled(case, _state_quantized(_generated(case.model)))


def converted_inspection(model: GeneratedModel) -> Job:
    """The model as the converter wrote it, before any repair."""
    return Job("inspection", {}, {"model": Field(conversion(model), "model")})


@cache
def _state_quantized(model: GeneratedModel) -> Field:
    """With a QUANTIZE on every state output, equal or not: what it costs and changes at most."""
    return Field(
        Job("repair", {"states": True, "equal_too": True}, {"model": Field(conversion(model), "model")}), "model"
    )


def unrolling(model: GivenModel) -> Job:
    return given.unrolling(beside(model))


def float_error(model: GivenModel) -> Job:
    return given.float_error(beside(model), tflite(model))


def metric(model: GivenModel) -> Job:
    return given.metric(beside(model), tflite(model))


def beside(model: GivenModel) -> Beside:
    """What stands beside a given model."""
    if model.beside is None:
        raise UsageError(f"nothing stands beside {model.id}: no float model, no data")
    return model.beside


def operators(model: Model) -> Job:
    return Job("operators", {}, {"model": tflite(model)})


@cache
def references(model: Model) -> Job:
    return Job("references", _named_pairs(model), {"model": tflite(model)})


def execution(case: Case) -> Job:
    inputs = {"model": Field(compilation(case), "model"), "expected": Field(references(case.model), "expected")}
    return Job("execution", {}, inputs)


def quantization(model: GeneratedModel) -> Job:
    inputs: dict[str, Any] = {"weights": weights(model), "model": tflite(model), **digits(model)}
    stage = "fused_quantization" if model.spec.is_fused else "quantization"
    return Job(stage, {"spec": model.spec.to_plain()}, inputs)


def unrolled_quantization(model: GeneratedModel) -> Job:
    """Of the unrolled model with the weights of a fused one, on the same sequences."""
    return quantization(GeneratedModel(model.spec.unfused, model.files, model.toolchain))


def resets(model: Model) -> Job:
    """What a model keeps in variables from one inference to the next."""
    return Job("resets", {}, {"model": tflite(model)})


def fused_outputs(model: GeneratedModel) -> Job:
    """On the inputs of `float_outputs`."""
    inputs = {"weights": weights(model), "inputs": Field(float_outputs(model), "inputs")}
    return Job("fused_outputs", {"spec": model.spec.to_plain()}, inputs)


def streaming(model: GeneratedModel) -> Job:
    inputs = {"weights": weights(model), "model": tflite(model), "mended": state_repaired(model)}
    return Job("streaming", {"spec": model.spec.to_plain()}, inputs)


@cache
def float_outputs(model: GeneratedModel) -> Job:
    arguments = {"spec": model.spec.unfused.to_plain(), "samples": SAMPLES}
    return Job("float_outputs", arguments, {"weights": weights(model)}, model.toolchain)


def oracle(model: GeneratedModel) -> Job:
    inputs = {"weights": weights(model), "inputs": Field(float_outputs(model), "inputs")}
    return Job("oracle", {"spec": model.spec.unfused.to_plain()}, inputs)


def float_windows(model: GeneratedModel) -> Job:
    arguments = {"spec": model.spec.to_plain(), "samples": SAMPLES, "windows": WINDOWS}
    return Job("float_windows", arguments, {"weights": weights(model)}, model.toolchain)


def window_oracle(model: GeneratedModel) -> Job:
    spec = replace(model.spec, time_steps=model.spec.time_steps * WINDOWS).to_plain()
    inputs = {"weights": weights(model), "inputs": Field(float_windows(model), "inputs")}
    return Job("oracle", {"spec": spec}, inputs)


def looped_int8_inspection(model: GeneratedModel) -> Job:
    return Job("inspection", {}, {"model": Field(converted(model, unroll=False), "model")})


def looped_inspection(model: GeneratedModel) -> Job:
    return Job("inspection", {}, {"model": looped_float(model)})


def looped_compilation(case: Case) -> Job:
    return compiled(case, looped_float(_generated(case.model)))


def guide_inspection(model: GeneratedModel) -> Job:
    """The model as the guide's own code converts it, in the toolchain of the model."""
    return Job("inspection", {}, {"model": guide_model(model)})


def guide_compilation(case: Case) -> Job:
    return compiled(case, guide_model(_generated(case.model)))


def _generated(model: Model) -> GeneratedModel:
    if not isinstance(model, GeneratedModel):
        raise UsageError(f"{model.id} is a finished .tflite: there is no looped model to compare it with")
    return model


def _source(model: GivenModel) -> bool:
    return model.beside is not None and model.beside.source is not None
