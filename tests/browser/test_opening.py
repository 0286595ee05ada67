"""The file opens from disk and needs nothing else; it stays small, and shows little at once."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import CASE, VIEWS, Show, Write
from documents import example, of_size
from playwright.sync_api import Browser, expect

STANDARD_BYTES, LARGE_BYTES = 3_000_000, 8_000_000
MAX_ROWS = 200


@pytest.fixture(scope="session")
def large_file(report_file: Write) -> Path:
    """A report of 10,000 cases."""
    return report_file(of_size(10_000))


@pytest.mark.parametrize("fragment", VIEWS)
def test_a_view_asks_for_nothing_and_complains_of_nothing(show: Show, example_file: Path, fragment: str) -> None:
    shown = show(example_file, fragment)
    assert {request.partition("#")[0] for request in shown.requests} - {"data:,"} == {example_file.as_uri()}
    assert shown.complaints == []


def test_what_would_ask_for_more_is_refused(show: Show, example_file: Path) -> None:
    shown = show(example_file)
    shown.page.evaluate("fetch('file:///etc/hostname').catch(() => null)")
    shown.page.evaluate("() => { document.body.append(Object.assign(new Image(), {src: 'file:///x.png'})) }")
    shown.page.wait_for_function("() => document.images[0].complete")
    assert sum("Content Security Policy" in complaint for complaint in shown.complaints) >= 2


def test_the_standard_report_is_small(report_file: Write) -> None:
    assert report_file(of_size(800)).stat().st_size < STANDARD_BYTES


def test_ten_thousand_cases_are_still_a_file_to_send(large_file: Path) -> None:
    assert large_file.stat().st_size < LARGE_BYTES


@pytest.mark.parametrize(
    "fragment", ["#overview", "#matrix", "#matrix?layout=list", "#matrix?show=ms&page=3", "#plots", CASE]
)
def test_few_rows_are_in_the_page_at_once(show: Show, large_file: Path, fragment: str) -> None:
    page = show(large_file, fragment).page
    assert page.locator("tr").count() <= MAX_ROWS


def test_all_of_it_can_be_reached_by_turning_pages(show: Show, large_file: Path) -> None:
    page = show(large_file, "#matrix?layout=list&page=100").page
    assert page.get_by_role("button", name="Next").is_disabled()
    assert page.locator("#matrix tbody tr").count() == 100
    page.get_by_role("button", name="Previous").click()
    expect(page.locator(".pager")).to_contain_text("page 99 of 100")


def test_the_page_and_the_json_say_the_same(show: Show, example_file: Path) -> None:
    page = show(example_file).page
    assert page.evaluate("JSON.parse(JSON.stringify(REPORT))") == example()


def test_without_scripts_the_overview_is_complete(example_file: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(example_file.as_uri())
    words = page.locator("main").inner_text()
    context.close()
    assert example()["verdict"]["sentence"] in words
    assert "need JavaScript" in words


def test_a_browser_that_cannot_read_the_data_says_so(browser: Browser, example_file: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(example_file.as_uri())
    expect(page.get_by_role("alert")).to_contain_text("cannot read the results")
    context.close()
