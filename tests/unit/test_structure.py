"""The modules stand in one order, the heavy tools stay in children, and what runs in children is old Python."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.jobs import imported_modules
from harness.policy import VERIFIED
from harness.stages import STAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "harness"

# A module imports only from those above it; a folder stands for its modules, which may import each other.
ORDER = (
    "errors",
    "wording",
    "options",
    "plain",
    "spec",
    "target",
    "catalog",
    "selection",
    "datasets",
    "intervals",
    "metrics",
    "rounding",
    "cells",
    "recurrence",
    "evidence",
    "tflite",
    "model",
    "oracle",
    "training",
    "calibration",
    "conversion",
    "kernels",
    "expected",
    "quantization",
    "repair",
    "placement",
    "vela",
    "operators",
    "npu",
    "stages",
    "store",
    "jobs",
    "reproducer",
    "questions",
    "worker",
    "pool",
    "engine",
    "progress",
    "policy",
    "explain",
    "checks",
    "known",
    "session",
    "fixtures",
    "results",
    "report",
    "run",
    "plugin",
    "cli",
    "verification",
)
MAY_IMPORT = {
    "tensorflow": {"conversion", "model", "training"},
    "keras": {"conversion", "model", "training"},
    "ai_edge_litert": {"kernels", "npu", "repair", "tflite"},
    "flatbuffers": {"npu", "tflite"},
    "ethosu": {"vela"},
    "tflite_micro": {"kernels"},
}
HEAVY = set(MAY_IMPORT) - {"flatbuffers"}
# What came after Python 3.8 and is not syntax: attributes, keyword arguments and names to import.
NEW_ATTRIBUTES = {"removeprefix", "removesuffix", "is_relative_to", "with_stem", "bit_count", "pairwise"}
NEW_KEYWORDS = {("dataclass", "slots"), ("dataclass", "kw_only"), ("zip", "strict")}
NEW_NAMES = {("functools", "cache"), ("itertools", "pairwise"), ("typing", "Annotated"), ("typing", "TypeAlias")}
NEW_SUBSCRIPTS = {"dict", "list", "tuple", "set", "frozenset", "type"}


def layer(module: str) -> str:
    """`checks` for `harness.checks` and all modules in it."""
    return module.split(".")[1]


def modules() -> dict[str, Path]:
    """Every module of the package by its name, but for the package itself."""
    paths = {path: path.relative_to(ROOT).with_suffix("").parts for path in PACKAGE.rglob("*.py")}
    named = {".".join(part for part in parts if part != "__init__"): path for path, parts in paths.items()}
    return {name: path for name, path in named.items() if name != "harness"}


def package_of(name: str, path: Path) -> str:
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def upward(name: str, source: str, package: str = "harness") -> list[str]:
    """The imports of a module that the order does not allow."""
    place = ORDER.index(layer(name))
    found = {layer(imported) for imported in imported_modules(source, package)} - {layer(name)}
    return sorted(other for other in found if ORDER.index(other) > place)


def foreign(source: str) -> set[str]:
    """The top-level names of everything that a source text imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


