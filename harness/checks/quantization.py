"""Checks of the quantization error: what rounding explains, what it does not, and what it costs."""

from __future__ import annotations

import numpy as np

from harness.checks.levels import ratio_db
from harness.checks.verdict import Verdict
from harness.evidence import QuantizationErrors
from harness.metrics import Proportion, bootstrap_interval, compare_paired
from harness.policy import (
    MAX_KERNEL_SPREAD_DB,
    MAX_UNEXPLAINED_DB,
    MIN_AGREEMENT,
    MIN_CLIPPING_DB,
    MIN_CONSTANTS_GAIN_DB,
    MIN_FUNCTION_DB,
)

MEASURED, DEFAULT_KERNELS, MICRO = "litert_reference", "litert_default", "tflite_micro"
ROUNDED, UNROUNDED = "rounded", "unrounded"
_OTHER_KERNELS = {"default": DEFAULT_KERNELS, "TFLite Micro's": MICRO}
CONFIDENCE = 0.999
"""So high because a matrix asks about hundreds of outputs, none of which may fail by chance."""

RESAMPLES, SEED = 1000, 0
INT8_BITS = 8


def computes_the_float_model(errors: QuantizationErrors) -> Verdict:
    """With its constants quantized and nothing else, the graph is the function of the float model."""
    distances = {name: error.sqnr_db for name, error in errors.errors[UNROUNDED].items()}
    wrong = [name for name, db in distances.items() if not _by_constants_alone(errors, name, db)]
    return Verdict(
        "computes_the_float_model",
        not wrong,
        "the graph without rounding against float64: " + _levels(distances),
        f"at least {MIN_CONSTANTS_GAIN_DB:g} dB better than with rounding (int8), {MIN_FUNCTION_DB:g} dB (int16x8)",
        cause=f"{', '.join(wrong)}: not the same function: gates, time steps or states are mixed up" if wrong else "",
        figures={f"function_db_{name}": db for name, db in distances.items()},
    )


def error_is_rounding(errors: QuantizationErrors) -> Verdict:
    """The kernels are as near to float64 as the rounding to the scales of the model allows."""
    measured = {name: error.sqnr_db for name, error in errors.errors[MEASURED].items()}
    behind = {name: errors.errors[ROUNDED][name].sqnr_db - db for name, db in measured.items()}
    wrong = [name for name, db in behind.items() if not db <= MAX_UNEXPLAINED_DB and _surely(errors, name, MEASURED)]
    rounded = {name: errors.errors[ROUNDED][name].sqnr_db for name in measured}
    farthest = {name: errors.limits[name]["largest_lsb"] for name in measured}
    return Verdict(
        "error_is_rounding",
        not wrong,
        f"{_levels(measured)}; rounding alone explains {_levels(rounded)}; worst sequence "
        + _levels({name: error.worst_db for name, error in errors.errors[MEASURED].items()})
        + f"; at most {', '.join(f'{lsb:.0f} LSB of {name}' for name, lsb in farthest.items())} from float64"
        + _growth(errors.hidden_db),
        f"at most {MAX_UNEXPLAINED_DB:g} dB less than rounding explains",
        cause=f"{', '.join(wrong)}: kernels do not compute what the scales say" if wrong else "",
        remedy="look for a bias whose scale is not input x weight scale, and for bytes moved to another scale"
        if wrong
        else "",
        figures={f"sqnr_db_{name}": db for name, db in measured.items()}
        | {f"unexplained_db_{name}": db for name, db in behind.items()}
        | {f"largest_lsb_{name}": lsb for name, lsb in farthest.items()},
    )


def kernels_agree(errors: QuantizationErrors) -> Verdict:
    """All kernels are equally near to float64; that they differ in LSBs is how recurrences are."""
    others = {words: source for words, source in _OTHER_KERNELS.items() if source in errors.errors}
    apart = {
        (words, name): abs(ratio_db(*_noises(errors, name, source, MEASURED)))
        for words, source in others.items()
        for name in errors.spread
    }
    wrong = [
        f"{name} on {words} kernels"
        for (words, name), db in apart.items()
        if not db <= MAX_KERNEL_SPREAD_DB and (_surely(errors, name, MEASURED) or _surely(errors, name, others[words]))
    ]
    lsb = {name: spread["largest_lsb"] for name, spread in errors.spread.items()}
    return Verdict(
        "kernels_agree",
        not wrong,
        "from LiteRT's reference kernels: "
        + ", ".join(f"{words} {name} {db:.2f} dB" for (words, name), db in apart.items())
        + f" apart; default kernels at most {max(lsb.values(), default=0):.0f} LSB"
        + "".join(f"; {source} unknown: {reason}" for source, reason in errors.unmeasured.items()),
        f"at most {MAX_KERNEL_SPREAD_DB:g} dB",
        cause=f"{', '.join(wrong)}: one set of kernels computes something else" if wrong else "",
        figures={f"kernel_spread_lsb_{name}": value for name, value in lsb.items()}
        | {f"micro_sqnr_db_{name}": error.sqnr_db for name, error in errors.errors.get(MICRO, {}).items()},
    )


