"""Where the environments of toolchains lie, and which of them are whole."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from harness.errors import InstallError, ToolchainError
from harness.plain import write_atomically
from harness.toolchains.toolchain import TODAY, Toolchain

ENVIRONMENT = "HARNESS_TOOLCHAINS"
_MARKER = "toolchain.json"


def toolchains_root() -> Path:
    """`HARNESS_TOOLCHAINS`, or the platform's cache folder."""
    asked = os.environ.get(ENVIRONMENT)
    return Path(asked).absolute() if asked else platformdirs.user_cache_path("ethos-u-rnn-harness") / "toolchains"


def environment_folder(name: str) -> Path:
    """Where the environment of a toolchain lies, or would."""
    return toolchains_root() / name


def log_path(name: str) -> Path:
    """The full log of the last installation of a toolchain."""
    return toolchains_root() / f"{name}.log"


def _lock_path(name: str) -> Path:
    return toolchains_root() / f"{name}.lock"


def python_in(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / "bin" / "python"


def python_of(toolchain: Toolchain) -> Path | None:
    """The interpreter of a toolchain; None unless it was installed whole, with just these versions."""
    if toolchain.name == TODAY:
        return Path(sys.executable)
    python = python_in(environment_folder(toolchain.name))
    whole = installed(toolchain.name).get("digest") == toolchain.digest and python.exists()
    return python if whole else None


def source_folder() -> Path:
    """A folder that holds this package and nothing else: what Pythons with packages of their own may import it from."""
    package = Path(__file__).resolve().parent.parent
    digest = sha256(str(package).encode()).hexdigest()[:12]
    folder = platformdirs.user_cache_path("ethos-u-rnn-harness") / "source" / digest
    link = folder / package.name
    if not link.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            link.symlink_to(package, target_is_directory=True)
    return folder


def install_command(name: str) -> str:
    """What to type to install a toolchain."""
    return f"python -m harness.toolchains install {name}"


def installed(name: str) -> dict[str, Any]:
    """What was noted when an environment was complete: digest, python, seconds, megabytes; empty if it never was."""
    try:
        found = json.loads((environment_folder(name) / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def installed_names() -> list[str]:
    """The toolchains that have an environment here, whole or broken off."""
    root = toolchains_root()
    return sorted(path.name for path in root.iterdir() if path.is_dir() and _is_ours(path)) if root.is_dir() else []


def _is_ours(folder: Path) -> bool:
    """Whether a folder was made by an installation: that leaves a log beside it, and a note in it when it is done."""
    return (folder / _MARKER).exists() or log_path(folder.name).exists()


def mark_whole(name: str, facts: dict[str, Any]) -> None:
    """Note that an environment is complete: the last step of an installation."""
    write_atomically(environment_folder(name) / _MARKER, json.dumps(facts, indent=1).encode())


def remove_environment(name: str) -> bool:
    """Remove an environment, whole or broken off; returns whether there was one.

    Raises InstallError where there is something else in its place, or where it cannot be removed.
    """
    folder = environment_folder(name)
    if not folder.exists():
        return False
    if not _is_ours(folder):
        raise InstallError(f"{folder} is something else: move it away, or set {ENVIRONMENT} to another folder")
    try:
        # Without its note it is no environment any more, however far the removal comes.
        (folder / _MARKER).unlink(missing_ok=True)
        shutil.rmtree(folder)
    except OSError as error:
        raise InstallError(f"{folder} cannot be removed: {error}") from None
    return True


def in_progress(name: str) -> bool:
    """Whether some process is installing or removing a toolchain."""
    path = _lock_path(name)
    if not path.exists():
        return False
    try:
        with FileLock(path, blocking=False):
            return False
    except (Timeout, OSError):
        return True


@contextmanager
def locked(name: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a toolchain, so that two processes never change its environment at once.

    `waiting` is called where another process has it. Raises ToolchainError where the folder cannot be written.
    """
    lock = FileLock(_lock_path(name))
    try:
        toolchains_root().mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            waiting()
            lock.acquire()
    except OSError as error:
        raise ToolchainError(
            f"cannot keep toolchains in {toolchains_root()}: {error.strerror}; "
            f"set {ENVIRONMENT} to a folder that you may write"
        ) from None
    try:
        yield
    finally:
        lock.release()
