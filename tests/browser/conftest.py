"""Real headless Chromium, and reports shown in it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browsing import Shown
from documents import Document, example
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from harness.report.render import render_html

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

TIMEOUT_MS = 20_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.needs_browser)
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Document], Path]:
    """Writes the page of a document."""

    def write(document: Document) -> Path:
        path = tmp_path_factory.mktemp("report") / "index.html"
        path.write_text(render_html(document), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def example_file(report_file: Callable[[Document], Path]) -> Path:
    return report_file(example())


@pytest.fixture
def show(browser: Browser) -> Iterator[Callable[..., Shown]]:
    """Opens a report in a context of its own."""
    contexts: list[BrowserContext] = []

    def open_report(file: Path, fragment: str = "", **settings: Any) -> Shown:  # noqa: ANN401 - Playwright's own
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **settings})
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        shown = Shown(context.new_page(), file)
        shown.page.on("request", lambda request: shown.requests.append(request.url))
        shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.page.on("console", lambda message: shown.complaints.append(message.text))
        shown.go(fragment)
        return shown

    yield open_report
    for context in contexts:
        context.close()
