"""Checks of an LSTM that is one operator."""

from __future__ import annotations

from harness.checks.quantization import DEFAULT_KERNELS, MEASURED
from harness.checks.verdict import Verdict, some
from harness.evidence import ModelView, QuantizationErrors
from harness.policy import MAX_FUSED_BEHIND_DB
from harness.wording import count

FUSED = "UNIDIRECTIONAL_SEQUENCE_LSTM"


def is_one_fused_operator(view: ModelView) -> Verdict:
    """The layer is one UNIDIRECTIONAL_SEQUENCE_LSTM: no copy of the cell a time step, and no loop."""
    names = [operator.name for _, operator in view.operators]
    return Verdict(
        "is_one_fused_operator",
        names.count(FUSED) == 1 and "WHILE" not in names,
        f"{count(names.count(FUSED), FUSED)} among {count(len(names), 'operator')}",
        "one, and no loop",
        figures={"operators": len(names)},
    )


def fused_is_as_near_as_unrolled(fused: QuantizationErrors, unrolled: QuantizationErrors) -> Verdict:
    """The fused model is as near to float64 as the unrolled one of the same weights, on the same sequences.

    There is no rounding oracle for the operator: what the unrolled model reaches stands for it.
    """
    wanted = {name: error.sqnr_db for name, error in unrolled.errors[MEASURED].items()}
    found = {
        kernels: {n: e.sqnr_db for n, e in fused.errors[kernels].items()} for kernels in (MEASURED, DEFAULT_KERNELS)
    }
    wrong = [
        f"{name} on {kernels}"
        for kernels, levels in found.items()
        for name, db in levels.items()
        if not db >= wanted[name] - MAX_FUSED_BEHIND_DB
    ]
    shown = ", ".join(f"{name} {db:.1f} dB, unrolled {wanted[name]:.1f} dB" for name, db in found[MEASURED].items())
    return Verdict(
        "fused_is_as_near_as_unrolled",
        bool(wanted) and not wrong,
        f"{fused.sequences} {fused.data}, each after a reset: {shown}",
        f"at most {MAX_FUSED_BEHIND_DB:g} dB less than the unrolled model",
        cause=f"{some(wrong)}: gates or weights are mixed up, or a state is left over" if wrong else "",
        figures={f"sqnr_db_{name}": db for name, db in found[MEASURED].items()},
    )
