"""The toolchains that there are, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import InstallError
from harness.toolchains.environments import (
    environment_folder,
    in_progress,
    installed,
    installed_names,
    python_of,
)
from harness.toolchains.interpreters import find_python
from harness.toolchains.provision import find_uv
from harness.toolchains.toolchain import TODAY, Toolchain

_HEADINGS = ("name", "Python", "TensorFlow", "Vela", "MB", "state")
_NONE = "-"


def table(toolchains: Iterable[Toolchain]) -> str:
    """One line a toolchain, under headings: whether its Python is here, what it holds, its size, and its state."""
    lines = [_HEADINGS, *_rows(list(toolchains))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def unknown_environments(toolchains: Iterable[Toolchain]) -> list[str]:
    """The environments that lie here and belong to none of the toolchains."""
    return sorted(set(installed_names()) - {toolchain.name for toolchain in toolchains})


def _rows(toolchains: list[Toolchain]) -> Iterator[tuple[str, ...]]:
    pythons = {minor: _python(minor) for minor in {one.python for one in toolchains if one.name != TODAY}}
    for one in toolchains:
        megabytes = installed(one.name).get("megabytes", one.megabytes)
        yield (
            one.name,
            one.python if one.name == TODAY else pythons[one.python],
            one.tensorflow or _NONE,
            one.vela or _NONE,
            f"{megabytes:,}" if megabytes else _NONE,
            _state(one),
        )


def _python(minor: str) -> str:
    try:
        return find_python(minor, _uv()).version
    except InstallError:
        return f"{minor} missing"


def _uv() -> Path | None:
    try:
        return find_uv()
    except InstallError:
        return None


def _state(toolchain: Toolchain) -> str:
    if toolchain.name == TODAY:
        return "this environment"
    if in_progress(toolchain.name):
        return "being installed or removed"
    if python_of(toolchain):
        return "installed"
    if installed(toolchain.name):
        return "other versions are installed: install it again"
    return "broken off: install it again" if environment_folder(toolchain.name).exists() else "not installed"
