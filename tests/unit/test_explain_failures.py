"""Each cause of a failed stage is recognized by its own evidence and by no near miss."""

from __future__ import annotations

from dataclasses import replace

import pytest
from failure_evidence import FAILURE_EVIDENCE, FAILURE_NEAR_MISSES, UNKNOWN_FAILURES, Failure

from harness.explain import CAUSES, FAILURES, Cause, explain_failure

PATTERNS = {"stage": ".*", "kind": ".*", "signal": ".*", "text": ""}
"""The parts of the evidence, with the pattern that fits anything."""

ALL = {f"{place} {cause.name}": cause for place, cause in enumerate((*CAUSES, *FAILURES))}


def test_every_failure_has_its_evidence_and_near_misses_here() -> None:
    assert list(FAILURE_EVIDENCE) == [cause.name for cause in FAILURES]
    assert list(FAILURE_NEAR_MISSES) == list(FAILURE_EVIDENCE)


@pytest.mark.parametrize("cause", ALL.values(), ids=ALL)
def test_a_cause_has_a_sentence_and_a_remedy(cause: Cause) -> None:
    assert cause.sentence
    assert cause.remedy
    assert cause.certainty in ("certain", "likely", "possible")
    assert cause.upstream == "" or cause.upstream.startswith("https://github.com/")


@pytest.mark.parametrize("cause", FAILURE_EVIDENCE)
def test_a_failure_is_recognized_by_the_last_line(cause: str) -> None:
    stage, ending, text = FAILURE_EVIDENCE[cause]
    assert explain_failure(stage, *ending, text, "").name == cause


# A KeyError is its whole message: no other line of a log could be told from it.
@pytest.mark.parametrize(
    "cause", [name for name in FAILURE_EVIDENCE if name != "representative dataset without an input"]
)
def test_a_failure_is_recognized_within_the_log(cause: str) -> None:
    stage, ending, text = FAILURE_EVIDENCE[cause]
    assert explain_failure(stage, *ending, "", f"noise\n{text}\nnoise").name == cause


@pytest.mark.parametrize(
    ("cause", "case"), [(cause, case) for cause, listed in FAILURE_NEAR_MISSES.items() for case in listed]
)
def test_a_failure_that_is_a_near_miss_is_something_else(cause: str, case: Failure) -> None:
    stage, ending, text = case
    assert explain_failure(stage, *ending, text, "").name != cause


@pytest.mark.parametrize("cause", FAILURES, ids=lambda cause: cause.name)
def test_without_a_part_of_the_evidence_a_near_miss_would_be_explained(cause: Cause) -> None:
    for part, anything in PATTERNS.items():
        # A signal is that of a crash: the kind adds nothing to it.
        if getattr(cause, part) != anything and not (part == "kind" and cause.signal != anything):
            looser = replace(cause, **{part: anything})
            near = [(stage, *ending, f"{text}\n") for stage, ending, text in FAILURE_NEAR_MISSES[cause.name]]
            assert [case for case in near if looser.explains_failure(*case) and not cause.explains_failure(*case)]


@pytest.mark.parametrize(("stage", "ending", "text"), UNKNOWN_FAILURES)
def test_an_unknown_failure_asks_for_the_reproducer(stage: str, ending: tuple[str, str], text: str) -> None:
    cause = explain_failure(stage, *ending, text, "")
    assert (cause.name, cause.certainty) == ("unknown", "unknown")
    assert "reproducer" in cause.remedy
    assert text in cause.sentence


def test_a_known_crash_carries_its_issue() -> None:
    stage, ending, text = FAILURE_EVIDENCE["looped int8 conversion"]
    assert explain_failure(stage, *ending, text, "").upstream.endswith("tensorflow/issues/75140")
