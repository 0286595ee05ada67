"""The page escapes what is hostile, gives each outcome a sign of its own and needs nothing else.

How it behaves in a browser is tested in tests/browser.
"""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from report_rows import FAILURE, MODEL, TARGET, VERDICT, Reader, document, of_each_outcome, row

from harness.report.render import CASES_SHOWN, SCRIPTS, SIGNS, render_html
from harness.results import CANNOT_TELL, WORST_FIRST
from harness.session import Session

HOSTILE = "<script>alert('1')</script>\"&"


def test_hostile_names_are_text(session: Session) -> None:
    rows = [
        row(
            outcome=CANNOT_TELL,
            model={**MODEL, "id": HOSTILE, "file": HOSTILE},
            message=HOSTILE,
            verdict={**VERDICT, "allowed": HOSTILE, "cause": HOSTILE, "remedy": HOSTILE},
            failure={**FAILURE, "cause": HOSTILE, "remedy": HOSTILE, "reproduce": HOSTILE},
            known=HOSTILE,
        ),
    ]
    page = render_html(document(session, rows))
    assert "<script>alert" not in page
    assert Reader(page).tags.count("script") == 2
    assert Reader(page).words.count(HOSTILE) == 4


def test_no_text_is_read_as_markup_in_the_page(session: Session) -> None:
    page = render_html(document(session, []))
    own = page.partition("const spoken")[2]
    assert own
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", own)


def test_each_outcome_has_a_sign_of_its_own(session: Session) -> None:
    assert set(SIGNS) == set(WORST_FIRST)
    assert len(set(SIGNS.values())) == len(SIGNS)
    reader = Reader(render_html(document(session, of_each_outcome())))
    for outcome, sign in SIGNS.items():
        assert re.search(rf"{re.escape(sign)}\s+{outcome}\s+1\s", reader.words)


def test_every_link_names_a_view_of_the_page(session: Session) -> None:
    reader = Reader(render_html(document(session, of_each_outcome())))
    views = {re.split("[/?]", link.removeprefix("#"))[0] for link in reader.links} - {"data:,"}
    assert views <= set(reader.anchors)
    assert len(set(reader.anchors)) == len(reader.anchors)


def test_the_page_needs_nothing_else(session: Session) -> None:
    page = render_html(document(session, of_each_outcome()))
    assert not re.search(r"src=|@import|url\(|<link(?! rel=\"icon\" href=\"data:,\")", page)
    assert "default-src 'none'" in page


def test_only_our_script_may_run(session: Session) -> None:
    page = render_html(document(session, [row()]))
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 1
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page
    assert SCRIPTS[0].startswith("vendor/")


@pytest.mark.parametrize("interrupted", [True, False])
def test_an_interrupted_run_says_so(session: Session, *, interrupted: bool) -> None:
    made = document(session, [row()], interrupted=interrupted)
    assert made["interrupted"] == interrupted
    assert ("This run was interrupted" in Reader(render_html(made)).words) == interrupted


def test_a_run_without_a_result_has_a_page(session: Session) -> None:
    words = Reader(render_html(document(session, [], interrupted=True))).words
    assert "the run ended before its first result" in words
    assert "Nothing was judged." in words


def test_accuracy_has_a_table(session: Session) -> None:
    names = ("before", "after", "change", "change_low", "change_high")
    figures = {
        f"accuracy_{name}": value for name, value in zip(names, (0.97, 0.96, -0.01, -0.012, -0.008), strict=True)
    }
    rows = [row(verdict={**VERDICT, "figures": figures}, target={})]
    words = Reader(render_html(document(session, rows))).words
    assert "97.00 → 96.00-1.00 [-1.20, -0.80]" in words


def test_a_few_cases_are_listed_and_many_are_not(session: Session) -> None:
    rows = [row(target={**TARGET, "id": f"u55_{number}"}) for number in range(CASES_SHOWN)]
    for asked, listed in ((rows, True), ([*rows, row(target={**TARGET, "id": "more"})], False)):
        words = Reader(render_html(document(session, asked))).words
        assert ("memory behind it" in words.partition("Targets")[0].partition("What is wrong")[2]) == listed
    assert "1.5 ms" in Reader(render_html(document(session, rows))).words


def test_what_is_unknown_is_told_in_short(session: Session) -> None:
    words = Reader(render_html(document(session, [row(verdict={**VERDICT, "figures": {}})]))).words
    for question in ("Does it run on the NPU?", "How fast?", "How much memory?", "How exact?"):
        assert words.partition(question)[2].split()[0].startswith("unknown")


def test_what_changed_since_a_baseline_is_told(session: Session) -> None:
    changes = [{"kind": "worse", "case": "gru-u55", "sentence": "2 NPU segments, were 1"}]
    made = {**document(session, [row()]), "baseline": {"file": "baseline.json", "updated": False, "changes": changes}}
    assert "2 NPU segments, were 1" in Reader(render_html(made)).words
    assert "What changed" not in Reader(render_html(document(session, [row()]))).words
