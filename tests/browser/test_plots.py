"""Plots of the right figures, whose points lead to their cases."""

from __future__ import annotations

import re
from pathlib import Path

from browsing import Show
from documents import example
from playwright.sync_api import Page, expect

TITLES = (
    "time of one inference against time steps",
    "SQNR, output against time steps",
    "time of one inference against units",
    "SQNR, output against units",
    "time of one inference against SRAM",
)


def table_of(page: Page, title: str) -> list[list[str]]:
    figure = page.locator("figure").filter(has=page.get_by_role("img", name=title))
    figure.get_by_text("The values as a table").click()
    figure.locator("tbody tr").first.wait_for()
    return [row.split("\t") for row in figure.locator("tbody tr").all_inner_texts()]


def test_the_plots_are_there(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots").page
    for title in TITLES:
        assert page.get_by_role("img", name=title).locator("canvas").count() == 1
    series = any(claim["verdict"].get("series") for model in example()["models"] for claim in model["claims"])
    assert page.locator("figure").count() == len(TITLES) + series


def test_what_is_drawn_is_what_was_estimated(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots").page
    (case,) = (
        case
        for case in example()["cases"]
        if case["model"] == "lstm_u32_t28_none_int8" and case["target"].startswith("u55_128")
    )
    assert ["lstm, 32 units", "28", f"{case['figures']['ms']:.3f} ms"] in table_of(page, TITLES[0])


def test_a_plot_follows_the_filters_and_the_target(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots?cell=lstm&on=u85_256_sys_dram_mid_dedicated_sram").page
    rows = table_of(page, TITLES[0])
    assert {row[0] for row in rows} == {"lstm, 32 units", "lstm, 256 units"}
    assert "ethos-u85-256" in page.locator("figure").first.inner_text()


def test_time_against_sram_tells_accelerator_and_memory_mode(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots").page
    names = {row[0] for row in table_of(page, TITLES[4])}
    targets = example()["targets"]
    assert names == {f"{target['accelerator']} {target['memory_mode']}" for target in targets}


def test_a_value_leads_to_its_case(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots").page
    table_of(page, TITLES[4])
    page.locator("figure tbody a").first.click()
    expect(page.locator("#case h1")).to_have_text(re.compile(" on ethos-u55-128$"))


def test_the_pointer_reads_the_nearest_point(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots").page
    plot = page.get_by_role("img", name=TITLES[0])
    place = plot.locator(".u-over").bounding_box()
    assert place is not None
    for part in range(20):
        page.mouse.move(place["x"] + place["width"] * 0.065, place["y"] + place["height"] * part / 20)
        if "ms at 8" in page.locator("figure .reading").first.inner_text():
            break
    assert "ms at 8" in page.locator("figure .reading").first.inner_text()
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#case h1")).to_be_visible()


def test_colors_follow_the_scheme(show: Show, example_file: Path) -> None:
    page = show(example_file, "#plots", color_scheme="light").page
    light = page.locator("figure canvas").first.evaluate("canvas => canvas.toDataURL()")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("light => document.querySelector('figure canvas').toDataURL() !== light", arg=light)
