"""TensorFlow against Vela for the guide's models, as Markdown: what runs on the CPU, estimates, and the error of int8.

Asks every installed toolchain (`python -m harness.toolchains install NAME...`); what is not installed is left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from harness.catalog import GUIDE
from harness.engine import Engine
from harness.evidence import Compilation, QuantizationErrors
from harness.outcome import Outcome
from harness.pool import Pool
from harness.questions import compilation, quantization
from harness.spec import Cell, RnnSpec
from harness.store import File, Store, default_root
from harness.subjects import Case, generated_model
from harness.target import Target, VelaConfig, choose_target
from harness.toolchain_choice import compiles_for
from harness.toolchains import Toolchain, builtin_toolchains, python_of

DATA = Path(__file__).resolve().parent.parent / "data"
CONFIG = VelaConfig.installed()
Row = list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cell", choices=[cell.value for cell in Cell], action="append")
    parser.add_argument("--accelerator", default="ethos-u55-128")
    asked = parser.parse_args()
    target = choose_target(CONFIG, asked.accelerator)
    engine = Engine(Store(default_root()), Pool())
    config = engine.store.add_file(CONFIG.path)
    installed = [None, *(one for one in builtin_toolchains().values() if python_of(one))]
    cells = asked.cell or [Cell.GRU.value, Cell.LSTM.value]
    for spec in (spec for spec in GUIDE if spec.cell.value in cells and not spec.is_fused):
        print(f"\n{spec.id}, {target}: operators on the CPU / NPU segments / estimated ms\n")
        for row in _table(engine, spec, target, config, installed):
            print("| " + " | ".join(row) + " |", flush=True)
    engine.close()


def _table(
    engine: Engine, spec: RnnSpec, target: Target, config: File, installed: list[Toolchain | None]
) -> Iterator[Row]:
    velas = [one for one in installed if compiles_for(one, target.family)]
    yield ["converted by", "SQNR, output", *(f"Vela of {_name(one)}" for one in velas)]
    yield ["---"] * (2 + len(velas))
    for builder in (one for one in installed if one is None or one.keras):
        model = generated_model(spec, DATA, engine.store, builder)
        cases = [Case(model, target, None if vela is None else config, vela) for vela in velas]
        futures = engine.submit_all([quantization(model), *map(compilation, cases)])
        error, *compiled = (future.result() for future in futures)
        yield [_name(builder), _sqnr(error), *map(_told, compiled)]


def _name(toolchain: Toolchain | None) -> str:
    if toolchain is None:
        return "today"
    return f"{toolchain.name} ({', '.join(filter(None, (toolchain.tensorflow, toolchain.vela)))})"


def _sqnr(outcome: Outcome) -> str:
    if not outcome.done:
        return outcome.sentence
    return f"{QuantizationErrors.from_plain(outcome.value).errors['litert_reference']['output'].sqnr_db:.1f} dB"


def _told(outcome: Outcome) -> str:
    if not outcome.done:
        return outcome.sentence
    found = Compilation.from_plain(outcome.value)
    return f"{len(found.on_cpu)} / {found.segments} / {found.estimate.ms:.2f}"


if __name__ == "__main__":
    main()
