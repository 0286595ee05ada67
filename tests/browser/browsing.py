"""A report in the browser, and the views that it has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from documents import MODEL as SAMPLE
from documents import TARGET, Document
from playwright.sync_api import Page

CASE = f"#case/{SAMPLE}/{TARGET}"
MODEL = "#case/lstm_u32_t8_none_int8"
VIEWS = ("#overview", "#matrix", "#matrix?show=ms&group=cell", "#matrix?layout=list", CASE, MODEL, "#plots")


@dataclass
class Shown:
    """A report in the browser: its page, what it asked for beside itself, and what it complained of."""

    page: Page
    file: Path
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def go(self, fragment: str) -> Page:
        """Open the report at a fragment, anew."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + fragment)
        self.page.wait_for_selector("html[data-ready]")
        return self.page


Show = Callable[..., Shown]
Write = Callable[[Document], Path]
