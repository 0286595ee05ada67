"""The document as one HTML file that needs nothing else, in the style of the report."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.diff.change import BETTER, CAME, SHOWN, WENT, WORSE
from harness.diff.document import DIFFERENT, SAME
from harness.diff.text import title
from harness.wording import count

STYLE = Path(__file__).parent.parent / "report" / "templates" / "report.css"
SIGNS = {WORSE: "✗", BETTER: "✓", SHOWN: "•", CAME: "+", WENT: "-"}
STAMPS = {WORSE: "✗", DIFFERENT: "≠", SAME: "="}
CLASSES = {WORSE: "fail", BETTER: "pass", SHOWN: "soft", CAME: "fixed", WENT: "known", DIFFERENT: "fixed", SAME: "pass"}
"""The report's styles of outcomes, by what they mean here."""


def to_html(document: Mapping[str, Any]) -> str:
    """The page; it has no script, and its content security policy names the one style."""
    style = STYLE.read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        _environment()
        .get_template("diff.html")
        .render(
            diff=document,
            style=Markup(style),  # noqa: S704 - our own file, without any text of a report
            style_hash=f"sha256-{digest}",
            signs=SIGNS,
            stamps=STAMPS,
            classes=CLASSES,
        )
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.diff"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["counted"] = count
    environment.filters["title_of"] = title
    environment.filters["arrows"] = lambda text: text.replace(" -> ", " → ")
    return environment