def loaded_with(path: Path) -> str:
    """The imports that a module does when it is loaded, as source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))


MODULES = modules()


def test_every_module_has_its_place() -> None:
    assert {layer(name) for name in MODULES} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_those_above_it(name: str) -> None:
    source = MODULES[name].read_text(encoding="utf-8")
    assert upward(name, source, package_of(name, MODULES[name])) == []


def test_an_import_from_below_is_seen() -> None:
    assert upward("harness.store", "def f():\n    from harness.cli import main") == ["cli"]
    assert upward("harness.store", "import harness.engine\nfrom harness import plain, pool") == ["engine", "pool"]
    assert upward(
        "harness.npu.memory", "from ..vela import x\nfrom . import y\nfrom ..cli import z", "harness.npu"
    ) == ["cli"]


@pytest.mark.parametrize("tool", MAY_IMPORT)
def test_a_heavy_tool_is_touched_in_its_modules_only(tool: str) -> None:
    importing = {layer(name) for name, path in MODULES.items() if tool in foreign(path.read_text(encoding="utf-8"))}
    assert importing <= MAY_IMPORT[tool]


def test_an_import_of_a_heavy_tool_is_seen() -> None:
    assert foreign("def f():\n    import tensorflow.lite as t\n    from keras.layers import GRU") == {
        "tensorflow",
        "keras",
    }


@pytest.mark.parametrize("name", MODULES)
def test_no_module_imports_a_heavy_tool_where_it_is_loaded(name: str) -> None:
    assert not foreign(loaded_with(MODULES[name])) & HEAVY


def plain_modules() -> set[str]:
    """The modules that run in children: those of the stages and of the worker, with all that is loaded with them."""
    waiting = [stage.function.split(":")[0] for stage in STAGES.values()] + ["harness.worker"]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in found and name in MODULES:
            found.add(name)
            waiting += imported_modules(loaded_with(MODULES[name]), package_of(name, MODULES[name]))
    return found


def too_new(source: str) -> list[str]:
    """What Python 3.8 does not understand: `|` between types, subscripts of builtins, later names and keywords.

    Annotations are never evaluated, as every module begins with `from __future__ import annotations`.
    """
    return sorted(
        {problem for node in _evaluated(ast.parse(source, feature_version=(3, 8))) for problem in _news(node)}
    )


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        for child in children:
            if isinstance(child, ast.AST) and field not in ("annotation", "returns"):
                yield from _evaluated(child)


def _news(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr) and (_is_type(node.left) or _is_type(node.right)):
        yield "| between types"
    if (
        isinstance(node, ast.BinOp)
        and isinstance(node.op, ast.BitOr)
        and isinstance(node.right, (ast.Dict, ast.DictComp))
    ):
        yield "| between dicts"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in NEW_SUBSCRIPTS:
        yield f"{node.value.id}[...]"
    if isinstance(node, ast.Attribute) and node.attr in NEW_ATTRIBUTES:
        yield node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield from (f"{node.func.id}({kw.arg}=)" for kw in node.keywords if (node.func.id, kw.arg) in NEW_KEYWORDS)
    if isinstance(node, ast.ImportFrom):
        yield from (alias.name for alias in node.names if (node.module, alias.name) in NEW_NAMES)


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Subscript):
        return _is_type(node.value)
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Name) and (node.id in NEW_SUBSCRIPTS | {"int", "str", "float", "bytes", "bool", "Any"})


@pytest.mark.parametrize("name", sorted(plain_modules()))
def test_what_runs_in_a_child_is_python_3_8(name: str) -> None:
    source = MODULES[name].read_text(encoding="utf-8")
    assert too_new(source) == []
    assert "from __future__ import annotations" in source or not re.search(r"def |: ", source.split('"""')[2])


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("Value = int | None", "| between types"),
        ("isinstance(x, Sample[str] | str)", "| between types"),
        ("Sample = dict[str, int]", "dict[...]"),
        ("merged = options | {'a': 1}", "| between dicts"),
        ("'abc'.removeprefix('a')", "removeprefix"),
        ("zip(a, b, strict=True)", "zip(strict=)"),
        ("@dataclass(frozen=True, slots=True)\nclass A:\n    x: int", "dataclass(slots=)"),
        ("from functools import cache", "cache"),
    ],
)
def test_new_python_is_seen(source: str, problem: str) -> None:
    assert too_new(source) == [problem]


@pytest.mark.parametrize(
    "source", ["match x:\n    case 1:\n        pass", "try:\n    pass\nexcept* ValueError:\n    pass"]
)
def test_new_syntax_is_seen(source: str) -> None:
    with pytest.raises(SyntaxError):
        too_new(source)


def test_old_python_is_let_pass() -> None:
    assert too_new("def f(a: int | None, b: dict[str, int]) -> list[int]:\n    c: set[int] = a | b\n    return c") == []
    assert too_new("if TYPE_CHECKING:\n    States = tuple[int, ...]") == []


def test_ruff_holds_the_same_modules_to_old_python() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["ruff"]["per-file-target-version"]
    old = {path for pattern in patterns for part in _spelled_out(pattern) for path in ROOT.glob(part)}
    wanted = {MODULES[name] for name in plain_modules()}
    assert sorted(str(path.relative_to(ROOT)) for path in wanted - old) == []


def _spelled_out(pattern: str) -> list[str]:
    """`a/{b,c}.py` as `a/b.py` and `a/c.py`."""
    found = re.fullmatch(r"(.*)\{(.*)\}(.*)", pattern)
    return [f"{found[1]}{part}{found[3]}" for part in found[2].split(",")] if found else [pattern]


def test_the_verified_versions_are_those_of_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = {line.split(";")[0].strip() for line in lines if line and not line.startswith("#")}
    for combination in VERIFIED:
        assert sorted({f"{name}=={version}" for name, version in combination.items()} - pins) == []


def heavy_modules_after(statements: str) -> list[str]:
    """The heavy tools that a fresh Python holds after some statements."""
    script = f"{statements}\nimport sys\nprint('HEAVY', *sorted({{n.split('.')[0] for n in sys.modules}} & {HEAVY!r}))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("HEAVY")]
    return line.split()[1:]


def test_no_module_of_the_package_loads_a_heavy_tool() -> None:
    names = [name for name in MODULES if ".verification." not in name and not name.endswith("__main__")]
    assert heavy_modules_after("\n".join(f"import {name}" for name in names)) == []


def test_collecting_the_matrix_loads_no_heavy_tool(tmp_path: Path) -> None:
    arguments = ["--collect-only", "-q", "-p", "no:cacheprovider", f"--npu-store={tmp_path}", "tests/verification"]
    assert heavy_modules_after(f"import pytest\nassert pytest.main({arguments!r}) == 0") == []


def test_a_heavy_tool_is_seen() -> None:
    assert heavy_modules_after("import ai_edge_litert") == ["ai_edge_litert"]
