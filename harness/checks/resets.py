"""Checks of what a model keeps in variables from one inference to the next."""

from __future__ import annotations

from harness.checks.verdict import Verdict, some
from harness.evidence import Distance, ResetEffect

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
