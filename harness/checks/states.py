"""Checks of what is carried over from one inference to the next."""

from __future__ import annotations

from harness.checks.verdict import Verdict
from harness.evidence import Compilation, Contract, Distance, StateEffect, StatePair
from harness.policy import MAX_DEFAULT_QUANTIZE_LSB, MAX_STATE_QUANTIZE_COST
from harness.wording import count

DEFAULT_KERNELS = "litert_default"


def state_pairs_are_explained(contract: Contract) -> Verdict:
    """Each state output has its input, and what carries it over is known: a copy of its bytes, or a rescale."""
    alone = [f"states without a partner: {', '.join(contract.unpaired)}"] if contract.unpaired else []
    wrong = [*contract.problems, *alone]
    found = [_explained(pair) for pair in contract.pairs]
    if contract.differing:
        found.append("ways out: rescale on the host, or append a QUANTIZE (python -m harness.repair --states)")
    return Verdict(
        "state_pairs_are_explained",
        not wrong,
        "; ".join([*wrong, *found]) or "no states",
        "an output and an input of one shape and element type for each state",
        cause="nothing tells how these are carried over from one inference to the next" if wrong else "",
        remedy="name the pairs: --npu-state-pair=OUT=IN,OUT=IN, or none" if wrong else "",
        figures={
            "state_pairs": len(contract.pairs),
            "differing_state_pairs": len(contract.differing),
            **{f"raw_error_lsb_{pair.state}": pair.raw_error_lsb for pair in contract.pairs},
        },
    )


def state_quantize_is_exact(effect: StateEffect) -> Verdict:
    """With a QUANTIZE on each state output, the model gives what the host's rescale gives, and nothing else changes.

    Bit for bit on reference kernels and TFLite Micro's; LiteRT's default ones compute an int8 QUANTIZE with eight bits
    behind the point.
    """
    off = {
        (kernels, output): distance
        for kernels, outputs in effect.kernels.items()
        for output, distance in outputs.items()
        if distance.differing
    }
    wrong = [f"{output} on {kernels}" for (kernels, output), d in off.items() if _too_far(effect, kernels, output, d)]
    compared = sum(distance.values for outputs in effect.kernels.values() for distance in outputs.values())
    return Verdict(
        "state_quantize_is_exact",
        bool(effect.states) and compared > 0 and not wrong,
        f"{count(compared, 'value')} of {', '.join(effect.states) or 'no state'} and the other outputs on "
        f"{', '.join(effect.kernels)}, "
        + (
            ", ".join(f"{output} on {kernels}: {_told(distance)}" for (kernels, output), distance in off.items())
            or "all equal"
        ),
        f"equal; on LiteRT's default kernels, states within {MAX_DEFAULT_QUANTIZE_LSB} LSB",
        cause=f"{', '.join(wrong)}: the QUANTIZE does not compute the rescale, or changed more than it"
        if wrong
        else "",
        figures={f"state_quantize_lsb_{output}": d.largest_lsb for (_, output), d in off.items()},
    )


def state_quantize_is_cheap(before: Compilation, after: Compilation) -> Verdict:
    """The QUANTIZE on each state output costs little beside the inference."""
    cycles = [compiled.estimate.total_cycles for compiled in (before, after)]
    known = min(cycles) > 0
    cost = cycles[1] / cycles[0] - 1 if known else 0.0
    return Verdict(
        "state_quantize_is_cheap",
        known and cost <= MAX_STATE_QUANTIZE_COST,
        f"{cycles[1]:,} cycles with it, {cycles[0]:,} without, estimated: {cost:+.1%}"
        if known
        else "unknown: Vela estimates only what the NPU runs",
        f"at most {MAX_STATE_QUANTIZE_COST:+.0%}",
        remedy="rescale on the host" if cost > MAX_STATE_QUANTIZE_COST else "",
        figures={"state_quantize_cycles": cycles[1] - cycles[0], "state_quantize_cost": cost} if known else {},
    )


def _explained(pair: StatePair) -> str:
    name = f"{pair.output} to {pair.input}"
    if pair.output_scale is None or pair.input_scale is None:
        return f"{name} is not quantized: copy the bytes"
    if pair.equal:
        return f"{name}: equal, copy the bytes, reset to {pair.input_zero_point}"
    return (
        f"{name}: scale ratio {pair.output_scale / pair.input_scale:.4f}, zero points {pair.output_zero_point} and "
        f"{pair.input_zero_point}: copied bytes are off by up to {pair.raw_error_lsb} LSB "
        f"({pair.raw_error:.1%} of the range), reset to {pair.input_zero_point}"
    )


def _too_far(effect: StateEffect, kernels: str, output: str, distance: Distance) -> bool:
    allowed = MAX_DEFAULT_QUANTIZE_LSB if output in effect.states and kernels == DEFAULT_KERNELS else 0
    return distance.largest_lsb > allowed


def _told(distance: Distance) -> str:
    return f"{distance.differing:,} of {distance.values:,} off by up to {distance.largest_lsb} LSB"
