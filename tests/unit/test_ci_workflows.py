"""The example workflows are valid for their systems, whose schemas are read offline, and ask for options that exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.options import OPTIONS

CI = Path(__file__).parent.parent.parent / "docs" / "ci"
SCHEMAS = {"github.yml": "vendor.github-workflows", "gitlab.yml": "vendor.gitlab-ci"}


def lint(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_example_is_linted_here() -> None:
    assert {path.name for path in CI.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_example_is_valid(name: str) -> None:
    ran = lint(SCHEMAS[name], CI / name)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_slip_in_an_example_is_seen(tmp_path: Path, name: str) -> None:
    text = (CI / name).read_text(encoding="utf-8")
    slip = re.sub(r"(runs-on|script):", r"\1s:", text)
    assert slip != text
    (tmp_path / name).write_text(slip, encoding="utf-8")
    assert lint(SCHEMAS[name], tmp_path / name).returncode == 1


@pytest.mark.parametrize("name", SCHEMAS)
def test_an_example_uses_options_that_exist(name: str) -> None:
    text = (CI / name).read_text(encoding="utf-8")
    used = set(re.findall(r"--npu-([a-z-]+)", text))
    assert used
    assert used <= {option.name for option in OPTIONS}
