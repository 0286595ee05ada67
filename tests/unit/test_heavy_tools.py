"""The heavy tools stay in children, and those of the constraints are the verified ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from package_modules import HEAVY, MODULES, ROOT

from harness.policy import VERIFIED
from harness.stages import WITH_TENSORFLOW, WITHOUT_TENSORFLOW


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


def missing_modules(names: tuple[str, ...]) -> list[str]:
    """Those that a fresh Python does not find."""
    script = f"from importlib.util import find_spec\nprint(*(name for name in {names!r} if find_spec(name) is None))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return ran.stdout.split()


def test_what_servers_import_ahead_is_there_under_that_name() -> None:
    """A server says nothing about a module that is missing: not every tool is installed everywhere."""
    assert missing_modules((*WITH_TENSORFLOW, *WITHOUT_TENSORFLOW)) == []


def test_a_module_that_is_an_attribute_of_its_package_is_seen() -> None:
    assert missing_modules(("numpy", "tflite_micro.runtime")) == ["tflite_micro.runtime"]
