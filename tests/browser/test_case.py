"""The page of a case holds what is known of it, and nothing that a model is called can do harm."""

from __future__ import annotations

import pytest
from browsing import CASE, MODEL, Show, Write
from documents import HOSTILE, HUGE, OUTCOMES, Document, example, hostile, of_each_outcome, sample, with_extras
from documents import MODEL as SAMPLE
from playwright.sync_api import Page, expect

REPORT = example()
THE_MODEL, THE_CASE = sample(REPORT)
STREAMED = next(model["id"] for model in REPORT["models"] if any(c["verdict"].get("series") for c in model["claims"]))


def words(page: Page) -> str:
    page.evaluate("document.querySelectorAll('#case details').forEach((each) => (each.open = true))")
    return page.locator("#case").inner_text()


def test_each_claim_is_told(show: Show, example_file: object) -> None:
    text = words(show(example_file, CASE).page)
    for claim in [*THE_CASE["claims"], *THE_MODEL["claims"]]:
        for part in (claim["message"], claim["verdict"].get("allowed", ""), claim["failure"].get("remedy", "")):
            assert " ".join(part.split()) in " ".join(text.split())


def test_operators_are_told_by_time_step(show: Show, example_file: object) -> None:
    page = show(example_file, CASE).page
    rows = page.get_by_role("group", name="operators by time step").locator("tbody tr").all_inner_texts()
    (layer,), outside = THE_MODEL["graph"]["layers"], THE_MODEL["graph"]["outside"]
    first, usual, rest = (row.split("\t") for row in rows)
    (other,) = layer["others"]
    assert first[1:4] == ["0", f"{other['operators']} each", "all on the NPU"]
    assert first[4] == f"less: {', '.join(other['less'])}"
    steps = f"{layer['usual'][0]}–{layer['usual'][-1]}"  # noqa: RUF001 - as people write ranges
    assert usual[1:] == [steps, f"{len(layer['operators'])} each", "all on the NPU", "the usual step"]
    assert rest[1:4] == ["outside", str(len(outside)), "all on the NPU"]


def test_one_step_is_told_in_full_with_its_cycles(show: Show, example_file: object) -> None:
    page = show(example_file, CASE).page
    assert page.get_by_text("One step of gru_0_1 in full").is_visible()
    rows = page.get_by_role("group", name="one time step").locator("tbody tr")
    (layer,) = THE_MODEL["graph"]["layers"]
    assert rows.count() == len(layer["operators"])
    assert rows.nth(0).locator("td").first.inner_text() == layer["operators"][0]["name"]
    assert f"{THE_CASE['step_cycles'][layer['layer']][0]:,}" in rows.nth(0).inner_text()


def test_cycles_stand_beside_the_roofline(show: Show, example_file: object) -> None:
    page = show(example_file, CASE).page
    rows = page.get_by_role("group", name="where the cycles go").locator("tbody tr").all_inner_texts()
    assert any("roofline" in row and f"{THE_CASE['estimate']['roofline_cycles']:,.0f}" in row for row in rows)
    assert any("OffChipFlash" in row for row in rows)
    kinds = page.get_by_role("group", name="cycles by operator type").locator("tbody th").all_inner_texts()
    assert kinds == [kind["operator"] for kind in THE_CASE["cycles_by_operator"]]


def test_the_error_over_the_steps_is_drawn(show: Show, example_file: object) -> None:
    page = show(example_file, CASE).page
    assert page.get_by_role("img", name="Hidden state over the time steps").locator("canvas").count() == 1
    page.get_by_text("The values as a table").click()
    rows = page.get_by_role("group", name="values of Hidden state").locator("tbody tr")
    known = [db for db in THE_MODEL["quantization_error"]["hidden_db"] if db is not None]
    expect(rows).to_have_count(len(known))


def test_streams_are_drawn_and_named(show: Show, example_file: object) -> None:
    page = show(example_file, f"#case/{STREAMED}").page
    figure = page.locator("figure").filter(has=page.get_by_role("img", name="SQNR over a stream, output"))
    ways = figure.locator(".legend li").all_inner_texts()
    assert {"by contract on the host", "raw bytes", "reset each window", "rounding alone"} <= set(ways)
    figure.get_by_text("The values as a table").click()
    expect(figure.locator("tbody tr").first).to_be_visible()


def test_a_part_of_the_page_is_reached_by_its_name(show: Show, example_file: object) -> None:
    page = show(example_file, CASE).page
    names = page.get_by_role("navigation", name="on this page").get_by_role("button")
    assert names.all_inner_texts() == page.locator("#case h2").all_inner_texts()
    names.get_by_text("Cost").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cost", exact=True)).to_be_focused()
    assert page.url.endswith(CASE)


def test_a_case_counts_its_claims(show: Show, report_file: Write) -> None:
    document = of_each_outcome()
    place = OUTCOMES.index("fail")
    told = show(report_file(document), f"#case/{SAMPLE}/target_{place}").page.locator("#case .sum").inner_text()
    claims = len(THE_CASE["claims"])
    assert f"{claims} claims (1 fail, {claims - 1} pass) on this target" in told


def test_the_command_asks_about_this_case_alone(show: Show, example_file: object) -> None:
    assert f"{REPORT['command']} -k '{THE_CASE['id']}'" in words(show(example_file, CASE).page)


