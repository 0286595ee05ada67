"""Toolchains as TOML files: read strictly, one sentence for whatever is wrong."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.errors import ToolchainError
from harness.toolchains.toolchain import TODAY, Toolchain

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FAMILIES = ("ethos-u55", "ethos-u65", "ethos-u85")

# Each key: the type of its value, and whether it must be there.
_KEYS: Mapping[str, tuple[type, bool]] = {
    "name": (str, True),
    "python": (str, True),
    "description": (str, True),
    "megabytes": (int, False),
    "notes": (list, False),
    "build_constraints": (list, False),
    "pins": (list, True),
    "can": (dict, True),
}
_CAN: Mapping[str, tuple[type, bool]] = {
    "keras": (bool, True),
    "per_channel_fully_connected": (bool, False),
    "vela_families": (list, True),
    "takes_per_channel_fully_connected": (bool, False),
}
_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    list: "a list of texts",
    dict: "a table [can]",
}


def read_toolchain(path: Path) -> Toolchain:
    """Read one toolchain; ToolchainError where the file is missing, damaged or contradicts itself."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ToolchainError(f"cannot read the toolchain {path}: {error}") from None
    try:
        return _toolchain(content)
    except ToolchainError as error:
        raise ToolchainError(f"{path}: {error}") from None


def _toolchain(content: Mapping[str, Any]) -> Toolchain:
    _require_keys(content, _KEYS, "the toolchain")
    _require_keys(content["can"], _CAN, "[can]")
    fields = {key: value for key, value in content.items() if key != "can"} | content["can"]
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()}
    found = Toolchain(**values)
    for require in (_require_name, _require_python, _require_pins, _require_build_constraints, _require_capabilities):
        require(found)
    return found


def _require_keys(table: Mapping[str, Any], keys: Mapping[str, tuple[type, bool]], where: str) -> None:
    unknown = sorted(set(table) - set(keys))
    missing = [key for key, (_, needed) in keys.items() if needed and key not in table]
    if unknown:
        raise ToolchainError(f"{where} has an unknown key {unknown[0]!r}; the keys are {', '.join(keys)}")
    if missing:
        raise ToolchainError(f"{where} lacks the key {missing[0]!r}")
    for key, value in table.items():
        wanted = keys[key][0]
        texts = wanted is not list or (isinstance(value, list) and all(isinstance(entry, str) for entry in value))
        if type(value) is not wanted or not texts:
            raise ToolchainError(f"{key} is {value!r}: make it {_WORDS[wanted]}")


def _require_name(toolchain: Toolchain) -> None:
    if not re.fullmatch(r"[a-z0-9_]+", toolchain.name):
        raise ToolchainError(f"name is {toolchain.name!r}: use small letters, digits and _ only")
    if toolchain.name == TODAY:
        raise ToolchainError(f"name is {TODAY!r}, which stands for the environment that pytest runs in: take another")


def _require_python(toolchain: Toolchain) -> None:
    if not re.fullmatch(r"3\.(0|[1-9]\d*)", toolchain.python):
        raise ToolchainError(f"python is {toolchain.python!r}: give the minor version alone, as in '3.8'")
    if int(toolchain.python[2:]) < 8:  # noqa: PLR2004 - what runs in an environment is written in Python 3.8
        raise ToolchainError(f"python is {toolchain.python!r}: the harness can work in 3.8 and later")


def _require_pins(toolchain: Toolchain) -> None:
    names = [_exact(pin) for pin in toolchain.pins]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise ToolchainError(f"pins name {twice[0]} twice")
    if "numpy" not in names:
        raise ToolchainError("pins lack numpy, which everything here works with: add it with its exact version")


def _exact(pin: str) -> str:
    """The normalized name of an exact pin, `name==version`."""
    name, _, version = pin.partition("==")
    try:
        Version(version)
        return canonicalize_name(name, validate=True)
    except (InvalidName, InvalidVersion):
        raise ToolchainError(f"the pin {pin!r} is not exact: write it as name==version, with nothing else") from None


def _require_build_constraints(toolchain: Toolchain) -> None:
    wrong = [constraint for constraint in toolchain.build_constraints if not _is_requirement(constraint)]
    if wrong:
        raise ToolchainError(f"the build constraint {wrong[0]!r} is none: write it as in 'numpy==1.19.5'")


def _is_requirement(text: str) -> bool:
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


def _require_capabilities(toolchain: Toolchain) -> None:
    """What a toolchain can do, and what it has, must say the same."""
    unknown = sorted(set(toolchain.vela_families) - set(FAMILIES))
    if unknown:
        raise ToolchainError(f"vela_families names {unknown[0]!r}; there are {', '.join(FAMILIES)}")
    tensorflow, vela = toolchain.tensorflow is not None, toolchain.vela is not None
    takes = toolchain.takes_per_channel_fully_connected
    for key, said, distribution, there in (
        ("keras", toolchain.keras, "tensorflow", tensorflow),
        ("per_channel_fully_connected", toolchain.per_channel_fully_connected is not None, "tensorflow", tensorflow),
        ("vela_families", bool(toolchain.vela_families), "ethos-u-vela", vela),
        ("takes_per_channel_fully_connected", takes is not None, "ethos-u-vela", vela),
    ):
        if there and not said:
            raise ToolchainError(f"pins have {distribution}, so [can] must say {key}")
        if said and not there:
            raise ToolchainError(f"pins lack {distribution}, so [can] must not claim {key}")
    if not (tensorflow or vela):
        raise ToolchainError("pins have neither tensorflow nor ethos-u-vela: such a toolchain can do nothing here")
