"""Each constraint is decided as Vela decides it: models right and wrong in just one way, which Vela judges too."""

from __future__ import annotations

import re
from typing import Any

import pytest
from agreement_models import MORE
from constraint_row import U55, U85, Row
from constraint_rows import ROWS
from predicting import value

from harness.engine import Engine
from harness.evidence import CpuOperator
from harness.explain import explain
from harness.jobs import Job
from harness.operators import FAMILIES, UNSUPPORTED
from harness.operators.constraints import CONSTRAINTS

pytestmark = pytest.mark.usefixtures("prediction_stages")

# Vela's reason names the type; the sentence of the constraint only says which types there are.
SAME_CAUSE = {"float": {"float", "element type"}}


@pytest.fixture(scope="module")
def rows(engine: Engine) -> dict[str, Any]:
    """For each row, its two models as predicted and as compiled, by family."""
    return value(engine.observe(Job("judge_rows")))


@pytest.fixture(scope="module")
def more(engine: Engine) -> dict[str, Any]:
    """The same for each further model."""
    return value(engine.observe(Job("judge_more")))


EACH_ROW = pytest.mark.parametrize("row", ROWS, ids=[row.sentence for row in ROWS])


@EACH_ROW
def test_a_model_that_is_right_meets_the_constraint(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["right"][family]
        assert [text for text in judged["violated"] if text.startswith(row.sentence)] == []
        if not row.alone:
            assert judged["predicted"] == judged["compiled"] == "npu"


@EACH_ROW
def test_a_model_that_is_wrong_violates_it_in_the_words_of_vela(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["wrong"][family]
        first = judged["violated"][0]
        assert first.startswith(row.sentence)
        assert judged["predicted"] == "cpu"
        if not row.alone:
            assert (judged["compiled"], judged["said"]) == ("cpu", [first])


@EACH_ROW
def test_the_cause_is_the_same_by_the_reason_and_by_the_sentence(rows: dict[str, Any], row: Row) -> None:
    for family in row.families:
        judged = rows[row.sentence]["wrong"][family]
        by_sentence = explain(CpuOperator(judged["name"], "out", 0, 0, judged["violated"][0]))
        assert by_sentence.name != "unknown"
        if judged["reason"]:
            by_reason = explain(CpuOperator(judged["name"], "out", 0, 0, judged["reason"]))
            assert {by_reason.name, by_sentence.name} <= SAME_CAUSE.get(by_reason.name, {by_reason.name})


def test_no_sentence_of_vela_is_decided_twice(rows: dict[str, Any]) -> None:
    for text in {text for family in FAMILIES for text in rows["sentences"][family]}:
        assert len([pattern for pattern, _ in CONSTRAINTS if re.match(pattern, text, re.DOTALL)]) == 1


@pytest.mark.parametrize("name", MORE)
def test_prediction_and_vela_agree(more: dict[str, Any], name: str) -> None:
    for family in FAMILIES:
        judged = more[name][family]
        assert judged["predicted"] == judged["compiled"]
        assert judged["said"] == judged["violated"][:1] or judged["violated"] == [UNSUPPORTED]


def test_every_sentence_of_vela_has_its_row(rows: dict[str, Any]) -> None:
    begun = tuple(row.sentence for row in ROWS)
    for family in FAMILIES:
        assert [text for text in rows["sentences"][family] if not text.startswith(begun)] == []


def test_what_only_computes_a_shape_is_dropped(more: dict[str, Any]) -> None:
    assert more["a shape that is computed"][U55]["all"] == ["dropped", "dropped", "dropped", "npu"]
    assert more["a shape that a CPU operator needs"][U55]["all"] == ["cpu", "cpu", "cpu", "npu"]


def test_an_operator_that_nobody_has_is_unsupported(more: dict[str, Any]) -> None:
    judged = more["an operator that neither family has"]
    assert [judged[family]["violated"] for family in FAMILIES] == [[UNSUPPORTED]] * 2
    judged = more["an operator that one family has"]
    assert (judged[U55]["violated"], judged[U85]["predicted"]) == ([UNSUPPORTED], "npu")
