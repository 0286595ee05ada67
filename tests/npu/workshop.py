"""Makes what the tests need, once and in children: models compiled by Vela, outputs of LiteRT."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
SAMPLES = 40

HIGH_END = ("Ethos_U55_High_End_Embedded", "Shared_Sram")
U65 = ("Ethos_U65_High_End", "Dedicated_Sram")
U85 = ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram")
TARGETS = {
    "u55-32": HIGH_END,
    "u55-64": HIGH_END,
    "u55-128": HIGH_END,
    "u55-256": HIGH_END,
    "u65-256": U65,
    "u65-512": U65,
    "u85-128": U85,
    "u85-256": U85,
    "u85-512": U85,
    "u85-1024": U85,
    "u85-2048": U85,
}


@dataclass(frozen=True)
class Expected:
    """Inputs and the outputs of the reference kernels, by tensor name."""

    inputs: dict[str, np.ndarray]
    reference: dict[str, np.ndarray]
    double: dict[str, np.ndarray]


@dataclass
class Workshop:
    """Keeps everything in a folder, so that no model is compiled or run twice."""

    folder: Path
    models: Path = DATA
    _expected: dict[str, Expected] = field(default_factory=dict)

    def source(self, name: str) -> bytes:
        return (self.models / f"{name}.tflite").read_bytes()

    def compiled(self, name: str, accelerator: str, *extra: str, memory: tuple[str, str] | None = None) -> Path:
        """Return the path of what Vela writes: a .tflite, or a raw .npz with `--output-format raw`."""
        system, mode = memory or TARGETS[accelerator]
        folder = self.folder / "-".join([accelerator, system, mode, *extra]).replace("--", "")
        found = folder / f"{name}_vela.{'npz' if 'raw' in extra else 'tflite'}"
        if not found.exists():
            options = ["--accelerator-config", f"ethos-{accelerator}", "--system-config", system]
            options += ["--memory-mode", mode, "--output-dir", str(folder), *extra]
            run("-m", "ethosu.vela", str(self.models / f"{name}.tflite"), *options)
        return found

    def expected(self, name: str) -> Expected:
        if name not in self._expected:
            self.expect([name])
        return self._expected[name]

    def expect(self, names: list[str]) -> None:
        """Run the reference kernels on several models in one child."""
        targets = [self.folder / f"{name}.npz" for name in names]
        arguments = [
            part
            for name, target in zip(names, targets, strict=True)
            for part in (str(self.models / f"{name}.tflite"), str(target), str(SAMPLES))
        ]
        run(str(Path(__file__).with_name("litert_outputs.py")), *arguments)
        for name, target in zip(names, targets, strict=True):
            self._expected[name] = _read(target)


def run(*arguments: str) -> str:
    """Run this Python with `arguments`; a failure shows what the child wrote."""
    child = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stdout[-2000:] + child.stderr[-2000:]
    return child.stdout


def _read(path: Path) -> Expected:
    parts: dict[str, dict[str, np.ndarray]] = {"in": {}, "reference": {}, "double": {}}
    with np.load(path) as arrays:
        for member in arrays.files:
            part, name = member.split("/", 1)
            parts[part][name] = arrays[member]
    return Expected(parts["in"], parts["reference"], parts["double"])
