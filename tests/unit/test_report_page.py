"""The page escapes what is hostile, gives each outcome a sign of its own and needs nothing else."""

from __future__ import annotations

import re

import pytest
from report_rows import FAILURE, MODEL, VERDICT, Reader, document, of_each_outcome, row

from harness.report.render import SIGNS, render_html
from harness.results import CANNOT_TELL, WORST_FIRST
from harness.session import Session

HOSTILE = "<script>alert('1')</script>\"&"


def test_hostile_names_are_text(session: Session) -> None:
    rows = [
        row(
            model={**MODEL, "id": HOSTILE, "file": HOSTILE},
            message=HOSTILE,
            verdict={**VERDICT, "allowed": HOSTILE, "cause": HOSTILE, "remedy": HOSTILE},
            failure={**FAILURE, "cause": HOSTILE, "remedy": HOSTILE, "reproduce": HOSTILE},
            known=HOSTILE,
        ),
    ]
    page = render_html(document(session, rows))
    reader = Reader(page)
    assert "<script" not in page
    assert "script" not in reader.tags
    assert reader.words.count(HOSTILE) >= 9
    assert HOSTILE in reader.anchors


def test_each_outcome_has_a_sign_of_its_own(session: Session) -> None:
    assert set(SIGNS) == set(WORST_FIRST)
    assert len(set(SIGNS.values())) == len(SIGNS)
    reader = Reader(render_html(document(session, of_each_outcome())))
    for outcome, sign in SIGNS.items():
        assert re.search(rf"{re.escape(sign)}\s+1 {outcome}", reader.words)


def test_every_link_has_its_place(session: Session) -> None:
    reader = Reader(render_html(document(session, of_each_outcome())))
    assert len(reader.links) > len(WORST_FIRST)
    assert {link.removeprefix("#") for link in reader.links} <= set(reader.anchors)
    assert len(set(reader.anchors)) == len(reader.anchors)


def test_the_page_needs_nothing_else(session: Session) -> None:
    page = render_html(document(session, of_each_outcome()))
    assert not re.search(r"https?://|src=|@import|url\(", page)


@pytest.mark.parametrize("interrupted", [True, False])
def test_an_interrupted_run_says_so(session: Session, *, interrupted: bool) -> None:
    made = document(session, [row()], interrupted=interrupted)
    assert made["interrupted"] == interrupted
    assert ("This run was interrupted" in Reader(render_html(made)).words) == interrupted


def test_a_failure_is_told_with_the_command_that_shows_it_again(session: Session) -> None:
    failed = row(outcome=CANNOT_TELL, verdict={}, failure=FAILURE, message=FAILURE["sentence"])
    words = Reader(render_html(document(session, [failed]))).words
    assert "compilation crashed with SIGSEGV" in words
    assert FAILURE["reproduce"] in words
    assert f"{FAILURE['cause']}Remedy: {FAILURE['remedy']}" in words


def test_accuracy_has_a_table(session: Session) -> None:
    names = ("before", "after", "change", "change_low", "change_high")
    figures = {
        f"accuracy_{name}": value for name, value in zip(names, (0.97, 0.96, -0.01, -0.012, -0.008), strict=True)
    }
    rows = [row(verdict={**VERDICT, "figures": figures}, target={})]
    words = Reader(render_html(document(session, rows))).words
    assert "97.00 %96.00 %-1.00 [-1.20, -0.80]" in words
