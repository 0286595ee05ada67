"""The table [tool.harness] of a pyproject.toml, as it stands there; light, as every pytest run may look for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "tool.harness"


def project_table(folder: Path) -> tuple[Path, Mapping[str, Any]]:
    """The nearest pyproject.toml upward from a folder, and its table; empty where there is none."""
    for place in (folder, *folder.parents):
        path = place / "pyproject.toml"
        if path.is_file():
            return path, _table(path)
    return folder, {}


def _table(path: Path) -> Mapping[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}") from None
    table = content.get("tool", {}).get("harness", {})
    if not isinstance(table, Mapping):
        raise UsageError(f"{TABLE} of {path} is {table!r}: make it a table [{TABLE}]")
    return table
