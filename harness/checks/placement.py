"""Checks of a compiled model: where it runs, and what Vela expects of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from harness.checks.verdict import Verdict, distinct, some
from harness.evidence import Compilation, CpuOperator, ModelView, Predictions
from harness.explain import explain
from harness.policy import DEFAULT, Policy
from harness.wording import count

UNKNOWN = "unknown"


def fully_on_npu(compiled: Compilation, policy: Policy = DEFAULT) -> Verdict:
    """No operator of the compiled file runs on the CPU, unless the policy lets them."""
    on_cpu = compiled.on_cpu
    causes = [explain(operator) for operator in on_cpu]
    waived = "" if policy.fully_on_npu else " (the policy allows operators on the CPU)"
    return Verdict(
        "fully_on_npu",
        bool(waived) or (not on_cpu and compiled.segments > 0),
        f"on the CPU: {_counted(on_cpu)}{waived}" if on_cpu else f"{compiled.source_operators} operators on the NPU",
        "no operator on the CPU",
        cause=distinct(f"{operator.name}: {cause.sentence}" for operator, cause in zip(on_cpu, causes, strict=True)),
        remedy=distinct(cause.remedy for cause in causes),
        figures={
            "cpu_operators": len(on_cpu),
            "source_operators": compiled.source_operators,
            "npu_operator_coverage": compiled.npu_operator_coverage,
        },
    )


def stays_within_segments(compiled: Compilation, policy: Policy = DEFAULT) -> Verdict:
    """The NPU runs the model in as few pieces as allowed."""
    segments = compiled.segments
    return Verdict(
        "stays_within_segments",
        1 <= segments <= policy.max_npu_segments,
        count(segments, "NPU segment"),
        f"1 to {policy.max_npu_segments}",
        cause="each CPU operator in between stops the NPU and starts it again" if segments > 1 else "",
        remedy="see fully_on_npu for each of these operators" if segments > 1 else "",
        figures={"npu_segments": segments},
    )


def puts_the_work_on_the_npu(view: ModelView, compiled: Compilation, policy: Policy = DEFAULT) -> Verdict:
    """Every multiply-accumulate operation of the source model runs on the NPU, unless the policy lets the CPU work."""
    on_cpu = sum(view.work.get((o.subgraph, -1 if o.index is None else o.index), 0) for o in compiled.on_cpu)
    total = sum(view.work.values())
    coverage = 1 - on_cpu / total if total else 0.0
    cycles = "all" if not compiled.on_cpu else "unknown, as Vela does not estimate the CPU"
    return Verdict(
        "puts_the_work_on_the_npu",
        not policy.fully_on_npu or (on_cpu == 0 and compiled.segments > 0),
        f"{coverage:.1%} of {total:,} MACs and {compiled.npu_operator_coverage:.1%} of "
        f"{compiled.source_operators} source operators; of the cycles: {cycles}"
        + ("" if policy.fully_on_npu else " (the policy allows operators on the CPU)"),
        "100.0% of the MACs",
        figures={"npu_mac_coverage": coverage, "source_macs": total},
    )


def runs_where_predicted(predictions: Predictions, compiled: Compilation, family: str) -> Verdict:
    """The constraint lists of a family say beforehand which operators Vela leaves on the CPU."""
    on_cpu = {(operator.subgraph, operator.index): operator for operator in compiled.on_cpu}
    surprises = [
        f"{entry.name} {entry.tensor} ({entry.on(family).placement} predicted)"
        for entry in predictions.operators
        if not _as_predicted(entry.on(family).placement, on_cpu=(entry.subgraph, entry.index) in on_cpu)
    ]
    undecided = sum(entry.on(family).placement == UNKNOWN for entry in predictions.operators)
    return Verdict(
        "runs_where_predicted",
        bool(predictions.operators) and not surprises,
        f"{count(len(predictions.operators), 'operator')}, {undecided} undecided, {len(surprises)} otherwise"
        + (f": {some(surprises)}" if surprises else ""),
        "every decided prediction comes true",
        cause="Vela decides by more than the constraints that it lists" if surprises else "",
        figures={"mispredicted_operators": len(surprises), "undecided_operators": undecided},
    )


def report_agrees_with_file(compiled: Compilation) -> Verdict:
    """Vela's report counts the CPU operators that its file holds, and NPU work if and only if there is some."""
    counted, found = compiled.reported_cpu_operators, len(compiled.on_cpu)
    works = compiled.reported_npu_operators > 0
    return Verdict(
        "report_agrees_with_file",
        counted == found and works == (compiled.segments > 0),
        f"Vela reports {counted} CPU and {compiled.reported_npu_operators} NPU operators; the file holds "
        f"{count(found, 'CPU operator')} and {count(compiled.segments, 'NPU segment')}",
        "the same CPU operators, and NPU operators where there are segments",
        cause="" if counted == found else "Vela's report does not cover every subgraph of the file; trust the file",
    )


def is_estimated(compiled: Compilation) -> Verdict:
    """Vela gives an estimate for what runs on the NPU: zero cycles mean unknown, not infinitely fast."""
    estimate = compiled.estimate
    known = estimate.total_cycles > 0 and compiled.segments > 0
    reads = estimate.weight_reads
    figures = {
        "total_cycles": estimate.total_cycles,
        "ms": estimate.ms,
        "sram_used_bytes": estimate.sram_used_bytes,
        "flash_used_bytes": estimate.flash_used_bytes,
        "weight_read_bytes": estimate.weight_read_bytes,
        "weight_reads": reads or 0.0,
        "compiled_bytes": compiled.compiled_bytes,
        "roofline_ms": estimate.roofline_cycles / estimate.core_clock_hz * 1e3,
    }
    return Verdict(
        "is_estimated",
        known,
        f"{estimate.total_cycles:,} cycles, {estimate.ms:.3f} ms, {estimate.sram_used_bytes:,} bytes of SRAM, "
        f"{estimate.flash_used_bytes:,} bytes behind it; bound by {estimate.bound_by}, each weight read "
        f"{reads or 0:.1f} times ({figures['roofline_ms']:.3f} ms at full bandwidth)"
        if known
        else "unknown: Vela estimates only what the NPU runs",
        "more than 0 cycles",
        figures=figures if known else {},
    )


def stays_off_the_npu(compiled: Compilation) -> Verdict:
    """The NPU runs nothing of the model."""
    return Verdict(
        "stays_off_the_npu",
        compiled.segments == 0 and bool(compiled.on_cpu),
        f"{count(compiled.segments, 'NPU segment')}, {count(len(compiled.on_cpu), 'CPU operator')}",
        "no NPU segment",
    )


def _counted(operators: Iterable[CpuOperator]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(Counter(o.name for o in operators).items()))


def _as_predicted(placement: str, *, on_cpu: bool) -> bool:
    return placement == UNKNOWN or on_cpu == (placement == "cpu")
