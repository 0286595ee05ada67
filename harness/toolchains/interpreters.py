"""Finds an installed Python of a wanted minor version; never downloads one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.errors import InstallError

_SECONDS = 20
_ASK = "import platform as p; print(p.python_implementation(), p.python_version())"


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and found to be what was asked for."""

    path: Path
    version: str


def find_python(minor: str, uv: Path | None) -> Interpreter:
    """An installed CPython of a minor version such as `3.8`: on the PATH, pyenv's, or one that uv knows.

    Raises InstallError, with the way out, where there is none.
    """
    for path in _candidates(minor, uv):
        version = _version(path)
        if version and version.split(".")[:2] == minor.split("."):
            return Interpreter(path, version)
    raise InstallError(
        f"Python {minor} is missing: there is none on the PATH, in {pyenv_versions()} or known to uv; "
        f"get one with `uv python install {minor}` or `pyenv install {minor}`, then try again"
    )


def pyenv_versions() -> Path:
    """Where pyenv keeps its Pythons."""
    root = os.environ.get("PYENV_ROOT")
    return (Path(root) if root else Path.home() / ".pyenv") / "versions"


def _candidates(minor: str, uv: Path | None) -> Iterator[Path]:
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(f"python{minor}", path=folder) if folder else None
        # A shim of pyenv answers for whatever version is active; the versions themselves come next.
        if found and Path(folder).name != "shims":
            yield Path(found)
    folders = pyenv_versions().glob(f"{minor}.*")
    for folder in sorted(folders, key=lambda path: _patch(path.name), reverse=True):
        yield folder / "bin" / f"python{minor}"
    if uv:
        yield from _known_to_uv(minor, uv)


def _patch(name: str) -> int:
    """The last number of `3.8.18`; -1 for what is no release."""
    found = re.fullmatch(r"\d+\.\d+\.(\d+)", name)
    return int(found[1]) if found else -1


def _known_to_uv(minor: str, uv: Path) -> Iterator[Path]:
    answer = _output([str(uv), "python", "find", minor, "--no-python-downloads", "--no-project", "--system"])
    if answer:
        yield Path(answer)


def _version(python: Path) -> str | None:
    """The version that an interpreter says it has; None where it does not run or is no CPython."""
    implementation, _, version = _output([str(python), "-I", "-c", _ASK]).partition(" ")
    return version if implementation == "CPython" else None


def _output(command: list[str]) -> str:
    """The last line that a command printed; empty where it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.strip().rpartition("\n")[2]
