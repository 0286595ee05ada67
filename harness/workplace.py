"""Where children run: which Python, in which folder, with which modules imported once and which settings."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from harness.stages import Stage, modules_of
from harness.toolchains import Toolchain, python_of, source_folder

PACKAGE_PARENT = Path(__file__).resolve().parent.parent
OF_ANOTHER_PYTHON = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
"""Settings of the environment that would lead another Python to modules that are not its own."""

# One thread a child: as many children as cores run at once.
QUIET_ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    "KERAS_BACKEND": "tensorflow",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
}

ALLOCATION = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=2000"}
"""Vela's allocation of tensors makes and drops small objects by the million: with the seven of a size that glibc keeps
at hand by itself, to compile an LSTM of 256 units and 50 time steps takes a fifth longer. Not for TensorFlow, whose
threads would keep four times the memory that they need."""


class Workplace(NamedTuple):
    """An interpreter, the folder that it finds our package in, and what is imported once."""

    python: Path
    folder: Path
    modules: tuple[str, ...]

    def popen(self, *arguments: str, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
        """Start `python -m harness.worker` with these arguments."""
        own = self.python == Path(sys.executable)
        kept = {name: value for name, value in os.environ.items() if own or name not in OF_ANOTHER_PYTHON}
        return subprocess.Popen(
            [str(self.python), "-m", "harness.worker", *arguments],
            cwd=self.folder,
            stderr=subprocess.DEVNULL,
            env={**self._allocation, **kept, **QUIET_ENVIRONMENT},
            start_new_session=True,
            stdin=stdin,
            stdout=stdout,
        )

    @property
    def _allocation(self) -> dict[str, str]:
        return {} if "tensorflow" in self.modules else ALLOCATION


def workplace_of(stage: Stage, toolchain: Toolchain | None) -> Workplace:
    """Where a stage runs in an installed toolchain (None: today's); RuntimeError where it is not installed."""
    if toolchain is None:
        return Workplace(Path(sys.executable), PACKAGE_PARENT, modules_of(stage.tools))
    python = python_of(toolchain)
    if python is None:
        raise RuntimeError(f"toolchain {toolchain.name} is not installed")
    return Workplace(python, source_folder(), modules_of(stage.tools, foreign=True))
