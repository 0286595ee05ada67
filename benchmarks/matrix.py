"""The standard matrix both ways, in one go on the same models: wall time, processor use, resident memory, verdicts.

Ours runs three times: cold in two stores, whose verdicts must be the same, and warm in the first of them. Half of the
notebook way comes before each cold run: a machine that grows slower or faster does so for both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count as number
from math import gcd
from pathlib import Path
from statistics import fmean

import psutil

from harness import plain
from harness.catalog import MATRICES, grid
from harness.pool import resident_bytes
from harness.spec import RnnSpec

Costs = dict[str, dict[str, float]]
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Run:
    """One command: wall seconds, processor seconds of all its processes over wall seconds, largest resident memory."""

    seconds: float
    cores_busy: float
    peak_mib: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="how many models, spread over the matrix; 0: all")
    asked = parser.parse_args()
    matrix = MATRICES["standard"]
    specs = grid(matrix.units, matrix.time_steps)
    chosen = _spread(specs, asked.sample) if asked.sample else specs
    with tempfile.TemporaryDirectory() as name:
        first, second = Path(name) / "first", Path(name) / "second"
        notebook = [_notebook(spec) for spec in chosen[::2]]
        cold = _ours(chosen, first, len(specs))
        costs, verdicts = _costs(first), _verdicts(first)
        notebook += [_notebook(spec) for spec in chosen[1::2]]
        again, warm = _ours(chosen, second, len(specs)), _ours(chosen, first, len(specs))
        changed = sorted(_verdicts(second) ^ verdicts)
    in_all = sum(run.seconds for run in notebook)
    busy = sum(run.seconds * run.cores_busy for run in notebook) / in_all
    _tell("notebook way", Run(in_all, busy, max(run.peak_mib for run in notebook)), len(chosen))
    _tell("ours, cold", cold, len(chosen))
    _tell("ours, cold again", again, len(chosen))
    _tell("ours, warm", warm, len(chosen))
    print(f"ratio cold: {in_all / fmean((cold.seconds, again.seconds)):.1f}")
    _tell_costs(costs, chosen)
    in_turns = [*chosen[::2], *chosen[1::2]]
    seconds = dict(zip((spec.id for spec in in_turns), (run.seconds for run in notebook), strict=True))
    print("notebook way" + "".join(f"; {name} {_means(seconds, chosen, name)}" for name in ("units", "time_steps")))
    print(f"{len(verdicts):,} verdicts; changed in the second cold run: {changed or 'none'}")
    if changed:
        raise SystemExit(1)


def _spread(specs: tuple[RnnSpec, ...], count: int) -> tuple[RnnSpec, ...]:
    """So many models with every value of every axis: a step that divides the matrix would leave out some."""
    step = next(step for step in number(len(specs) // count) if gcd(step, len(specs)) == 1)
    return tuple(specs[place * step % len(specs)] for place in range(min(count, len(specs))))


def _verdicts(folder: Path) -> set[tuple[str, str, str]]:
    """Subject, test and outcome of every claim of a report."""
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    subjects = [*report["models"], *report["cases"]]
    return {(subject["id"], claim["test"], claim["outcome"]) for subject in subjects for claim in subject["claims"]}


def _costs(folder: Path) -> Costs:
    """Processor seconds of the children, by stage and model; what no claim reads itself counts as `conversion`."""
    report = json.loads((folder / "report" / "report.json").read_text(encoding="utf-8"))
    asked = {
        e["key"]: (e["stage"], subject["id"].partition("-")[0])
        for subject in [*report["models"], *report["cases"]]
        for claim in subject["claims"]
        for e in claim["evidence"]
    }
    costs: Costs = {}
    for path in (folder / "store" / "entries").rglob("*"):
        if path.is_file():
            stage, model = asked.get(path.name, ("weights, conversion, repair", ""))
            of_stage = costs.setdefault(stage, {})
            of_stage[model] = of_stage.get(model, 0) + plain.load(path, blobs=False)["cost"]["cpu_seconds"]
    return costs


def _tell_costs(costs: Costs, specs: tuple[RnnSpec, ...]) -> None:
    """The seconds of each stage, and the mean of a model by units and by time steps."""
    for stage, by_model in sorted(costs.items(), key=lambda item: -sum(item[1].values())):
        growth = "".join(f"; {name} {_means(by_model, specs, name)}" for name in ("units", "time_steps"))
        print(f"  {stage}: {sum(by_model.values()):.1f} CPU s" + (growth if "" not in by_model else ""))


def _means(seconds: dict[str, float], specs: Sequence[RnnSpec], name: str) -> str:
    values = sorted({getattr(spec, name) for spec in specs})
    groups = {value: [seconds.get(spec.id, 0) for spec in specs if getattr(spec, name) == value] for value in values}
    return ", ".join(f"{value}: {fmean(group):.2f}" for value, group in groups.items())


def _notebook(spec: RnnSpec) -> Run:
    return _run(
        [sys.executable, str(ROOT / "benchmarks" / "notebook_way.py"), json.dumps(spec.to_plain())],
        {"CUDA_VISIBLE_DEVICES": "-1"},
    )


def _ours(specs: tuple[RnnSpec, ...], folder: Path, everything: int) -> Run:
    """The matrix claims on the same models; a sample is chosen by name, with -k, the whole by leaving out the rest."""
    command = [sys.executable, "-m", "pytest", "tests/verification", "-q", "--npu-matrix=standard"]
    command += [f"--npu-report-dir={folder / 'report'}", "-p", "no:cacheprovider"]
    names = " or ".join(spec.id for spec in specs)
    chosen = "not mnist and not u32 and not slice" if len(specs) == everything else f"({names}) and not mnist"
    return _run([*command, "-k", chosen], {"HARNESS_STORE": str(folder / "store")})


def _run(command: list[str], environment: dict[str, str]) -> Run:
    began, before = time.monotonic(), os.times()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**_kept_bytecode(), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peaks = [0]
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks))
    watcher.start()
    if process.wait() != 0:
        raise SystemExit(f"failed: {command}")
    watcher.join()
    seconds, after = time.monotonic() - began, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return Run(seconds, used / seconds, peaks[0] / 2**20)


def _kept_bytecode() -> dict[str, str]:
    """The environment of both sides: Python keeps what it compiled, as it does by default."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _watch(pid: int, peaks: list[int]) -> None:
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        peaks[0] = max(peaks[0], resident_bytes(pid))
        time.sleep(1)  # to look takes milliseconds, of which only the side that uses all cores has none to spare


def _tell(name: str, run: Run, models: int) -> None:
    each = run.seconds / models
    print(f"{name}: {run.seconds:.1f} s, {each:.2f} s a model, {run.cores_busy:.2f} cores busy, {run.peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
