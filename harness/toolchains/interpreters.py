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
_ASK = (
    "import os, platform, sysconfig; "
    "header = os.path.join(sysconfig.get_paths()['include'], 'Python.h'); "
    "print(platform.python_implementation(), platform.python_version(), os.path.exists(header))"
)


@dataclass(frozen=True)
class Interpreter:
    """A Python that was run and found to be what was asked for; with `headers`, extensions in C can be built for it."""

    path: Path
    version: str
    headers: bool


def find_python(minor: str, uv: Path | None) -> Interpreter:
    """An installed CPython of a minor version such as `3.8`: on the PATH, pyenv's, or one that uv knows.

    One with C headers is preferred. Raises InstallError, with the way out, where there is none.
    """
    bare: Interpreter | None = None
    for path in _candidates(minor, uv):
        found = _interpreter(path)
        if found and found.version.split(".")[:2] == minor.split("."):
            if found.headers:
                return found
            bare = bare or found
    if bare:
        return bare
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
    releases = sorted(pyenv_versions().glob(f"{minor}.*"), key=lambda path: _patch(path.name), reverse=True)
    yield from (release / "bin" / f"python{minor}" for release in releases)
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


def _interpreter(python: Path) -> Interpreter | None:
    """What an interpreter says it is; None where it does not run or is no CPython."""
    said = _output([str(python), "-I", "-c", _ASK]).split()
    if len(said) != 3 or said[0] != "CPython":  # noqa: PLR2004 - the three words that _ASK prints
        return None
    return Interpreter(python, said[1], headers=said[2] == "True")


def _output(command: list[str]) -> str:
    """The last line that a command printed; empty where it failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout.strip().rpartition("\n")[2]
