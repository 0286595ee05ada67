"""Each check of what variables keep passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace

from observations import INT8, OUTPUT, view
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import resets
from harness.evidence import Distance, ResetEffect, Tensor

SAME, OTHER = Distance(160, 0, 0), Distance(160, 70, 3)


def effect(repeated: Distance, after_reset: Distance) -> ResetEffect:
    """What was seen on the default kernels; nothing on the reference kernels."""
    return ResetEffect(
        16,
        {"litert_reference": {"output": SAME}, "litert_default": {"output": repeated}},
        {"litert_reference": {"output": SAME}, "litert_default": {"output": after_reset}},
    )


HIDDEN = replace(INT8, name="hidden", shape=(1, 32), zero_points=(4,), variable=True, arena_offset=64)
CELL = replace(INT8, name="cell", dtype="int16", shape=(1, 32), zero_points=(0,), variable=True, arena_offset=0)
ARENA = replace(INT8, name="scratch", dtype="uint8", shape=(896,), scales=(), arena_offset=0)
DATA, RESULT = (replace(tensor, arena_offset=96) for tensor in (INT8, OUTPUT))
SOURCE = view(*(replace(tensor, arena_offset=None) for tensor in (INT8, HIDDEN, CELL, OUTPUT)))


def survive(*tensors: Tensor) -> Judge:
    """A compiled model with an input, an output and these variables."""
    return lambda: resets.variables_survive_compilation(SOURCE, view(ARENA, DATA, *tensors, RESULT))


PASSING: dict[str, Judge] = {
    "forgets_after_reset": lambda: resets.forgets_after_reset(effect(OTHER, SAME)),
    "variables_survive_compilation": survive(HIDDEN, CELL, HIDDEN, CELL),
    "remembers_without_reset": lambda: resets.remembers_without_reset(effect(OTHER, SAME)),
}

FAILING: list[Wrong] = [
    (
        "forgets_after_reset",
        lambda: resets.forgets_after_reset(effect(OTHER, OTHER)),
        (
            "after a reset: 70 of 320 output values differ, by up to 3 LSB",
            "allowed: no difference after a reset",
            "output on litert_default: something outlives the reset",
            "make the state an input and an output",
        ),
    ),
    *(
        ("variables_survive_compilation", survive(*tensors), (problem, "allowed: a variable tensor", "does not clear"))
        for tensors, problem in (
            ((HIDDEN, replace(HIDDEN, arena_offset=128), CELL), "hidden is at 2 places"),
            ((HIDDEN, replace(CELL, variable=False)), "cell is no variable any more"),
            ((HIDDEN,), "cell is no variable any more"),
            ((replace(HIDDEN, zero_points=(0,)), CELL), "hidden has another zero point"),
            ((HIDDEN, replace(CELL, arena_offset=1)), "hidden shares its place with cell"),
            ((replace(HIDDEN, arena_offset=97), CELL), "hidden shares its place with input, hidden shares"),
        )
    ),
    (
        "remembers_without_reset",
        lambda: resets.remembers_without_reset(effect(SAME, SAME)),
        ("0 of 320 output values differ", "allowed: some value differs", "a reset is not put to the test"),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(resets)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_what_no_compiler_planned_has_a_place_of_its_own() -> None:
    unplanned = [replace(tensor, arena_offset=None) for tensor in (HIDDEN, CELL)]
    assert survive(*unplanned)()
    assert "2 variables, 96 bytes at places of their own" in str(survive(*unplanned)())
    nothing = view(INT8, OUTPUT)
    assert resets.variables_survive_compilation(nothing, nothing)


def test_firmware_is_told_to_reset_where_it_matters() -> None:
    told = str(resets.forgets_after_reset(effect(OTHER, SAME)))
    assert "without one: 70 of 320 output values differ, by up to 3 LSB: reset before each sequence" in told
    assert "Reset() of TFLite Micro" in told
    assert "reset before" not in str(resets.forgets_after_reset(effect(SAME, SAME)))
    nothing = resets.forgets_after_reset(ResetEffect())
    assert nothing
    assert "no variables: nothing is kept" in str(nothing)
