"""Which toolchains there are, and which of them are asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType

from packaging.version import Version

from harness.errors import ToolchainError
from harness.toolchains.definition import FAMILIES, read_toolchain
from harness.toolchains.toolchain import TODAY, Toolchain

PER_CHANNEL_SINCE = Version("2.17")
"""The first TensorFlow whose converter quantizes FULLY_CONNECTED per channel."""

TAKES_PER_CHANNEL_SINCE = Version("4.0")
"""The first Vela that places such an operator on the NPU; also the first that knows the Ethos-U85."""

_TOOLS = ("ai-edge-litert", "ethos-u-vela", "flatbuffers", "keras", "numpy", "tensorflow", "tf-keras")


@cache
def builtin_toolchains() -> Mapping[str, Toolchain]:
    """The toolchains that come with the harness, by name; the oldest TensorFlow first, those of Vela alone last."""
    found = [read_toolchain(path) for path in (Path(__file__).parent / "data").glob("*.toml")]
    ordered = sorted(found, key=lambda one: (not one.keras, Version(one.tensorflow or one.vela or "0")))
    return MappingProxyType({toolchain.name: toolchain for toolchain in ordered})


@cache
def today() -> Toolchain:
    """The running environment, by what is installed in it."""
    versions = {tool: found for tool in _TOOLS if (found := _installed(tool))}
    tensorflow, vela = versions.get("tensorflow"), versions.get("ethos-u-vela")
    takes = Version(vela) >= TAKES_PER_CHANNEL_SINCE if vela else None
    return Toolchain(
        name=TODAY,
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        description="the environment that pytest runs in",
        pins=tuple(f"{tool}=={found}" for tool, found in versions.items()),
        keras=tensorflow is not None,
        per_channel_fully_connected=Version(tensorflow) >= PER_CHANNEL_SINCE if tensorflow else None,
        vela_families=(FAMILIES if takes else FAMILIES[:2]) if vela else (),
        takes_per_channel_fully_connected=takes,
    )


def _installed(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def choose_toolchains(words: Sequence[str], folder: Path = Path()) -> tuple[Toolchain, ...]:
    """The toolchains that words name, each once and in the order of the words.

    A word is a name, a glob over the names, or the path of a .toml file (from `folder`, if it is relative). Raises
    ToolchainError for a word that names none, and for a file that takes the name of another toolchain.
    """
    known = {TODAY: today(), **builtin_toolchains()}
    chosen: dict[str, Toolchain] = {}
    for word in words:
        for toolchain in _named(word, known, folder):
            if chosen.setdefault(toolchain.name, toolchain) != toolchain:
                raise ToolchainError(f"two toolchains are named {toolchain.name!r}: give one of them another name")
    return tuple(chosen.values())


def _named(word: str, known: Mapping[str, Toolchain], folder: Path) -> list[Toolchain]:
    if word.endswith(".toml"):
        toolchain = read_toolchain(folder / word)
        if known.get(toolchain.name, toolchain) != toolchain:
            raise ToolchainError(f"{word} takes the name of the toolchain {toolchain.name!r}: give it another")
        return [toolchain]
    found = [toolchain for name, toolchain in known.items() if fnmatchcase(name, word)]
    if not found:
        raise ToolchainError(f"no toolchain {word!r}: there are {', '.join(known)}, and your own .toml files")
    return found
