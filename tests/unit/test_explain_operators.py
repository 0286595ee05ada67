"""Each cause of an operator on the CPU is recognized by its own evidence and by no near miss."""

from __future__ import annotations

from dataclasses import replace

import pytest
from operator_evidence import EVIDENCE, NEAR_MISSES

from harness.evidence import CpuOperator
from harness.explain import CAUSES, Cause, explain

PATTERNS = {"operator": ".*", "tensor": "", "reason": ""}
"""The parts of the evidence, with the pattern that fits anything."""

ROWS = {f"{place} {cause.name}": cause for place, cause in enumerate(CAUSES)}


def operator(name: str, reason: str, tensor: str = "tensor") -> CpuOperator:
    return CpuOperator(name, tensor, 0, 0, reason)


def flat(cases: dict[str, list[tuple[str, ...]]]) -> list[tuple[str, tuple[str, ...]]]:
    return [(cause, case) for cause, listed in cases.items() for case in listed]


def test_every_cause_has_its_evidence_and_near_misses_here() -> None:
    assert set(EVIDENCE) == {cause.name for cause in CAUSES} | {"unknown"}
    assert set(NEAR_MISSES) == {cause.name for cause in CAUSES}


@pytest.mark.parametrize(("cause", "case"), flat(EVIDENCE))
def test_a_cause_is_recognized(cause: str, case: tuple[str, ...]) -> None:
    assert explain(operator(*case)).name == cause


@pytest.mark.parametrize(("cause", "case"), flat(NEAR_MISSES))
def test_a_near_miss_is_something_else(cause: str, case: tuple[str, ...]) -> None:
    assert explain(operator(*case)).name != cause


@pytest.mark.parametrize("cause", ROWS.values(), ids=ROWS)
def test_every_row_is_the_first_to_explain_something(cause: Cause) -> None:
    assert any(explain(operator(*case)) is cause for case in EVIDENCE[cause.name])


@pytest.mark.parametrize("cause", ROWS.values(), ids=ROWS)
def test_without_a_part_of_the_evidence_a_near_miss_would_be_explained(cause: Cause) -> None:
    for part, anything in PATTERNS.items():
        if getattr(cause, part) != anything:
            looser = replace(cause, **{part: anything})
            near = [operator(*case) for case in NEAR_MISSES[cause.name]]
            assert [found for found in near if looser.explains_operator(found) and not cause.explains_operator(found)]


def test_a_gather_in_a_loop_belongs_to_the_loop() -> None:
    assert explain(operator("GATHER", "Unsupported opType", "gru_1/while/TensorArrayV2Read")).name == "loop"
    assert explain(operator("GATHER", "Unsupported opType", "gru_1/awhile/Read")).name == "unsupported operator"


def test_an_unknown_cause_repeats_what_vela_says() -> None:
    assert explain(operator("CONV_2D", "Stride")).sentence == "Vela says: Stride"
    assert explain(operator("CONV_2D", "")).sentence == "Vela gives no reason"
    assert explain(operator("CONV_2D", "")).certainty == "unknown"
