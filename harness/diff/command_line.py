"""`python -m harness.diff A B`: what changed from A to B, and why.

Exit status: 0 nothing got worse; 1 something did; 2 the two cannot be compared, with one sentence on standard error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from harness.diff.change import WORSE
from harness.diff.comparison import compare
from harness.diff.document import build_diff
from harness.diff.files import sides_of_files
from harness.diff.page import to_html
from harness.diff.reports import Toolchain, side_of_report
from harness.diff.subject import Side
from harness.diff.text import to_markdown, to_text
from harness.errors import HarnessError, UsageError
from harness.plain import write_atomically
from harness.report.render import to_json
from harness.selection import TargetQuery

FINE, GOT_WORSE, CANNOT_COMPARE = 0, 1, 2
MOST = 2
_OUTPUTS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}; see {self.prog} --help\n")
        raise SystemExit(CANNOT_COMPARE)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare two reports, two toolchains of one report, or two models; wrong usage raises SystemExit(2)."""
    asked = vars(_parser().parse_args(arguments))
    try:
        document = build_diff(compare(*_sides(asked)))
        sys.stdout.write(to_text(document))
        for name, render in _OUTPUTS.items():
            if asked[name]:
                _write(Path(asked[name]), render(document))
    except HarnessError as error:
        sys.stderr.write(f"harness.diff: {error}\n")
        return CANNOT_COMPARE
    return GOT_WORSE if document["verdict"]["outcome"] == WORSE else FINE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m harness.diff",
        description="What changed from A to B, why, and whether it got worse (exit status 1).",
    )
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="two report.json, two .tflite (source models, or two compiled ones), or one report.json with --toolchains",
    )
    parser.add_argument(
        "--toolchains",
        metavar="A,B",
        help="compare what these converted and compiled; guide/today: models of guide, compiled by today's Vela",
    )
    for name in _OUTPUTS:
        parser.add_argument(f"--{name}", metavar="FILE", help=f"write the comparison as {name.upper()} too")
    models = parser.add_argument_group("of two models")
    for name in TargetQuery.__slots__:
        models.add_argument(f"--{name.replace('_', '-')}", metavar="NAMES", help="compile for these, globs allowed")
    models.add_argument("--vela-config", metavar="FILE", help="a vela.ini of your own")
    models.add_argument("--store", metavar="DIR", help="where results are kept")
    models.add_argument("--workers", metavar="N", help="children at once (default: one a core)")
    return parser


def _sides(asked: Mapping[str, Any]) -> tuple[Side, Side]:
    files = [Path(name) for name in asked["files"]]
    kinds = {path.suffix for path in files}
    if len(files) > MOST or len(kinds) > 1 or not kinds <= {".json", ".tflite"}:
        raise UsageError(f"cannot compare {', '.join(map(str, files))}: give two report.json or two .tflite")
    if kinds == {".tflite"}:
        if asked["toolchains"]:
            raise UsageError("--toolchains is about reports: models are compared as they are")
        return sides_of_files(*_two(files), asked)
    chosen = _toolchains(asked["toolchains"])
    if len(files) == 1 and chosen:
        labels = [str(toolchain) for toolchain in chosen]
        files = files * 2
    else:
        labels = [str(path) for path in _two(files)]
    first, second = chosen or (None, None)
    return side_of_report(files[0], labels[0], first), side_of_report(files[1], labels[1], second)


def _two(files: list[Path]) -> tuple[Path, Path]:
    if len(files) != MOST:
        raise UsageError(f"nothing to compare {files[0]} with: name a second file, or two --toolchains of a report")
    return files[0], files[1]


def _toolchains(text: str | None) -> tuple[Toolchain, Toolchain] | None:
    if text is None:
        return None
    names = [Toolchain.parse(word) for word in text.split(",") if word.strip()]
    if len(names) != MOST:
        raise UsageError(f"toolchains is {text!r}: name two, as --toolchains guide,today")
    return names[0], names[1]


def _write(path: Path, text: str) -> None:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise UsageError(f"cannot write {path} ({error.strerror}): choose another place") from None
