"""The executor of command streams beside LiteRT's reference kernels: both in one run on one core, in turns."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH, TURNS, REFERENCE_RUNS, DIGITS = 256, 7, 32, 10_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accelerator", default="ethos-u55-128")
    parser.add_argument("--measure", nargs=3, metavar=("NAME", "SOURCE", "COMPILED"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        _measure(asked.measure[0], *(Path(path).read_bytes() for path in asked.measure[1:]))
        return
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        for name in _build(asked.accelerator, Path(folder)):
            files = [str(Path(folder) / f"{name}.{part}") for part in ("source", "compiled")]
            subprocess.run([sys.executable, __file__, "--measure", name, *files], env=environment, check=True)


def _build(accelerator: str, folder: Path) -> list[str]:
    """Write each model of the guide without states as SOURCE and COMPILED; returns their names."""
    from harness import plain, questions
    from harness.catalog import GUIDE
    from harness.engine import Engine
    from harness.pool import Pool
    from harness.spec import StateStyle
    from harness.store import Store, default_root
    from harness.subjects import Case, generated_model
    from harness.target import VelaConfig, choose_target

    store = Store(default_root())
    engine, target = Engine(store, Pool()), choose_target(VelaConfig.installed(), accelerator)
    models = [generated_model(spec, ROOT / "data", store) for spec in GUIDE if spec.state is StateStyle.NONE]
    for model in models:
        jobs = {"source": questions.repair(model), "compiled": questions.compilation(Case(model, target))}
        for part, job in jobs.items():
            outcome = engine.observe(job)
            if not outcome.done:
                raise SystemExit(outcome.sentence)
            content = plain.load(store.entry_path(outcome.key))["value"]["model"]
            (folder / f"{model.id}.{part}").write_bytes(content)
    engine.close()
    return [model.id for model in models]


def _measure(name: str, source: bytes, compiled: bytes) -> None:
    import numpy as np

    from harness import kernels
    from harness.npu import Executor, load

    interpreter = kernels.load(source, "litert_reference")
    inputs = np.random.default_rng(0).integers(-128, 128, (BATCH, 28, 28)).astype(np.int8)
    loading = _seconds(lambda: Executor(load(compiled)))
    executor = Executor(load(compiled))
    ours, theirs = [], []
    for _ in range(TURNS):
        ours.append(_seconds(lambda: executor.run({"input": inputs})) / BATCH)
        rows = inputs[:REFERENCE_RUNS]
        theirs.append(_seconds(lambda rows=rows: [interpreter.invoke({"input": row}) for row in rows]) / len(rows))
    many = np.resize(inputs, (DIGITS, *inputs.shape[1:]))
    digits = _seconds(lambda: executor.run({"input": many}))
    first, second = (float(np.median(times)) * 1e3 for times in (ours, theirs))
    print(
        f"{name}: executor {first:.2f} ms an inference in a batch of {BATCH}, LiteRT reference {second:.2f} ms, "
        f"ratio {first / second:.2f}; loading and decoding {loading:.2f} s; {DIGITS:,} inferences {digits:.1f} s"
    )


def _seconds(work: Callable[[], object]) -> float:
    """Processor time, so that other processes on the machine count less."""
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
