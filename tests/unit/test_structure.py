"""The modules stand in one order, and each heavy tool is touched in its modules only."""

from __future__ import annotations

import pytest
from package_modules import HEAVY, MAY_IMPORT, MODULES, foreign, loaded_with, package_of

from harness.jobs import imported_modules

# A module imports only from those above it; a folder stands for its modules, which may import each other.
ORDER = (
    "errors",
    "wording",
    "limits",
    "options",
    "project_file",
    "offline",
    "plain",
    "spec",
    "target",
    "toolchains",
    "catalog",
    "selection",
    "datasets",
    "intervals",
    "metrics",
    "rows",
    "rounding",
    "cells",
    "recurrence",
    "evidence",
    "tables",
    "tflite",
    "editing",
    "outline",
    "interface",
    "pairing",
    "handover",
    "contract",
    "keras_file",
    "unrollable",
    "user_code",
    "model",
    "tracing",
    "keras_model",
    "oracle",
    "training",
    "calibration",
    "early_converter",
    "conversion",
    "guide",
    "ports",
    "unrolling",
    "kernels",
    "expected",
    "noise",
    "quantization",
    "fused",
    "task",
    "repair",
    "state_effect",
    "feedback",
    "copying",
    "digits",
    "state_ranges",
    "streaming",
    "placement",
    "printed",
    "vela",
    "vela_command",
    "vela_summary",
    "operators",
    "npu",
    "references",
    "resets",
    "execution",
    "stages",
    "store",
    "jobs",
    "reproducer",
    "given",
    "subjects",
    "beside",
    "making",
    "questions",
    "digit_questions",
    "worker",
    "workplace",
    "children",
    "pool",
    "outcome",
    "companions",
    "engine",
    "progress",
    "policy",
    "rules",
    "project",
    "explain",
    "baseline",
    "checks",
    "answers",
    "known",
    "toolchain_choice",
    "settings",
    "session",
    "whatif",
    "facts",
    "asked",
    "fixtures",
    "gate",
    "artefacts",
    "claims",
    "api",
    "suite",
    "results",
    "report",
    "diff",
    "garbage",
    "run",
    "plugin",
    "cli",
    "verification",
)


def layer(module: str) -> str:
    """`checks` for `harness.checks` and all modules in it."""
    return module.split(".")[1]


def upward(name: str, source: str, package: str = "harness") -> list[str]:
    """The imports of a module that the order does not allow."""
    place = ORDER.index(layer(name))
    found = {layer(imported) for imported in imported_modules(source, package)} - {layer(name)}
    return sorted(other for other in found if ORDER.index(other) > place)


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
