"""The settings of a project: the table [tool.harness] of the pyproject.toml found from the folder of the start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.options import OPTIONS, Option
from harness.project_file import TABLE, project_table
from harness.rules import Rule, read_rules

POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Project:
    """Values of options as the command line would give them (paths absolute), and the rules of the policy."""

    values: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()


def read_project(folder: Path) -> Project:
    """The settings for a run that is started in `folder`; empty where no pyproject.toml or no table is found.

    Raises UsageError for a file that cannot be read, an unknown key, and a value of the wrong type.
    """
    path, table = project_table(folder)
    known = {option.field: option for option in OPTIONS if option.in_project}
    unknown = sorted(set(table) - set(known) - {POLICY})
    if unknown:
        raise UsageError(
            f"unknown key {unknown[0]!r} in [{TABLE}] of {path}: the keys are {', '.join(sorted(known))} and {POLICY}"
        )
    values = {name: _value(known[name], value, path) for name, value in table.items() if name != POLICY}
    policy = table.get(POLICY, {})
    if not isinstance(policy, Mapping):
        raise UsageError(f"{POLICY} in [{TABLE}] of {path} is {policy!r}: make it a table [{TABLE}.{POLICY}]")
    return Project(values, read_rules(policy, f"[{TABLE}.{POLICY}]"))


def _value(option: Option, value: object, path: Path) -> object:
    if option.flag:
        if not isinstance(value, bool):
            raise _wrong(option, value, path, "true or false")
        return value
    items = value if isinstance(value, list) and option.is_list else [value]
    if not all(isinstance(item, (str, int)) and not isinstance(item, bool) for item in items):
        raise _wrong(option, value, path, "text or a list of texts" if option.is_list else "text or a whole number")
    texts = [str(path.parent / str(item)) if option.path else str(item) for item in items]
    return texts if option.repeated else ",".join(texts)


def _wrong(option: Option, value: object, path: Path, wanted: str) -> UsageError:
    return UsageError(f"{option.field} in [{TABLE}] of {path} is {value!r}: give {wanted}")
