"""The jobs that classify the MNIST test digits: by float models, by .tflite files on named kernels, and compiled."""

from __future__ import annotations

from typing import Any

from harness.jobs import Field, Job
from harness.making import guide_model, weights
from harness.questions import compilation, tflite
from harness.subjects import Case, GeneratedModel
from harness.target import DEFAULT_ACCELERATORS, VelaConfig, choose_target

DIGITS = 10_000
STREAMED_DIGITS = 1000
"""For the ways of handing a state over that are shown, not judged; `benchmarks/mnist_streaming.py` asks for all."""


def looped_labels(model: GeneratedModel) -> Job:
    return _float_labels(model, unroll=False)


def unrolled_labels(model: GeneratedModel) -> Job:
    return _float_labels(model, unroll=True)


def reference_labels(model: GeneratedModel) -> Job:
    return _int8_labels(model, "litert_reference")


def default_labels(model: GeneratedModel) -> Job:
    return _int8_labels(model, "litert_default")


def guide_labels(model: GeneratedModel) -> Job:
    """The digits as the guide's own code classifies them."""
    inputs: dict[str, Any] = {"model": guide_model(model), "mnist": model.files["mnist"]}
    return Job("guide_labels", {"limit": DIGITS}, inputs, model.toolchain)


def npu_labels(model: GeneratedModel) -> Job:
    """On the guide's accelerator, whatever targets are asked about: the arithmetic is that of all of them."""
    case = Case(model, choose_target(VelaConfig.installed(), DEFAULT_ACCELERATORS[0]))
    inputs: dict[str, Any] = {"model": Field(compilation(case), "model"), "mnist": model.files["mnist"]}
    return Job("npu_labels", {"limit": DIGITS}, inputs)


def unreset_labels(model: GeneratedModel) -> Job:
    """Of a model that keeps its state in variables, which nobody resets between digits."""
    return window_labels(model, "unreset", STREAMED_DIGITS)


def raw_labels(model: GeneratedModel) -> Job:
    return window_labels(model, "raw", STREAMED_DIGITS)


def reset_labels(model: GeneratedModel) -> Job:
    return window_labels(model, "reset", STREAMED_DIGITS)


def window_labels(model: GeneratedModel, feedback: str, digits: int) -> Job:
    """Digits in windows, the states handed over by a way of `harness.feedback.HAND_OVERS`."""
    return _int8_labels(model, "litert_default", digits, feedback=feedback)


def _float_labels(model: GeneratedModel, *, unroll: bool) -> Job:
    arguments = {"spec": model.spec.unfused.to_plain(), "unroll": unroll, "limit": DIGITS}
    return Job("float_labels", arguments, {"weights": weights(model), "mnist": model.files["mnist"]}, model.toolchain)


def _int8_labels(model: GeneratedModel, kernels: str, digits: int = DIGITS, **further: str) -> Job:
    arguments = {"kernels": kernels, "limit": digits, **further}
    return Job("int8_labels", arguments, {"model": tflite(model), "mnist": model.files["mnist"]})
