"""The how-tos work as written: their files are written, their commands run, and they print what the page shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import checks
from harness.store import ENVIRONMENT

ROOT = Path(__file__).parent.parent.parent
PAGES = {page.stem: page for page in sorted((ROOT / "docs").glob("*.md"))}
BLOCK = re.compile(r"^```(?P<kind>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
CHECKS = re.compile(r"^from harness\.checks import (\([^)]*\)|.*)$", re.MULTILINE)
NOT_RUN = ("sh",)
"""Blocks that install something, which a test does not."""


@dataclass(frozen=True)
class Command:
    """A command of a page and the lines that it shows behind it."""

    text: str
    shown: tuple[str, ...]


def blocks(page: str) -> list[tuple[str, str, str]]:
    """Language, title and text of each block of a page."""
    return [(found["kind"], found["title"] or "", found["text"]) for found in BLOCK.finditer(page)]


def commands(console: str) -> Iterator[Command]:
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        first, *shown = part.splitlines()
        yield Command(first, tuple(shown))


def missing(shown: tuple[str, ...], printed: str) -> list[str]:
    """The shown lines that were not printed, in order; `...` stands for anything."""
    lines = iter(printed.splitlines())
    patterns = [".*".join(map(re.escape, line.split("..."))) for line in shown]
    return [
        line for line, pattern in zip(shown, patterns, strict=True) if not any(re.fullmatch(pattern, p) for p in lines)
    ]


def follow(page: str, folder: Path, environment: dict[str, str]) -> None:
    """Do what a page says, in a folder."""
    for kind, title, text in blocks(page):
        if title:
            (folder / title).parent.mkdir(parents=True, exist_ok=True)
            (folder / title).write_text(text, encoding="utf-8")
        elif kind == "console":
            for command in commands(text):
                run = ["bash", "-c", command.text]
                ran = subprocess.run(run, cwd=folder, env=environment, capture_output=True, text=True, check=False)
                assert ran.returncode == 0, f"{command.text}\n{ran.stdout}{ran.stderr}"
                assert missing(command.shown, ran.stdout) == [], f"{command.text}\n{ran.stdout}{ran.stderr}"
        else:
            assert kind in NOT_RUN, f"a block of {kind} is neither a file nor a command"


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a reader's shell has: this Python first, one store, the folder of the checkout."""
    foreign = ("PYTEST_", "PYTHON", "COV_", "CI", "GITHUB_", "FORCE_COLOR", "COLUMNS", "HARNESS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", "")])
    store = str(tmp_path_factory.mktemp("store"))
    return {**inherited, "PATH": path, ENVIRONMENT: store, "CHECKOUT": str(ROOT)}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_works_as_written(name: str, tmp_path: Path, environment: dict[str, str]) -> None:
    follow(PAGES[name].read_text(encoding="utf-8"), tmp_path, environment)


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    page = PAGES[name].read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page) if "://" not in link]
    assert [link for link in links if not (PAGES[name].parent / link).exists()] == []


@pytest.mark.parametrize(
    "page",
    [
        "```console\n$ exit 3\n```\n",
        "```console\n$ echo one\ntwo\n```\n",
        "```console\n$ printf 'two\\none\\n'\none\ntwo\n```\n",
        "```ruby\nputs 1\n```\n",
    ],
    ids=["status", "output", "order", "language"],
)
def test_a_page_that_does_not_work_is_seen(page: str, tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises(AssertionError):
        follow(page, tmp_path, environment)


def test_files_and_dots_are_understood(tmp_path: Path, environment: dict[str, str]) -> None:
    page = (
        '```python title="a/one.py"\nprint("one, two, three")\n```\n```console\n$ python a/one.py\none...three\n```\n'
    )
    follow(page, tmp_path, environment)


def test_every_claim_about_a_given_model_is_explained() -> None:
    page = PAGES["reading-the-report"].read_text(encoding="utf-8")
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "harness" / "verification").glob("test_*.py")]
    named = {name for source in sources for names in CHECKS.findall(source) for name in re.findall(r"\w+", names)}
    claims = {name for name in named if getattr(checks, name).__annotations__["return"] == "Verdict"}
    claims |= {"is_quantized_tflite", "is_no_worse_than_baseline"}
    assert {name for name in claims if f"`{name}`" not in page} == set()
    assert len(claims) > 10
