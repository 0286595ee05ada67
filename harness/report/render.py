"""Writes the document as HTML and JSON, and says it in a few lines for the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.plain import write_atomically
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS
from harness.wording import count

SIGNS = {PASS: "✓", FAIL: "✗", CANNOT_TELL: "?", KNOWN: "~", FIXED: "+"}
CASES_SHOWN = 12


def write_report(document: Mapping[str, Any], folder: Path) -> Path:
    """Write `index.html` and `report.json` into a folder; returns the path of the HTML file."""
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    write_atomically(folder / "report.json", text.encode())
    write_atomically(folder / "index.html", render_html(document).encode())
    return folder / "index.html"


def render_html(document: Mapping[str, Any]) -> str:
    """The document as one HTML file that needs nothing else."""
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["bytes"] = lambda value: f"{value:,.0f}"
    return environment.get_template("index.html").render(report=document, signs=SIGNS, cases_of=_by_model(document))


def _by_model(document: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The cases of each model by target."""
    cases: dict[str, dict[str, Any]] = {}
    for case in document["cases"]:
        cases.setdefault(case["model"], {})[case["target"]] = case
    return cases


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
