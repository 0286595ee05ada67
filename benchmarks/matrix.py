"""The standard matrix both ways, in one go on the same models: wall time, processor use, resident memory."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.catalog import MATRICES, grid
from harness.pool import resident_bytes
from harness.spec import RnnSpec

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
    chosen = specs[:: max(1, len(specs) // asked.sample)] if asked.sample else specs
    with tempfile.TemporaryDirectory() as folder:
        notebook = [_notebook(spec) for spec in chosen]
        cold, warm = (_ours(chosen, Path(folder), len(specs)) for _ in range(2))
    _tell("notebook way", Run(sum(r.seconds for r in notebook), 0, max(r.peak_mib for r in notebook)), len(chosen))
    _tell("ours, cold", cold, len(chosen))
    _tell("ours, warm", warm, len(chosen))
    print(f"ratio cold: {sum(r.seconds for r in notebook) / cold.seconds:.1f}")


def _notebook(spec: RnnSpec) -> Run:
    return _run(
        [sys.executable, str(ROOT / "benchmarks" / "notebook_way.py"), json.dumps(spec.to_plain())],
        {"CUDA_VISIBLE_DEVICES": "-1"},
    )


def _ours(specs: tuple[RnnSpec, ...], folder: Path, everything: int) -> Run:
    """The matrix claims on the same models; a sample is chosen by name, with -k."""
    command = [sys.executable, "-m", "pytest", "tests/verification", "-q", "--npu-matrix=standard"]
    command += [f"--npu-report-dir={folder / 'report'}", "-p", "no:cacheprovider"]
    names = " or ".join(spec.id for spec in specs)
    chosen = "not mnist and not slice" if len(specs) == everything else f"({names}) and not mnist"
    return _run([*command, "-k", chosen], {"HARNESS_STORE": str(folder / "store")})


def _run(command: list[str], environment: dict[str, str]) -> Run:
    began, before = time.monotonic(), os.times()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
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


def _watch(pid: int, peaks: list[int]) -> None:
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        peaks[0] = max(peaks[0], resident_bytes(pid))
        time.sleep(0.2)


def _tell(name: str, run: Run, models: int) -> None:
    each = run.seconds / models
    print(f"{name}: {run.seconds:.1f} s, {each:.2f} s a model, {run.cores_busy:.2f} cores busy, {run.peak_mib:.0f} MiB")


if __name__ == "__main__":
    main()