def keeps_decisions(errors: QuantizationErrors) -> Verdict:
    """The model loses no labels of float64 that rounding alone would keep; a trained one keeps most of them.

    Untrained models tell hardly one class from another: how many labels they keep is shown, not judged.
    """
    agrees = errors.agrees[MEASURED]
    kept = Proportion(int(agrees.sum()), len(agrees))
    low, high = kept.wilson()
    lost = compare_paired(errors.agrees[ROUNDED], agrees).interval(CONFIDENCE)[1] < 0
    return Verdict(
        "keeps_decisions",
        not lost and (high >= MIN_AGREEMENT or errors.data != "mnist"),
        f"{kept.value:.1%} [{low:.1%}, {high:.1%}] of {kept.total} labels ({errors.data}) are those of float64, "
        f"{errors.agrees[ROUNDED].mean():.1%} with rounding alone",
        f"not fewer than rounding alone explains, and at least {MIN_AGREEMENT:.0%} of digits",
        figures={"agreement": kept.value},
    )


def does_not_saturate(errors: QuantizationErrors) -> Verdict:
    """What inputs and states lose beyond the range of their tensors is little beside what they are."""
    asked = {name for name in errors.limits if name not in errors.signal or name.startswith("state_")}
    judged = {name: limit for name, limit in errors.limits.items() if name in asked}
    wrong = [name for name, limit in judged.items() if not limit["clipping_db"] >= MIN_CLIPPING_DB]
    return Verdict(
        "does_not_saturate",
        bool(judged) and not wrong,
        "at the limits of the type: "
        + ", ".join(f"{name} {limit['at_limits']:.1%}" for name, limit in judged.items())
        + (
            f"; what is clipped: {_levels({name: judged[name]['clipping_db'] for name in wrong})} below the signal"
            if wrong
            else ""
        ),
        f"clipped by at least {MIN_CLIPPING_DB:g} dB less than the signal",
        cause=f"{', '.join(wrong)}: the representative dataset had smaller values than these" if wrong else "",
        remedy="calibrate with data and states like the deployed ones" if wrong else "",
        figures={f"at_limits_{name}": limit["at_limits"] for name, limit in errors.limits.items()},
    )


def _by_constants_alone(errors: QuantizationErrors, name: str, db: float) -> bool:
    """Whether an output without rounding is off by what quantized constants explain."""
    if errors.bits != INT8_BITS:
        return db >= MIN_FUNCTION_DB
    few = errors.errors[UNROUNDED][name].noise
    with_rounding = errors.errors[ROUNDED][name].noise[: len(few)]
    return bool(with_rounding.sum() >= 10 ** (MIN_CONSTANTS_GAIN_DB / 10) * few.sum())


def _surely(errors: QuantizationErrors, name: str, source: str) -> bool:
    """Whether other sequences would show it too: a few undecided ones can make up most of a trained model's error.

    Without a rounding oracle, what is seen counts.
    """
    if ROUNDED not in errors.errors:
        return True
    noise = np.stack(_noises(errors, name, source, ROUNDED), axis=1)
    if not np.isfinite(noise).all() or (noise.sum(axis=0) == 0).any():
        return True

    def behind(drawn: np.ndarray) -> np.ndarray:
        of_source, of_oracle = np.maximum(drawn.sum(axis=1), np.finfo(np.float64).tiny).T
        levels: np.ndarray = 10 * np.log10(of_source / of_oracle)
        return levels

    return bootstrap_interval(noise, behind, SEED, resamples=RESAMPLES, confidence=CONFIDENCE)[0] > MAX_UNEXPLAINED_DB


def _noises(errors: QuantizationErrors, name: str, source: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Of an output by two sources, on the sequences that the first one was asked about."""
    noise = errors.errors[source][name].noise
    return noise, errors.errors[other][name].noise[: len(noise)]


def _growth(hidden_db: tuple[float | None, ...]) -> str:
    """How the error of the hidden state grows over the time steps; empty where the graph does not tell."""
    known = [(step, db) for step, db in enumerate(hidden_db, start=1) if db is not None]
    if not known:
        return ""
    (first, before), (last, after) = known[0], known[-1]
    return f"; hidden state {before:.1f} dB at step {first}, {after:.1f} dB at step {last}"


def _levels(levels: dict[str, float]) -> str:
    return ", ".join(f"{name} {db:.1f} dB" for name, db in levels.items())
