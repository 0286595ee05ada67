"""Filters, order, groups, search and heat map; the address holds all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import Show, Write
from documents import OUTCOMES, example, of_each_outcome
from playwright.sync_api import Page, expect

MODELS = {model["id"]: model for model in example()["models"]}
RNN = [name for name, model in MODELS.items() if model["cell"] == "rnn"]


def models_shown(page: Page) -> list[str]:
    return page.locator("#matrix tbody th[scope=row]").all_inner_texts()


def tick(page: Page, name: str, value: str) -> None:
    page.locator(f".choice[data-name={name}] > summary").click()
    page.locator(f"#matrix input[name={name}][value='{value}']").click()


@pytest.mark.parametrize(
    ("name", "value"),
    [("cell", "gru"), ("units", "32"), ("time_steps", "8"), ("state", "transfer"), ("weights", "mnist")],
)
def test_a_filter_keeps_what_it_says(show: Show, example_file: Path, name: str, value: str) -> None:
    page = show(example_file, "#matrix").page
    tick(page, name, value)
    assert f"{name}={value}" in page.url
    wanted = [model for model in MODELS if str(MODELS[model][name]) == value]
    assert models_shown(page) == wanted


def test_every_parameter_in_which_the_models_differ_has_a_filter(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    names = page.locator("#matrix .choice").evaluate_all("all => all.map(each => each.dataset.name)")
    assert {"outcome", "cell", "units", "time_steps", "state", "weights"} <= set(names)
    assert {"accelerator", "system_config", "memory_mode", "target"} <= set(names)


def test_two_values_of_a_filter_add_up(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?cell=gru,lstm").page
    assert models_shown(page) == [model for model in MODELS if MODELS[model]["cell"] != "rnn"]


def test_a_filter_of_targets_takes_columns(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?accelerator=ethos-u85-256").page
    heads = page.locator("#matrix thead th").all_inner_texts()
    assert [head.split("\n")[0] for head in heads] == ["model", "the model itself", "ethos-u85-256"]


def test_a_filter_of_outcomes_keeps_the_rows_that_have_them(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?outcome=known").page
    assert models_shown(page) == [name for name, model in MODELS.items() if model["outcome"] == "known"]


def test_the_search_finds_names_and_causes(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    page.get_by_label("search").fill("lstm U32")
    assert models_shown(page) == [model for model in MODELS if "lstm_u32" in model]
    page.get_by_label("search").fill("sigsegv")
    assert models_shown(page) == [model for model in MODELS if model.endswith("t28_none_mnist_int8")]
    page.get_by_label("search").fill("no such thing")
    assert "No model fits" in page.locator("#matrix").inner_text()


def test_the_order_follows_a_figure(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?layout=list&sort=ms.down").page
    told = page.locator("#matrix tbody tr td:nth-child(4)").all_inner_texts()
    known = [float(time.removesuffix(" ms")) for time in told if time != "unknown"]
    assert known == sorted(known, reverse=True)
    assert told[len(known) :] == ["unknown"] * (len(told) - len(known))
    assert len(known) > 10


def test_the_worst_come_first(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    page.get_by_label("sort by").select_option("worst first")
    known = sum(model["outcome"] == "known" for model in MODELS.values())
    assert {MODELS[model]["outcome"] for model in models_shown(page)[:known]} == {"known"}


@pytest.mark.parametrize("layout", ["", "&layout=list"])
def test_the_order_follows_a_parameter(show: Show, example_file: Path, layout: str) -> None:
    page = show(example_file, f"#matrix?sort=units{layout}").page
    names = page.locator("#matrix td.name").all_inner_texts() if layout else models_shown(page)
    units = [MODELS[name]["units"] for name in names]
    assert units == sorted(units)
    assert len(set(units)) > 1


def test_a_parameter_that_is_new_needs_nothing_else(show: Show, report_file: Write) -> None:
    document = example()
    for place, model in enumerate(document["models"]):
        model["toolchain"] = f"tensorflow 2.{20 + place % 2}"
    page = show(report_file(document), "#matrix?group=toolchain&sort=toolchain").page
    headings = page.locator("#matrix tbody th[scope=rowgroup]").all_inner_texts()
    assert headings == ["toolchain: tensorflow 2.20", "toolchain: tensorflow 2.21"]
    tick(page, "toolchain", "tensorflow 2.20")
    assert models_shown(page) == list(MODELS)[::2]


def test_groups_have_headings(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    page.get_by_label("group by").select_option("cell")
    headings = page.locator("#matrix tbody th[scope=rowgroup]").all_inner_texts()
    assert headings == ["cell: gru", "cell: lstm", "cell: rnn"]


@pytest.mark.parametrize(
    ("figure", "unit"),
    [
        ("npu_operator_coverage", "%"),
        ("npu_segments", ""),
        ("ms", "ms"),
        ("sqnr_db_output", "dB"),
        ("sram_used_bytes", "B"),
        ("weight_reads", "times"),
    ],
)
def test_a_figure_is_a_heat_map_with_its_numbers(show: Show, example_file: Path, figure: str, unit: str) -> None:
    page = show(example_file, f"#matrix?show={figure}").page
    cells = page.locator("#matrix td.heat")
    holding = [
        item for kind in ("models", "cases") for item in example()[kind] if item["figures"].get(figure) is not None
    ]
    assert cells.count() == len(holding) > 0
    assert all(unit in text.replace("bytes", "B") for text in cells.all_inner_texts())
    shares = cells.evaluate_all("all => all.map(each => Number(each.style.getPropertyValue('--share')))")
    assert all(0 <= share <= 1 for share in shares)


def test_a_heat_map_leaves_out_who_has_no_number_and_says_so(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?show=ms").page
    without = [name for name in MODELS if not any(name == case["model"] for case in example()["cases"])]
    assert len(without) > 0
    assert models_shown(page) == [name for name in MODELS if name not in without]
    assert f"{len(without)} more models without this figure" in page.locator("#matrix").inner_text()


def test_what_people_ask_for_comes_first(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    shown = page.get_by_role("combobox", name="show", exact=True)
    first = shown.locator("optgroup").first.locator("option").evaluate_all("all => all.map(each => each.value)")
    asked = ["npu_operator_coverage", "npu_segments", "ms", "sqnr_db_output", "sram_used_bytes", "weight_reads"]
    assert first == asked
    values = shown.locator("option").evaluate_all("all => all.map(each => each.value)")
    assert len(set(values)) == len(values)


def test_one_claim_can_be_shown(show: Show, example_file: Path) -> None:
    finding = next(entry for entry in example()["findings"] if set(entry["subjects"]) <= set(MODELS))
    page = show(example_file, f"#matrix?show=claim.{finding['test']}&outcome={finding['outcome']}").page
    assert models_shown(page) == [name for name in MODELS if name in finding["subjects"]]


def test_back_and_forward_work(show: Show, example_file: Path) -> None:
    page = show(example_file).page
    page.get_by_role("link", name="Matrix", exact=True).click()
    tick(page, "cell", "rnn")
    page.get_by_role("combobox", name="show", exact=True).select_option("time of one inference")
    page.locator("#matrix td.heat a").first.click()
    expect(page.locator("#case h1")).to_be_visible()
    names, heat = page.locator("#matrix tbody th[scope=row]"), page.locator("#matrix td.heat")
    page.go_back()
    expect(heat).to_have_count(sum(case["model"] in RNN and "ms" in case["figures"] for case in example()["cases"]))
    page.go_back()
    expect(heat).to_have_count(0)
    expect(names).to_have_count(len(RNN))
    page.go_back()
    expect(names).to_have_count(len(MODELS))
    expect(page.locator("#matrix input[name=cell][value=rnn]")).not_to_be_checked()
    page.go_forward()
    expect(names).to_have_count(len(RNN))
    expect(page.locator("#matrix input[name=cell][value=rnn]")).to_be_checked()


def test_a_link_shows_the_same_again(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix").page
    tick(page, "state", "none")
    page.get_by_label("group by").select_option("units")
    page.get_by_label("sort by").select_option("worst first")
    page.get_by_label("search").fill("28")
    again = show(example_file, page.url.partition("index.html")[2]).page
    assert again.locator("#matrix .results").inner_text() == page.locator("#matrix .results").inner_text()
    assert again.get_by_label("group by").input_value() == "units"
    assert again.get_by_label("search").input_value() == "28"


def test_all_filters_can_be_taken_back(show: Show, example_file: Path) -> None:
    page = show(example_file, "#matrix?cell=gru&q=u32&show=ms").page
    page.locator("#matrix").get_by_role("button", name="Show all").click()
    assert models_shown(page) == list(MODELS)
    assert page.url.endswith("#matrix")


def test_each_outcome_looks_different_without_color(show: Show, report_file: Write) -> None:
    page = show(report_file(of_each_outcome()), "#matrix").page
    cells = page.locator("#matrix tbody td a").all_inner_texts()[1:]
    assert [cell.strip().split("\n")[0].split(maxsplit=1)[1] for cell in cells] == list(OUTCOMES)
    endings = [cell.partition("\n")[2].strip() for cell in cells]
    assert [bool(ending) for ending in endings] == [outcome == "cannot tell" for outcome in OUTCOMES]
    assert endings[0] == "crashed SIGSEGV"
    assert len({cell.strip().split()[0] for cell in cells}) == len(OUTCOMES)
    borders = page.locator("#matrix tbody td:has(a)").evaluate_all(
        "all => all.slice(1).map(each => { const style = getComputedStyle(each);"
        " return style.borderTopStyle + style.borderTopWidth + style.borderBottomStyle + style.borderBottomWidth })"
    )
    assert len(set(borders)) == len(OUTCOMES)
