"""The jobs that make: weights, converted models and compiled models, each in the toolchain that is asked about."""

from __future__ import annotations

from functools import cache
from typing import Any

from harness.errors import UsageError
from harness.jobs import Field, Job
from harness.spec import Weights
from harness.store import File
from harness.subjects import Case, GeneratedModel
from harness.toolchains import Toolchain

SLICE_DIGITS = 12_800


@cache
def weights(model: GeneratedModel) -> Field:
    """One set of weights for the models of all toolchains, and of random ones for all lengths and state styles."""
    if model.spec.weights is Weights.MNIST:
        return Field(Job("trained_weights", {}, {"content": model.files["weights"]}), "weights")
    if model.spec.weights is Weights.SLICE:
        arguments = {"spec": model.spec.unfused.to_plain(), "limit": SLICE_DIGITS}
        return Field(Job("training", arguments, {"mnist": model.files["mnist"]}), "weights")
    return Field(Job("weights", {"spec": model.spec.shortest.to_plain()}), "weights")


def compiled(case: Case, model: File | Field) -> Job:
    """A .tflite compiled for the target of a case, by the Vela that the case names."""
    if case.vela is not None:
        return _foreign_compilation(case, case.vela, model)
    own = {"config": case.config} if case.config else {}
    return Job("compilation", case.target.to_plain(), {"model": model, **own})


def _foreign_compilation(case: Case, vela: Toolchain, model: File | Field) -> Job:
    """By the Vela of another toolchain, on the same system: the first ones bring no vela.ini of their own."""
    if case.config is None:
        raise UsageError(f"{case.id} needs the vela.ini that {vela.name} is to compile with")
    written = Job("foreign_compilation", case.target.to_plain(), {"model": model, "config": case.config}, vela)
    fields = {"compiled": "model", "summary": "summary", "printed": "printed"}
    told = {name: Field(written, field) for name, field in fields.items()}
    return Job("foreign_placement", {"version": vela.vela}, {"source": model, **told})


@cache
def converted(model: GeneratedModel, *, unroll: bool) -> Job:
    """A model quantized by the converter of its toolchain."""
    inputs: dict[str, Any] = {"weights": weights(model), **digits(model)}
    style = "fused_conversion" if model.spec.is_fused else "conversion"
    arguments = {"spec": model.spec.to_plain(), **({} if model.spec.is_fused else {"unroll": unroll})}
    if model.toolchain is None:
        return Job(style, arguments, inputs)
    return _named(Job(f"foreign_{style}", arguments, inputs, model.toolchain), "model", "names", "calibration")


def digits(model: GeneratedModel) -> dict[str, File]:
    """MNIST, for a model whose data it is."""
    return {"mnist": model.files["mnist"]} if "mnist" in model.files else {}


@cache
def looped_float(model: GeneratedModel) -> Field:
    """The looped model in float32."""
    arguments = {"spec": model.spec.to_plain(), "unroll": False}
    inputs: dict[str, Any] = {"weights": weights(model)}
    if model.toolchain is None:
        return Field(Job("float_conversion", arguments, inputs), "model")
    unnamed = Job("foreign_float_conversion", arguments, inputs, model.toolchain)
    return Field(_named(unnamed, "model", "names"), "model")


def _named(conversion: Job, *fields: str) -> Job:
    """What a foreign toolchain converted, its interface named by the tools of this one."""
    return Job("naming", {}, {name: Field(conversion, name) for name in fields})


def guide_model(model: GeneratedModel) -> Field:
    """The model as the guide's own code converts it."""
    inputs: dict[str, Any] = {"weights": weights(model), "mnist": model.files["mnist"]}
    return Field(Job("guide_conversion", {"spec": model.spec.to_plain()}, inputs, model.toolchain), "model")
