"""Checks of what a model keeps in variables from one inference to the next."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks.verdict import Verdict, some
from harness.evidence import Distance, ModelView, ResetEffect, Tensor
from harness.wording import count

WHOLE_ARENAS = ("scratch", "scratch_fast")
RESET = "reset_all_variables() of LiteRT, Reset() of TFLite Micro's interpreter"


def forgets_after_reset(effect: ResetEffect) -> Verdict:
    """After a reset, an inference gives what it gives in a new interpreter, bit for bit."""
    reset, repeated = Distance.total(effect.after_reset), Distance.total(effect.repeated)
    wrong = _wrong(effect)
    return Verdict(
        "forgets_after_reset",
        not wrong,
        f"the same input after a reset: {_told(reset)}; without one: {_told(repeated)}"
        + (f": reset before each sequence ({RESET})" if repeated.differing else "")
        if effect.inferences
        else "no variables: nothing is kept from one inference to the next",
        "no difference after a reset",
        cause=f"{some(wrong)}: something outlives the reset, such as a resource variable" if wrong else "",
        remedy="make the state an input and an output of the model, or make a new interpreter for each sequence"
        if wrong
        else "",
        figures={
            "after_reset_differing": reset.differing,
            "after_reset_lsb": reset.largest_lsb,
            "repeated_differing": repeated.differing,
            "repeated_lsb": repeated.largest_lsb,
        },
    )


def remembers_without_reset(effect: ResetEffect) -> Verdict:
    """Without a reset, the same input gives something else the second time: the reset does clear something."""
    repeated = Distance.total(effect.repeated)
    return Verdict(
        "remembers_without_reset",
        repeated.differing > 0,
        f"the same input again, without a reset: {_told(repeated)}",
        "some value differs",
        cause="" if repeated.differing else "nothing shows a memory, so that a reset is not put to the test",
        figures={"repeated_differing": repeated.differing, "repeated_lsb": repeated.largest_lsb},
    )


def variables_survive_compilation(view: ModelView, compiled: ModelView) -> Verdict:
    """In the compiled model each variable is one place of the arena that a reset reaches and nothing else uses."""
    variables = {tensor.name: tensor for tensor in view.tensors if tensor.variable}
    wrong = [problem for tensor in variables.values() for problem in _unsound(tensor, list(compiled.tensors))]
    places = [tensor.bytes for tensor in variables.values()]
    return Verdict(
        "variables_survive_compilation",
        not wrong,
        some(wrong)
        or (
            f"{count(len(variables), 'variable')}, {count(sum(places), 'byte')} at places of their own"
            if variables
            else "no variable tensors"
        ),
        "a variable tensor with the same zero point, at one place that no input, output or other variable shares",
        cause="what one inference leaves is not what the next one finds, or a reset does not clear it" if wrong else "",
        remedy="make the state an input and an output of the model" if wrong else "",
        figures={"variable_bytes": sum(places)},
    )


def _unsound(variable: Tensor, compiled: list[Tensor]) -> Iterator[str]:
    copies = [tensor for tensor in compiled if tensor.name == variable.name]
    places = {tensor.arena_offset for tensor in copies}
    if not copies or not all(tensor.variable for tensor in copies):
        yield f"{variable.name} is no variable any more"
    elif any(tensor.zero_points != variable.zero_points for tensor in copies):
        yield f"{variable.name} has another zero point"
    elif len(places) > 1:
        yield f"{variable.name} is at {len(places)} places"
    else:
        sharing = [other.name for other in compiled if other.name != variable.name and _overlap(copies[0], other)]
        yield from (f"{variable.name} shares its place with {name}" for name in dict.fromkeys(sharing))


def _overlap(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors share a byte of the arena; the whole of it, `scratch`, holds all others.

    What no compiler planned gets a place of its own from the interpreter.
    """
    if first.arena_offset is None or second.arena_offset is None or second.name in WHOLE_ARENAS:
        return False
    low, high = sorted([(first.arena_offset, first.bytes), (second.arena_offset, second.bytes)])
    return high[0] < sum(low)


def _told(distance: Distance) -> str:
    apart = f", by up to {distance.largest_lsb} LSB" if distance.differing else ""
    return f"{distance.differing:,} of {distance.values:,} output values differ{apart}"


def _wrong(effect: ResetEffect) -> list[str]:
    return [
        f"{output} on {kernels}"
        for kernels, outputs in effect.after_reset.items()
        for output, distance in outputs.items()
        if distance.differing
    ]
