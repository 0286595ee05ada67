"""The modules of the package, and what each of them imports."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "harness"
MAY_IMPORT = {
    "tensorflow": {"conversion", "early_converter", "fused", "guide", "keras_model", "model", "tracing", "training"},
    "keras": {"conversion", "keras_model", "model", "training"},
    "tf_keras": {"fused"},
    "ai_edge_litert": {"interface", "kernels", "npu", "outline", "repair", "tables"},
    "flatbuffers": {"npu", "tables", "tflite"},
    "ethosu": {"vela", "vela_command"},
    "tflite_micro": {"kernels"},
}
HEAVY = set(MAY_IMPORT) - {"flatbuffers"}


def modules() -> dict[str, Path]:
    """Every module of the package by its name, but for the package itself."""
    paths = {path: path.relative_to(ROOT).with_suffix("").parts for path in PACKAGE.rglob("*.py")}
    named = {".".join(part for part in parts if part != "__init__"): path for path, parts in paths.items()}
    return {name: path for name, path in named.items() if name != "harness"}


def package_of(name: str, path: Path) -> str:
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


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
