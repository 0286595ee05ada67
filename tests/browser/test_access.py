"""For everybody: no violation that axe knows, every control by keyboard, narrow screens, paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import CASE, VIEWS, Show, Write
from documents import MODEL as SAMPLE
from documents import of_each_outcome, of_size
from playwright.sync_api import Page, expect

CONTROLS = "a[href], button:not(:disabled), input, select, summary, [tabindex='0']"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{entry['id']}: {node['html'][:200]}" for entry in found for node in entry["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", VIEWS)
def test_axe_finds_nothing(show: Show, example_file: Path, fragment: str, scheme: str) -> None:
    assert violations(show(example_file, fragment, color_scheme=scheme).page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_outcome(show: Show, report_file: Write, scheme: str) -> None:
    file = report_file(of_each_outcome())
    for fragment in ("#matrix", f"#case/{SAMPLE}/target_0"):
        page = show(file, fragment, color_scheme=scheme).page
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert violations(page) == []


def test_axe_sees_what_is_wrong(show: Show, example_file: Path) -> None:
    page = show(example_file).page
    page.evaluate("document.querySelector('main').append(Object.assign(new Image(), {src: 'data:,'}))")
    assert any(entry.startswith("image-alt") for entry in violations(page))


@pytest.mark.parametrize("fragment", ["#overview", "#matrix?cell=gru&units=32", CASE, "#plots"])
def test_every_control_is_reached_with_the_tab_key(show: Show, example_file: Path, fragment: str) -> None:
    page = show(example_file, fragment).page
    there = page.evaluate(
        "(controls) => [...document.querySelectorAll(controls)].filter((each) => each.checkVisibility()"
        " && !each.closest('details:not([open]) > :not(summary)')).length",
        CONTROLS,
    )
    reached = 0
    for _ in range(there + 5):
        page.keyboard.press("Tab")
        reached += page.evaluate(
            "() => { const here = document.activeElement; const first = here.matches(':not(body, html)') && !here.seen;"
            " here.seen = true; return first; }"
        )
    assert there > 5
    assert reached >= there


def test_a_filter_works_by_keyboard(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    page.locator(".choice[data-name=cell] > summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile("cell=gru$"))
    expect(page.locator("#matrix input[name=cell][value=gru]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".choice[data-name=cell] > summary")).to_be_focused()
    expect(page.locator(".choice[data-name=cell] > summary")).to_have_text("cell: gru")
    expect(page.locator(".choice[data-name=cell] input").first).not_to_be_visible()


def test_a_choice_works_by_keyboard(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?layout=list").page
    page.get_by_role("combobox", name="as", exact=True).focus()
    page.keyboard.press("ArrowUp")
    expect(page).to_have_url(re.compile("#matrix$"))
    expect(page.locator("#matrix table.matrix")).to_be_visible()


def test_pages_are_turned_by_keyboard(show: Show, report_file: Write) -> None:
    page = show(report_file(of_size(300)), "#matrix?layout=list").page
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".pager")).to_contain_text("page 2 of 3")
    page.keyboard.press("Enter")
    expect(page.locator(".pager")).to_contain_text("page 3 of 3")
    expect(page.get_by_role("button", name="Previous")).to_be_focused()


def test_a_view_begins_at_its_heading(show: Show, example_file: Path) -> None:
    page = show(example_file).page
    page.get_by_role("link", name="Matrix", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Models and targets")).to_be_focused()
    expect(page).to_have_title(re.compile("^Models and targets"))
    expect(page.locator("nav a[aria-current=page]")).to_have_text("Matrix")


def test_the_skip_link_leads_to_the_content(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?cell=gru").page
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    expect(page).to_have_url(re.compile("#matrix\\?cell=gru$"))


@pytest.mark.parametrize("fragment", VIEWS)
def test_a_narrow_screen_does_not_scroll_sideways(show: Show, example_file: Path, fragment: str) -> None:
    page = show(example_file, fragment, viewport={"width": 380, "height": 800}).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 380


@pytest.mark.parametrize("fragment", ["#overview", "#matrix", CASE])
def test_paper_is_light_and_without_controls(show: Show, example_file: Path, fragment: str) -> None:
    page = show(example_file, fragment, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("header").is_visible()
    assert page.locator(".controls:visible").count() == 0
    assert len(page.pdf()) > 10_000
