"""What is written of a comparison: the most important first, long lists cut with a count, the same each time."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from diff_subjects import CHAIN, FLOAT_SPLIT, NEW, OLD, PER_CHANNEL, case, figures, model, side
from report_rows import Reader

from harness.diff import build_diff, compare
from harness.diff.page import to_html
from harness.diff.subject import Side, Subject
from harness.diff.text import LINES, ROWS, to_markdown, to_text
from harness.report.render import to_json

FC = {"FULLY_CONNECTED": 7}
OUTPUTS = {"text": to_text, "markdown": to_markdown, "html": to_html, "json": to_json}


def many(number: int, **changes: Any) -> list[Subject]:  # noqa: ANN401 - fields of a case
    return [case(name=f"gru-u{place}", **changes) for place in range(number)]


def diff(before: Side, after: Side) -> dict[str, Any]:
    return build_diff(compare(before, after))


def different() -> dict[str, Any]:
    """Something of everything: worse, better, not judged, came, went, and tools that differ."""
    before = side("old", *many(20, tools=OLD), case(tools=OLD), model(tools=OLD), model(name="gone"), vela="3.10.0")
    after = side(
        "new",
        *many(20, tools=NEW, inventory=PER_CHANNEL, on_cpu=FC, figures=figures(npu_segments=8.0)),
        case(tools=NEW, figures=figures(sram_used_bytes=1.0, total_cycles=9e6)),
        model(tools=NEW, figures=figures(sqnr_db_output=31.0)),
        model(name="came"),
        vela="5.2.0",
    )
    return diff(before, after)


@pytest.mark.parametrize("name", OUTPUTS)
def test_equal_sides_are_no_difference(name: str) -> None:
    same = diff(side("a", case(), model()), side("b", case(), model()))
    assert same["verdict"]["outcome"] == "same"
    assert "no difference: 1 model and 1 case are alike" in OUTPUTS[name](same)


def test_tools_alone_are_told() -> None:
    text = to_text(diff(side("a", case(), vela="5.1"), side("b", case(), vela="5.2")))
    assert "no difference but in the tools" in text
    assert "vela 5.1 -> 5.2" in text


@pytest.mark.parametrize(
    ("after", "outcome", "sentence"),
    [
        (case(on_cpu={"TANH": 1}), "worse", "worse: 1 change in 1 of 1 model or case: 1 for the worse"),
        (case(figures=figures(ms=1.0)), "different", "not worse: 1 change in 1 of 1 model or case: 1 for the better"),
        (case(figures=figures(ms=2.02)), "different", "not worse: 1 change in 1 of 1 model or case: 1 neither"),
    ],
)
def test_the_verdict(after: Subject, outcome: str, sentence: str) -> None:
    assert diff(side("a", case()), side("b", after))["verdict"] == {"outcome": outcome, "sentence": sentence}


@pytest.mark.parametrize("name", OUTPUTS)
def test_each_output_tells_verdict_causes_tools_and_figures(name: str) -> None:
    text = OUTPUTS[name](different())
    for words in ("for the worse", "per-channel FULLY_CONNECTED", "3.10.0", "5.2.0", "pair TensorFlow 2.17", "gru-u0"):
        assert words in text


@pytest.mark.parametrize("name", OUTPUTS)
def test_equal_comparisons_are_equal_bytes(name: str) -> None:
    assert OUTPUTS[name](different()) == OUTPUTS[name](different())


def test_what_is_worse_comes_first() -> None:
    groups = different()["groups"]
    assert [group["changes"][0]["kind"] for group in groups] == sorted(
        (group["changes"][0]["kind"] for group in groups), key=["worse", "went", "came", "better", "shown"].index
    )
    assert groups[0]["cause"] == "per-channel FULLY_CONNECTED"
    kinds = [change["kind"] for change in groups[0]["changes"]]
    assert kinds == sorted(kinds, key=["worse", "better", "shown"].index)


def test_the_same_change_of_many_is_told_once_with_its_span() -> None:
    before = side("a", *many(3))
    grown = [figures(ms=2.2), figures(ms=2.4), figures(ms=3.0)]
    after = side("b", *(replace(one, figures=more) for one, more in zip(many(3), grown, strict=True)))
    ((line,),) = [group["lines"] for group in diff(before, after)["groups"]]
    assert line["text"] == "time of one inference: +10.0 to +50.0 %"
    assert line["subjects"] == ["gru-u0", "gru-u1", "gru-u2"]
    assert "[gru-u0 and 2 more]" in to_text(diff(before, after))


def test_numbers_of_many_are_told_each_once() -> None:
    after = [replace(one, on_cpu={"TANH": place // 2 + 1}) for place, one in enumerate(many(10))]
    ((line,),) = [group["lines"] for group in diff(side("a", *many(10)), side("b", *after))["groups"]]
    assert line["text"] == "TANH moved to the CPU (0 -> 1; 0 -> 2; 0 -> 3; 2 others)"


def test_long_lists_are_cut_with_a_count() -> None:
    text = to_text(different())
    assert f"... and {21 - ROWS} more rows" in text
    names = {f"OP_{place}": 1 for place in range(LINES + 3)}
    text = to_text(diff(side("a", case()), side("b", case(on_cpu=names))))
    assert "... and 3 more changes" in text
    assert text.count("moved to the CPU") == LINES


def test_a_table_holds_only_what_differs() -> None:
    made = diff(side("a", case(), case(name="same")), side("b", case(figures=figures(ms=3.0)), case(name="same")))
    (table,) = made["tables"]
    assert [row["subject"] for row in table["rows"]] == ["gru-u55"]
    assert table["rows"][0]["cells"][table["columns"].index("time of one inference")] == "2.000 ms -> 3.000 ms"
    errors = diff(side("a", model()), side("b", model(figures=figures(sqnr_db_output=20.0))))["tables"]
    assert [(table["title"], table["rows"][0]["cells"]) for table in errors] == [("Error", ["30.00 dB -> 20.00 dB"])]


def test_what_one_side_does_not_know_is_unknown() -> None:
    lost = {name: value for name, value in figures().items() if name != "ms"}
    (table,) = diff(side("a", case()), side("b", case(figures=lost)))["tables"]
    assert "2.000 ms -> unknown" in table["rows"][0]["cells"]


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = Reader(to_html(different()))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert [link for link in page.links if link.startswith(("http:", "//"))] == []
    assert {link for link in page.links if "://" in link} <= {"https://github.com/tensorflow/tensorflow/issues/97941"}


@pytest.mark.parametrize("name", ["html", "markdown"])
def test_names_are_text_and_never_markup(name: str) -> None:
    odd = "<b>a|b</b>"
    made = diff(side(odd, model(name="a"), case()), side("b", model(name="a"), case(on_cpu={odd: 1})))
    text = OUTPUTS[name](made)
    assert "<b>a" not in text
    if name == "markdown":
        assert not re.search(r"(?<!\\)\|b", text)


def test_the_json_holds_every_change() -> None:
    read = json.loads(to_json(different()))
    assert read["schema_version"] == 1
    assert sum(len(group["changes"]) for group in read["groups"]) == 45
    assert read["compared"] == {"models": 1, "cases": 21}


def test_the_float_chain_is_told_with_where_it_is_reported() -> None:
    chain = case(inventory=FLOAT_SPLIT, on_cpu=CHAIN)
    text = to_text(diff(side("a", case()), side("b", chain)))
    assert "float SPLIT chain (likely)" in text
    assert "reported: https://github.com/tensorflow/tensorflow/issues/97941" in text
