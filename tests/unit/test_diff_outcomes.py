"""How claims ended: what is worse, better or neither, and what a claim is about."""

from __future__ import annotations

from typing import Any

import pytest
from diff_subjects import case, changes

from harness.diff.change import BETTER, CAME, COMPILED, EXECUTED, INSPECTED, MEASURED, SHOWN, WENT, WORSE
from harness.diff.outcomes import TOPICS, claims_of, topic_of, words
from harness.diff.subject import Claim
from harness.results import CANNOT_TELL, FAIL, FIXED, KNOWN, PASS
from harness.stages import STAGES


def claim(outcome: str, **more: Any) -> Claim:  # noqa: ANN401 - fields of a claim
    return Claim(**{"name": "is estimated", "outcome": outcome, "topic": COMPILED, **more})


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (PASS, FAIL, WORSE),
        (PASS, CANNOT_TELL, WORSE),
        (PASS, KNOWN, WORSE),
        (KNOWN, FAIL, WORSE),
        (FAIL, CANNOT_TELL, WORSE),
        (FIXED, FAIL, WORSE),
        (FAIL, PASS, BETTER),
        (CANNOT_TELL, PASS, BETTER),
        (KNOWN, FIXED, BETTER),
        (KNOWN, PASS, BETTER),
        (FAIL, KNOWN, SHOWN),
        (CANNOT_TELL, FAIL, SHOWN),
        (CANNOT_TELL, KNOWN, SHOWN),
        (PASS, FIXED, SHOWN),
        (FIXED, PASS, SHOWN),
    ],
)
def test_a_claim_that_ends_otherwise(before: str, after: str, kind: str) -> None:
    (found,) = changes(case(claims=(claim(before),)), case(claims=(claim(after),)))
    assert (found.kind, found.what) == (kind, f"claim 'is estimated': {before} -> {after}")


@pytest.mark.parametrize("outcome", [PASS, FAIL, CANNOT_TELL, KNOWN, FIXED])
def test_a_claim_that_ends_alike_is_no_change(outcome: str) -> None:
    assert changes(case(claims=(claim(outcome, observed="a"),)), case(claims=(claim(outcome, observed="b"),))) == []


def test_what_was_observed_is_told_where_it_does_not_hold() -> None:
    failed = claim(FAIL, observed="0 ms")
    assert changes(case(claims=(claim(PASS),)), case(claims=(failed,)))[0].sentence.endswith("pass -> fail (0 ms)")
    assert changes(case(claims=(failed,)), case(claims=(claim(PASS, observed="1 ms"),)))[0].sentence.endswith("pass")


def test_claims_that_only_one_side_has() -> None:
    both = claim(PASS), claim(FAIL, name="is new")
    assert [(found.kind, found.sentence) for found in changes(case(claims=both[:1]), case(claims=both))] == [
        (CAME, "claim 'is new' is new: fail")
    ]
    assert [(found.kind, found.sentence) for found in changes(case(claims=both), case(claims=both[:1]))] == [
        (WENT, "claim 'is new' was not asked")
    ]


@pytest.mark.parametrize(
    ("stages", "topic"),
    [
        (["inspection", "compilation"], COMPILED),
        (["inspection", "foreign_placement"], COMPILED),
        (["execution"], EXECUTED),
        (["quantization"], MEASURED),
        (["inspection"], INSPECTED),
        (["conversion"], INSPECTED),
        ([], INSPECTED),
    ],
)
def test_a_claim_is_about_what_it_rests_on(stages: list[str], topic: str) -> None:
    assert topic_of(stages) == topic


def test_the_stages_that_claims_are_about_exist() -> None:
    named = {stage for stages in TOPICS.values() for stage in stages}
    assert named <= set(STAGES)
    compiling = {name for name in STAGES if name.endswith("compilation")}
    assert compiling <= set(TOPICS[COMPILED])


def entry(test: str, outcome: str = PASS, **more: object) -> dict[str, Any]:
    empty: dict[str, Any] = {"message": "", "known": "", "verdict": {}, "failure": {}, "evidence": []}
    return {"test": test, "outcome": outcome, **empty, **more}


def test_claims_are_read_from_a_report() -> None:
    failure = {"stage": "compilation", "cause": "no such target"}
    stages = [{"stage": "quantization", "key": "ab"}]
    first, second, third = claims_of(
        [
            entry("test_meets_the_limit", FAIL, message="9 ms", evidence=stages),
            entry("test_meets_the_limit"),
            entry("test_runs_entirely_on_the_npu", CANNOT_TELL, failure=failure, evidence=stages),
        ]
    )
    assert first == Claim(name="meets the limit", outcome=FAIL, topic=MEASURED, observed="9 ms")
    assert second.name == "meets the limit 2"
    (named,) = claims_of([entry("test_is_estimated", evidence=[{"stage": "x", "name": "compilation", "key": "ab"}])])
    assert named.topic == COMPILED
    assert (third.topic, third.cause) == (COMPILED, "no such target")
    assert words("test_runs_entirely_on_the_npu") == third.name == "runs entirely on the NPU"
