"""Commands that are run in a folder, and what became of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

SCRIPTS = Path(sys.executable).parent
SCHEMA = Path(__file__).parent.parent.parent / "harness" / "report" / "schema.json"


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def outcomes(self) -> dict[str, int]:
        """The numbers of pytest's last line, by word."""
        last = self.out.strip().splitlines()[-1]
        return {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}


class Folder:
    """A folder to run commands in, as a user would."""

    def __init__(self, path: Path, environment: dict[str, str]) -> None:
        self.path = path
        self.environment = environment

    def write(self, **files: str) -> None:
        """Write Python files by their names without `.py`."""
        for name, text in files.items():
            (self.path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    def pytest(self, *arguments: object) -> Ran:
        """Run `pytest`."""
        return self.run(SCRIPTS / "pytest", *arguments)

    def check(self, *arguments: object) -> Ran:
        """Run `ethos-u-check`."""
        return self.run(SCRIPTS / "ethos-u-check", *arguments)

    def run(self, *command: object) -> Ran:
        """Run a command to its end."""
        started = self.start(*command)
        out, err = started.communicate()
        return Ran(started.returncode, out, err)

    def start(self, *command: object) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            list(map(str, command)),
            cwd=self.path,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def report(self) -> dict[str, Any]:
        """What the report of the last run holds, which follows its schema; there is a page beside it."""
        page = (self.path / "reports" / "index.html").read_text(encoding="utf-8")
        assert page.startswith("<!doctype html>")
        content: dict[str, Any] = json.loads((self.path / "reports" / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(content, json.loads(SCHEMA.read_text(encoding="utf-8")))
        return content
