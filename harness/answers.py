"""The kinds of evidence that a claim can ask for, and the question that each answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from harness import digit_questions, questions
from harness.evidence import (
    Compilation,
    Contract,
    CopiedBytes,
    Execution,
    FloatOutputs,
    FusedOutputs,
    Labels,
    Metric,
    ModelView,
    Oracle,
    Predictions,
    QuantizationErrors,
    Repair,
    ResetEffect,
    StateEffect,
    Streaming,
    Unrolling,
)
from harness.jobs import Job


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a fixture of this name gives: which job answers it, how its result is read, and what it is about."""

    about: Literal["model", "case"]
    job: Callable[[Any], Job]
    read: Callable[[Any], object]


EVIDENCE = {
    "view": Evidence("model", questions.inspection, ModelView.from_plain),
    "compilation": Evidence("case", questions.compilation, Compilation.from_plain),
    "compiled_view": Evidence("case", questions.compiled_inspection, ModelView.from_plain),
    "converted_view": Evidence("model", questions.converted_inspection, ModelView.from_plain),
    "copied_bytes": Evidence("model", questions.copying, CopiedBytes.from_plain),
    "contract": Evidence("model", questions.contract, Contract.from_plain),
    "state_repair": Evidence("model", questions.state_repair, Repair.from_plain),
    "state_effect": Evidence("model", questions.state_effect, StateEffect.from_plain),
    "state_quantized_compilation": Evidence("case", questions.state_quantized_compilation, Compilation.from_plain),
    "repair": Evidence("model", questions.repair, Repair.from_plain),
    "float_outputs": Evidence("model", questions.float_outputs, FloatOutputs.from_plain),
    "fused_outputs": Evidence("model", questions.fused_outputs, FusedOutputs.from_plain),
    "resets": Evidence("model", questions.resets, ResetEffect.from_plain),
    "oracle": Evidence("model", questions.oracle, Oracle.from_plain),
    "execution": Evidence("case", questions.execution, Execution.from_plain),
    "operators": Evidence("model", questions.operators, Predictions.from_plain),
    "quantization": Evidence("model", questions.quantization, QuantizationErrors.from_plain),
    "unrolled_quantization": Evidence("model", questions.unrolled_quantization, QuantizationErrors.from_plain),
    "streaming": Evidence("model", questions.streaming, Streaming.from_plain),
    "unrolling": Evidence("model", questions.unrolling, Unrolling.from_plain),
    "float_error": Evidence("model", questions.float_error, QuantizationErrors.from_plain),
    "metric": Evidence("model", questions.metric, Metric.from_plain),
    "float_windows": Evidence("model", questions.float_windows, FloatOutputs.from_plain),
    "window_oracle": Evidence("model", questions.window_oracle, Oracle.from_plain),
    "looped_view": Evidence("model", questions.looped_inspection, ModelView.from_plain),
    "looped_compilation": Evidence("case", questions.looped_compilation, Compilation.from_plain),
    "looped_int8_view": Evidence("model", questions.looped_int8_inspection, ModelView.from_plain),
    "looped_labels": Evidence("model", digit_questions.looped_labels, Labels.from_plain),
    "unrolled_labels": Evidence("model", digit_questions.unrolled_labels, Labels.from_plain),
    "reference_labels": Evidence("model", digit_questions.reference_labels, Labels.from_plain),
    "default_labels": Evidence("model", digit_questions.default_labels, Labels.from_plain),
    "guide_view": Evidence("model", questions.guide_inspection, ModelView.from_plain),
    "guide_labels": Evidence("model", digit_questions.guide_labels, Labels.from_plain),
    "guide_compilation": Evidence("case", questions.guide_compilation, Compilation.from_plain),
    "npu_labels": Evidence("model", digit_questions.npu_labels, Labels.from_plain),
    "unreset_labels": Evidence("model", digit_questions.unreset_labels, Labels.from_plain),
    "raw_labels": Evidence("model", digit_questions.raw_labels, Labels.from_plain),
    "reset_labels": Evidence("model", digit_questions.reset_labels, Labels.from_plain),
}
