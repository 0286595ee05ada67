"""The tables of README about states, repairs, int16x8 and the fused LSTM: `python benchmarks/tables.py NAME`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.catalog import FUSED, FUSED_GUIDE, GUIDE, STREAMING, STREAMING_TIME_STEPS
from harness.digit_questions import DIGITS, window_labels
from harness.engine import Engine
from harness.evidence import Compilation, Labels, ModelView, QuantizationErrors
from harness.jobs import Field, Job
from harness.metrics import agreement
from harness.pool import Pool
from harness.questions import (
    compilation,
    conversion,
    inspection,
    quantization,
    state_quantized_compilation,
)
from harness.selection import TargetQuery, find_targets
from harness.spec import Cell, Quantization, RnnSpec, StateStyle, Weights
from harness.store import Store, default_root
from harness.subjects import Case, GeneratedModel, generated_model
from harness.target import Target, VelaConfig

DATA = Path(__file__).resolve().parent.parent / "data"
REFERENCE = "litert_reference"
CONFIG = VelaConfig.installed()
SHORT = tuple(spec for spec in STREAMING if spec.time_steps == STREAMING_TIME_STEPS[1])
LARGE = tuple(replace(spec, weights=Weights.RANDOM) for spec in GUIDE if spec.state is StateStyle.TRANSFER)
Row = list[str]


def int16x8(engine: Engine) -> Iterator[Row]:
    """What int16x8 costs beside int8, on the three default targets, and what it gains on reference kernels."""
    yield ["model", "target", "operators on the CPU", "cycles", "SRAM, bytes", "behind it, bytes", "SQNR, dB"]
    for spec in (*SHORT, *LARGE):
        models = [_model(replace(spec, quantization=quantization)) for quantization in Quantization]
        errors = [QuantizationErrors.from_plain(_value(engine, quantization(model))) for model in models]
        for target in find_targets(CONFIG, TargetQuery()):
            narrow, wide = (_compiled(engine, compilation(Case(model, target))) for model in models)
            yield [
                models[0].id.removesuffix("_int8"),
                target.accelerator,
                _both(len(narrow.on_cpu), len(wide.on_cpu)),
                _both(narrow.estimate.total_cycles, wide.estimate.total_cycles),
                _both(narrow.estimate.sram_used_bytes, wide.estimate.sram_used_bytes),
                _both(narrow.estimate.flash_used_bytes, wide.estimate.flash_used_bytes),
                "; ".join(
                    f"{name} {errors[0].errors[REFERENCE][name].sqnr_db:.1f} / {error.sqnr_db:.1f}"
                    for name, error in errors[1].errors[REFERENCE].items()
                ),
            ]


def repairs(engine: Engine) -> Iterator[Row]:
    """The error of a GRU before and after its biases are mended, in int16x8."""
    yield ["model", "output", "kernels", "as converted, dB", "repaired, dB"]
    grus = [spec for spec in (*STREAMING, *LARGE) if spec.cell is Cell.GRU and spec.time_steps > 1]
    for spec in grus:
        model = _model(replace(spec, quantization=Quantization.INT16X8))
        job = quantization(model)
        raw = replace(job, inputs={**job.inputs, "model": Field(conversion(model), "model")})
        before, after = (QuantizationErrors.from_plain(_value(engine, each)) for each in (raw, job))
        for kernels in (REFERENCE, "litert_default"):
            for name, error in after.errors[kernels].items():
                yield [model.id, name, kernels, f"{before.errors[kernels][name].sqnr_db:.1f}", f"{error.sqnr_db:.1f}"]


def fused(engine: Engine) -> Iterator[Row]:
    """LSTM as one operator beside the unrolled one of the same weights; digits with and without resets."""
    targets = find_targets(CONFIG, TargetQuery())
    yield ["model", *(f"{target.accelerator}, ms" for target in targets), ".tflite, bytes", "SQNR, dB", "digits"]
    for spec in (FUSED, FUSED_GUIDE):
        for each in (spec.unfused, spec):
            model = generated_model(each, DATA, engine.store)
            errors = QuantizationErrors.from_plain(_value(engine, quantization(model)))
            yield [
                model.id,
                *(f"{_compiled(engine, compilation(Case(model, target))).estimate.ms:.3f}" for target in targets),
                f"{ModelView.from_plain(_value(engine, inspection(model))).size_bytes:,}",
                f"{errors.errors[REFERENCE]['output'].sqnr_db:.1f}",
                ", ".join(_digits(engine, model)) if model.files else "-",
            ]


def _digits(engine: Engine, model: GeneratedModel) -> Iterator[str]:
    for way in ("contract", "unreset") if model.spec.is_fused else ("contract",):
        labels = Labels.from_plain(_value(engine, window_labels(model, way, DIGITS)))
        low, high = agreement(labels.labels, labels.expected).wilson()
        words = "without resets" if way == "unreset" else "each after a reset"
        yield f"{agreement(labels.labels, labels.expected).value:.2%} [{low:.2%}, {high:.2%}] {words}"


def states(engine: Engine) -> Iterator[Row]:
    """Cycles that a QUANTIZE on each state output adds, in percent, on every accelerator."""
    models = [_model(spec) for spec in STREAMING]
    yield ["accelerator", *(model.id.removesuffix("_int8") for model in models)]
    for target in find_targets(CONFIG, TargetQuery(accelerator=("*",))):
        yield [target.accelerator, *(_cost(engine, model, target) for model in models)]


def _cost(engine: Engine, model: GeneratedModel, target: Target) -> str:
    case = Case(model, target)
    before, after = (_compiled(engine, job(case)) for job in (compilation, state_quantized_compilation))
    on_cpu = f" ({len(after.on_cpu)} on the CPU)" if after.on_cpu else ""
    return f"{100 * (after.estimate.total_cycles / before.estimate.total_cycles - 1):+.1f}{on_cpu}"


def _model(spec: RnnSpec) -> GeneratedModel:
    return GeneratedModel(spec, {})


def _compiled(engine: Engine, job: Job) -> Compilation:
    return Compilation.from_plain(_value(engine, job))


def _value(engine: Engine, job: Job) -> dict[str, object]:
    outcome = engine.observe(job)
    if not outcome.done:
        raise SystemExit(outcome.sentence)
    value: dict[str, object] = outcome.value
    return value


def _both(narrow: float, wide: float) -> str:
    return f"{narrow:,.0f} / {wide:,.0f}" + (f" ({wide / narrow:.2f}x)" if narrow else "")


TABLES: dict[str, Callable[[Engine], Iterator[Row]]] = {
    "fused": fused,
    "int16x8": int16x8,
    "repairs": repairs,
    "states": states,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=TABLES)
    engine = Engine(Store(default_root()), Pool())
    try:
        for place, row in enumerate(TABLES[parser.parse_args().name](engine)):
            print("| " + " | ".join(row) + " |")
            if place == 0:
                print("|" + "---|" * len(row))
    finally:
        engine.close()


if __name__ == "__main__":
    main()
