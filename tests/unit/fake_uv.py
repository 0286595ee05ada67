"""Stands in for uv and for Pythons: small scripts, told by files what to do, that note what they were asked."""

from __future__ import annotations

from pathlib import Path

UV = """#!/bin/sh
PATH=/usr/bin:/bin
echo "$*" >> {home}/calls
case "$1" in
  venv) for folder; do :; done; mkdir -p "$folder/bin" && cp {home}/python "$folder/bin/python" ;;
  pip) . {home}/pip ;;
  *) exit 2 ;;
esac
"""


class FakeUv:
    """A uv whose `pip install` runs the script `on_install`, and whose environments run `on_check` as their Python."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.path = script(home / "uv", UV.format(home=home))
        self.on_install("echo Installed")
        self.on_check("echo starts")

    def on_install(self, lines: str) -> None:
        script(self.home / "pip", lines)

    def on_check(self, lines: str) -> None:
        script(self.home / "python", f"#!/bin/sh\n{lines}\n")

    @property
    def calls(self) -> list[str]:
        path = self.home / "calls"
        return path.read_text().splitlines() if path.exists() else []


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def fake_python(path: Path, said: str) -> Path:
    """An interpreter that says the same to every question: `CPython 3.8.18 True`."""
    return script(path, f"#!/bin/sh\necho '{said}'\n")