def test_a_model_shows_its_targets(show: Show, example_file: object) -> None:
    page = show(example_file, MODEL).page
    rows = page.get_by_role("group", name="targets").locator("#case tbody tr, tbody tr").all_inner_texts()
    assert sum("ethos-u" in row for row in rows) == len(REPORT["targets"])


def test_a_case_that_is_not_there_is_told(show: Show, example_file: object) -> None:
    shown = show(example_file, "#case/no_such_model/no_such_target")
    assert "Not in this report" in shown.page.locator("#case").inner_text()
    assert shown.complaints == []


def test_what_cannot_be_told_says_why(show: Show, report_file: Write) -> None:
    document = of_each_outcome()
    file = report_file(document)
    for place, outcome in enumerate(OUTCOMES):
        page = show(file, f"#case/{SAMPLE}/target_{place}").page
        claim = page.get_by_role("group", name="claims").first.locator("tbody tr").first.inner_text()
        assert outcome in claim
        assert f"said of {outcome}" in claim
        assert ("Again:" in claim) == (outcome == "cannot tell")
        assert page.get_by_role("link", name="said of cannot tell").count() == (outcome == "cannot tell")


def test_a_state_contract_comes_with_its_c(show: Show, report_file: Write) -> None:
    document = with_extras()
    text = words(show(report_file(document), f"#case/{SAMPLE}").page)
    assert "state_h_out" in text
    assert "not one state" in text
    assert "void carry_state_h" in text
    assert "no: rescale them" in text


def test_series_of_any_claim_are_drawn(show: Show, report_file: Write) -> None:
    page = show(report_file(with_extras()), f"#case/{SAMPLE}").page
    figures = page.locator("figure").filter(has_text="walk db")
    assert page.get_by_role("img", name="walk db output").locator("canvas").count() == 1
    assert page.get_by_role("img", name="walk db host state h").locator("canvas").count() == 1
    assert figures.locator(".legend li").all_inner_texts() == ["host", "raw"]
    figures.first.get_by_text("The values as a table").click()
    expect(figures.first.locator("tbody tr")).to_have_count(5)


def test_an_issue_is_a_link_and_nothing_else_is(show: Show, report_file: Write) -> None:
    document = example()
    model, _ = sample(document)
    issue = "https://github.com/tensorflow/tensorflow/issues/1"
    said = f"see {issue}. and https://elsewhere.example/x or javascript:alert(1)"
    model["claims"][0]["verdict"] = {**model["claims"][0]["verdict"], "cause": said}
    document["findings"] = [{**document["findings"][0], "cause": said}]
    file = report_file(document)
    for fragment, part in (("#overview", ".findings p"), (f"#case/{SAMPLE}", ".claims td")):
        cell = show(file, fragment).page.locator(part).filter(has_text="elsewhere.example")
        assert said in cell.inner_text()
        assert cell.locator("a").evaluate_all("all => all.map(each => each.href)") == [issue]


def test_a_series_of_all_models_can_be_chosen(show: Show, report_file: Write) -> None:
    page = show(report_file(with_extras()), "#plots").page
    page.get_by_role("combobox", name="series", exact=True).select_option("walk db host state h")
    title = page.get_by_role("img", name="walk db host state h")
    expect(title.locator("canvas")).to_have_count(1)
    assert "series=test_walks+walk_db_host_state_h" in page.url
    figure = page.locator("figure").filter(has=title)
    figure.get_by_text("The values as a table").click()
    expect(figure.locator("tbody tr")).to_have_count(3)


def test_changes_since_the_baseline_are_told(show: Show, report_file: Write) -> None:
    text = show(report_file(with_extras())).page.locator("#overview").inner_text()
    assert "baseline.json" in text
    assert "2 NPU segments, were 1" in text


@pytest.mark.parametrize("interrupted", [True, False])
def test_an_interrupted_run_says_so(show: Show, report_file: Write, *, interrupted: bool) -> None:
    page = show(report_file({**example(), "interrupted": interrupted}), "#matrix").page
    assert page.get_by_text("This run was interrupted").is_visible() == interrupted


@pytest.mark.parametrize("name", [HOSTILE, HUGE], ids=["markup", "10 kB"])
def test_hostile_names_are_text_everywhere(show: Show, report_file: Write, name: str) -> None:
    shown = show(report_file(hostile(name)))
    page = shown.page
    for fragment in ("#overview", "#matrix", "#matrix?layout=list", "#plots"):
        shown.go(fragment)
        _unhurt(page)
    page.goto(f"{shown.file.as_uri()}#matrix")
    page.locator("#matrix tbody th a").first.click()
    expect(page.locator("#case h1")).to_contain_text(name)
    _unhurt(page)
    page.locator("#case td a").first.click()
    expect(page.locator("#case h1")).to_contain_text(" on ethos-u")
    assert words(page).count(name) >= 10
    _unhurt(page)
    assert shown.complaints == []


def _unhurt(page: Page) -> None:
    assert page.evaluate("window.hurt") is None
    assert page.locator("script").count() == 2
    assert page.locator("img[src]").count() == 0
    document: Document = page.evaluate("({wide: document.documentElement.scrollWidth, window: innerWidth})")
    assert document["wide"] <= document["window"]
