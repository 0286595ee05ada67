"""Writes the document as HTML and JSON, and says it in a few lines for the terminal."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.plain import write_atomically
from harness.report.packing import pack
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS
from harness.wording import count

SIGNS = {PASS: "✓", FAIL: "✗", CANNOT_TELL: "?", KNOWN: "~", FIXED: "+"}
MEANINGS = {
    PASS: "observed, and right",
    FAIL: "observed, and wrong: cause and remedy are named",
    CANNOT_TELL: "a stage crashed, hung, ran out of memory or refused: which one, how, and the command to see it again",
    KNOWN: "listed in known_failures.toml, and fails in just that way",
    FIXED: "listed there, but passes: remove the entry",
}
CASES_SHOWN = 12
_ISSUE = re.compile(r"(https://github\.com/[\w./-]+\w)")
FOLDER = Path(__file__).parent
STYLES = ("vendor/uPlot.min.css", "templates/report.css")
PAGE = "dom data fragment numbers selection controls matrix graph cost chart case plots main"
SCRIPTS = ("vendor/uPlot.iife.min.js", *(f"templates/page/{name}.js" for name in PAGE.split()))
"""In the order in which the page reads them."""


def write_report(document: Mapping[str, Any], folder: Path) -> Path:
    """Write `index.html` and `report.json` into a folder; returns the path of the HTML file."""
    write_atomically(folder / "report.json", to_json(document).encode())
    write_atomically(folder / "index.html", render_html(document).encode())
    return folder / "index.html"


def to_json(document: Mapping[str, Any]) -> str:
    """The document as JSON, a line for each model, case and other entry, so that two runs can be compared by lines."""
    entries = [f"{json.dumps(key)}: {_lines(value)}" for key, value in sorted(document.items())]
    return "{\n" + ",\n".join(entries) + "\n}\n"


def _lines(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(_line(entry) for entry in value) + "\n]"
    return _line(value)


def _line(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def render_html(document: Mapping[str, Any]) -> str:
    """The document as one HTML file that needs nothing else."""
    script, style = _joined(SCRIPTS), _joined(STYLES)
    return (
        _environment()
        .get_template("index.html")
        .render(
            report=document,
            signs=SIGNS,
            meanings=MEANINGS,
            cases_shown=CASES_SHOWN,
            data=pack({"report": document, "signs": SIGNS}),
            script=Markup(script),  # noqa: S704 - our own files, without any text of a run
            style=Markup(style),  # noqa: S704 - the same
            script_hash=_hash(script),
            style_hash=_hash(style),
        )
    )


@cache
def _joined(names: Sequence[str]) -> str:
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in names)


def _hash(text: str) -> str:
    """As a content security policy names the one script or style that may run."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(span=_span, figure=_figure, counted=count, linked=_linked)
    return environment


def _span(values: Sequence[float], unit: str) -> str:
    """From the smallest to the largest, as people read them."""
    if not values:
        return "unknown"
    low, high = (_told(value, unit) for value in values)
    return high if low == high else f"{low.removesuffix(' ' + high.split()[-1])} to {high}"


def _told(value: float, unit: str) -> str:
    if unit == "bytes":
        return f"{value / 1024:,.1f} KiB" if value >= 1024 else f"{value:,.0f} B"  # noqa: PLR2004 - a KiB
    if unit in ("times", "dB"):
        return f"{value:.1f} {unit}"
    return f"{value:,.0f} {unit}".rstrip() if value >= 100 or value == 0 else f"{value:.3g} {unit}".rstrip()  # noqa: PLR2004 - three digits


def _figure(figures: Mapping[str, float | None], name: str) -> str:
    value = figures.get(name)
    unit = next((unit for word, unit in (("ms", "ms"), ("bytes", "bytes")) if word in name.split("_")), "")
    return "unknown" if value is None else _told(value, unit)


def _linked(text: str) -> Markup:
    """The text with its addresses on GitHub as links; whatever else is in it stays text."""
    parts = enumerate(_ISSUE.split(text))
    return Markup("").join(Markup('<a href="{0}">{0}</a>').format(part) if odd % 2 else part for odd, part in parts)


def summary_lines(document: Mapping[str, Any]) -> list[str]:
    """What the terminal shows: a line for each case with its figures, then causes and remedies."""
    lines = [_case_line(case) for case in document["cases"][:CASES_SHOWN]]
    if len(document["cases"]) > CASES_SHOWN:
        lines.append(f"... and {len(document['cases']) - CASES_SHOWN} more cases in the report")
    return lines


def _case_line(case: Mapping[str, Any]) -> str:
    figures = case["figures"]
    parts = [f"{SIGNS[case['outcome']]} {case['outcome']:<11} {case['id']}"]
    if "npu_segments" in figures:
        parts.append(
            f"{count(figures['npu_segments'], 'NPU segment')}, {count(figures['cpu_operators'], 'CPU operator')}"
        )
    if "ms" in figures:
        parts.append(
            f"{figures['ms']:.3f} ms estimated, {figures['sram_used_bytes']:,.0f} B SRAM, "
            f"{figures['flash_used_bytes']:,.0f} B behind it"
        )
    return "  ".join(parts)
