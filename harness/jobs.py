"""Jobs: one stage, its arguments and its inputs; together a graph whose keys name every result."""

from __future__ import annotations

import ast
import json
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import sha256
from importlib import metadata
from importlib.util import find_spec, resolve_name
from pathlib import Path
from typing import Any

from harness.stages import STAGES
from harness.store import File
from harness.toolchains import TODAY, Toolchain


@dataclass(frozen=True)
class Field:
    """One named part of the result of another job."""

    job: Job
    name: str


@dataclass(frozen=True, eq=False)
class Job:
    """A stage to run. `arguments` are plain values; `inputs` are files and fields of other jobs' results.

    `toolchain` is the one whose environment it runs in; None: the one that the harness itself runs in.
    """

    stage: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, File | Field] = field(default_factory=dict)
    toolchain: Toolchain | None = None

    @cached_property
    def key(self) -> str:
        """The hash of all that the result may depend on: question, tools, machine and our own source."""
        stage = STAGES[self.stage]
        parts = {
            "stage": self.stage,
            "function": stage.function,
            "arguments": self.arguments,
            "inputs": {name: _input_key(source) for name, source in self.inputs.items()},
            **_environment(self.toolchain, stage.tools),
            "machine": f"{sys.platform}-{platform.machine()}",
            "source": source_hash(stage.function.split(":")[0]),
        }
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def needs(self) -> tuple[Job, ...]:
        """The jobs whose results this one reads."""
        return tuple(source.job for source in self.inputs.values() if isinstance(source, Field))


def _environment(toolchain: Toolchain | None, tools: tuple[str, ...]) -> dict[str, Any]:
    if toolchain is not None:
        return {"toolchain": toolchain.digest}
    return {"toolchain": TODAY, "versions": versions(tools), "python": platform.python_version()}


def _input_key(source: File | Field) -> str:
    return source.sha256 if isinstance(source, File) else f"{source.job.key}:{source.name}"


@cache
def versions(tools: tuple[str, ...]) -> dict[str, str | None]:
    """The installed version of each distribution; None for what is not installed."""
    return {tool: _version(tool) for tool in tools}


def _version(tool: str) -> str | None:
    try:
        return metadata.version(tool)
    except metadata.PackageNotFoundError:
        return None


@cache
def source_hash(module: str) -> str:
    """The hash of the source of a module of this package and of all modules of the package that it imports."""
    texts = {name: _source_path(name).read_text(encoding="utf-8") for name in sorted(_closure(module))}
    return sha256(json.dumps(texts).encode()).hexdigest()


def _closure(module: str) -> set[str]:
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            path = _source_path(name)
            parent = name.rpartition(".")[0]
            package = name if path.name == "__init__.py" else parent
            waiting += imported_modules(path.read_text(encoding="utf-8"), package)
            waiting += [parent] if parent else []
    return found


@cache
def imported_modules(source: str, package: str = "harness") -> frozenset[str]:
    """The modules of this package that a source text of `package` imports, anywhere in it."""
    names: set[str] = set()
    for node in _statements(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            whole = origin == "harness" or node.module is None
            names |= {f"{origin}.{alias.name}" for alias in node.names} if whole else {origin}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return frozenset(name for name in names if name.startswith("harness."))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements within a node; what they compute, most of the tree, holds none."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, name, ()):
            yield child
            yield from _statements(child)


def _source_path(module: str) -> Path:
    found = find_spec(module)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(module)
    return Path(found.origin)
