"""What runs in children is Python 3.8."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

import pytest
from package_modules import MODULES, ROOT, loaded_with, package_of

from harness.jobs import imported_modules
from harness.stages import STAGES

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

# What came after Python 3.8 and is not syntax: attributes, keyword arguments and names to import.
NEW_ATTRIBUTES = {"removeprefix", "removesuffix", "is_relative_to", "with_stem", "bit_count", "pairwise"}
NEW_KEYWORDS = {("dataclass", "slots"), ("dataclass", "kw_only"), ("zip", "strict")}
NEW_NAMES = {("functools", "cache"), ("itertools", "pairwise"), ("typing", "Annotated"), ("typing", "TypeAlias")}
NEW_SUBSCRIPTS = {"dict", "list", "tuple", "set", "frozenset", "type"}


def plain_modules() -> set[str]:
    """The modules that run in children: of the stages, the worker and the self-check, with all that they load."""
    waiting = [stage.function.split(":")[0] for stage in STAGES.values()]
    waiting += ["harness.worker", "harness.toolchains.self_check"]
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
