"""Installs a toolchain with uv into an environment of its own: locked, checked, whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import closing
from pathlib import Path

from harness.errors import InstallError, ToolchainError
from harness.toolchains.commands import Log, Say
from harness.toolchains.environments import (
    environment_folder,
    locked,
    log_path,
    mark_whole,
    python_in,
    python_of,
    remove_environment,
    toolchains_root,
)
from harness.toolchains.interpreters import Interpreter, find_python
from harness.toolchains.toolchain import TODAY, Toolchain

_SELF_CHECK = Path(__file__).with_name("self_check.py")
_MEGABYTE = 10**6


def find_uv() -> Path:
    """The uv of the extra `toolchains`, or the one on the PATH; InstallError where there is none."""
    beside = Path(sys.executable).with_name("uv")
    found = str(beside) if beside.exists() else shutil.which("uv")
    if not found:
        raise InstallError(
            "installing a toolchain takes uv, and there is none here: pip install 'ethos-u-rnn-harness[toolchains]'"
        )
    return Path(found)


def install(toolchain: Toolchain, say: Say, uv: Path | None = None) -> Path:
    """Install a toolchain, unless it is there already; returns its interpreter. `say` is told each step.

    Raises InstallError, in one sentence, where a step fails. Whatever is not whole is removed: what a failed step left,
    what an attempt that was broken off left, and an environment of other versions.
    """
    if toolchain.name == TODAY:
        raise ToolchainError("today is the environment that you run this in: there is nothing to install")
    with locked(toolchain.name, waiting=lambda: say("another process is installing or removing it: waiting")):
        python = python_of(toolchain)
        if python:
            say(f"is installed already: {environment_folder(toolchain.name)}")
            return python
        return _install(toolchain, say, uv or find_uv())


def _install(toolchain: Toolchain, say: Say, uv: Path) -> Path:
    began = time.monotonic()
    python = find_python(toolchain.python, uv)
    if remove_environment(toolchain.name):
        say("removed what was left of an earlier attempt, or of other versions")
    _require_space(toolchain)
    try:
        with closing(Log(log_path(toolchain.name), say, toolchains_root())) as log:
            _build(toolchain, python, uv, log)
        seconds, megabytes = time.monotonic() - began, folder_megabytes(environment_folder(toolchain.name))
        mark_whole(toolchain.name, _facts(toolchain, python, seconds, megabytes))
    except BaseException:
        remove_environment(toolchain.name)
        raise
    say(f"ready after {seconds:,.0f} s, {megabytes:,} MB: {environment_folder(toolchain.name)}")
    return python_in(environment_folder(toolchain.name))


def _require_space(toolchain: Toolchain) -> None:
    free = shutil.disk_usage(toolchains_root()).free // _MEGABYTE
    if free < toolchain.megabytes:
        raise InstallError(
            f"it takes {toolchain.megabytes:,} MB, and {toolchains_root()} has {free:,} MB free: make room there, "
            "or set HARNESS_TOOLCHAINS to a folder on a larger disk"
        )


def _build(toolchain: Toolchain, python: Interpreter, uv: Path, log: Log) -> None:
    folder = environment_folder(toolchain.name)
    bare = "" if python.headers else ", which has no C headers: what is built from source will fail"
    log.step(f"1 of 3: an environment with Python {python.version} ({python.path}){bare}")
    log.run([uv, "venv", "--no-project", "--python", python.path, folder], _surroundings())
    size = f", about {toolchain.megabytes:,} MB" if toolchain.megabytes else ""
    log.step(f"2 of 3: installing {len(toolchain.pins)} distributions{size}")
    log.run([uv, "pip", "install", "--python", python_in(folder), *_wanted(toolchain, folder)], _surroundings())
    log.step("3 of 3: self-check")
    log.run([python_in(folder), "-I", _SELF_CHECK, *_checked(toolchain)], _surroundings())


def _wanted(toolchain: Toolchain, folder: Path) -> list[str | Path]:
    """What uv is to install, and nothing beyond it; the lists stay in the environment, for whoever wonders."""
    lock, constraints = folder / "pins.txt", folder / "build_constraints.txt"
    lock.write_text("\n".join(toolchain.pins) + "\n", encoding="utf-8")
    if not toolchain.build_constraints:
        return ["--no-deps", "-r", lock]
    constraints.write_text("\n".join(toolchain.build_constraints) + "\n", encoding="utf-8")
    return ["--no-deps", "-r", lock, "--build-constraints", constraints]


def _checked(toolchain: Toolchain) -> list[str]:
    """The tools that must start, with the versions that they must say they have."""
    tools = {"numpy": toolchain.version_of("numpy"), "tensorflow": toolchain.tensorflow, "ethos-u-vela": toolchain.vela}
    return [f"{name}=={version}" for name, version in tools.items() if version]


def _surroundings() -> dict[str, str]:
    """The environment variables of what is run: none that points into another environment, no download of Pythons."""
    kept = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")
    }
    return {**kept, "UV_PYTHON_DOWNLOADS": "never", "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": ""}


def _facts(toolchain: Toolchain, python: Interpreter, seconds: float, megabytes: int) -> dict[str, object]:
    return {
        "digest": toolchain.digest,
        "python": python.version,
        "versions": dict(toolchain.versions),
        "seconds": round(seconds, 1),
        "megabytes": megabytes,
    }


def folder_megabytes(folder: Path) -> int:
    """What a folder takes, in units of 10^6 bytes; a file with several names counts once."""
    sizes = {}
    for path in folder.rglob("*"):
        found = path.lstat()
        sizes[found.st_dev, found.st_ino] = found.st_blocks * 512
    return round(sum(sizes.values()) / _MEGABYTE)
