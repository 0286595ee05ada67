"""What the figures of verdicts are: their name for people, unit, where they come from, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

MEASURED, ESTIMATED, PREDICTED = "measured", "estimated", "predicted"
PROVENANCE = {
    MEASURED: "from computed outputs and from the file that Vela wrote: accuracy, SQNR, placement, NPU segments",
    ESTIMATED: "by Vela, of the NPU alone: no CPU, no driver, no contention",
    PREDICTED: "from Vela's constraint lists, before anything is compiled",
    "unknown": "not told by any tool here, such as the time of operators on the CPU; never counted as zero or as met",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a figure is. `better` is low, high or empty (neither)."""

    label: str
    unit: str = ""
    provenance: str = MEASURED
    better: str = ""


_KNOWN = {
    "ms": Figure(label="time of one inference", unit="ms", provenance=ESTIMATED, better="low"),
    "npu_operator_coverage": Figure(label="operators on the NPU", unit="share", better="high"),
    "npu_mac_coverage": Figure(label="MACs on the NPU", unit="share", better="high"),
    "npu_segments": Figure(label="NPU segments", better="low"),
    "cpu_operators": Figure(label="operators on the CPU", better="low"),
    "sram_used_bytes": Figure(label="SRAM used", unit="bytes", provenance=ESTIMATED, better="low"),
    "flash_used_bytes": Figure(label="flash or DRAM used", unit="bytes", provenance=ESTIMATED, better="low"),
    "weight_reads": Figure(label="reads of each weight", unit="times", provenance=ESTIMATED, better="low"),
    "weight_read_bytes": Figure(label="bytes of weights read", unit="bytes", provenance=ESTIMATED, better="low"),
    "roofline_ms": Figure(label="weights at full bandwidth", unit="ms", provenance=ESTIMATED, better="low"),
    "total_cycles": Figure(label="cycles of one inference", unit="cycles", provenance=ESTIMATED, better="low"),
    "compiled_bytes": Figure(label="size of the compiled file", unit="bytes", better="low"),
    "source_operators": Figure(label="operators of the model"),
    "source_macs": Figure(label="MACs of the model"),
    "mispredicted_operators": Figure(label="operators placed otherwise than predicted", better="low"),
    "undecided_operators": Figure(label="operators without a prediction", provenance=PREDICTED, better="low"),
    "agreement": Figure(label="labels as in float64", unit="share", better="high"),
    "accuracy": Figure(label="accuracy", unit="share", better="high"),
    "accuracy_before": Figure(label="accuracy before", unit="share", better="high"),
    "accuracy_after": Figure(label="accuracy after", unit="share", better="high"),
    "accuracy_unreset": Figure(label="accuracy without resets", unit="share"),
    "variable_bytes": Figure(label="kept from one inference to the next", unit="bytes"),
    "after_reset_differing": Figure(label="output values that a reset does not bring back", better="low"),
    "after_reset_lsb": Figure(label="largest distance after a reset", unit="LSB", better="low"),
    "repeated_differing": Figure(label="output values that differ without a reset"),
    "repeated_lsb": Figure(label="largest distance without a reset", unit="LSB"),
    "accuracy_change": Figure(label="change of accuracy", unit="share", better="high"),
}
_FAMILIES = {
    "sqnr_db_": Figure(label="SQNR", unit="dB", better="high"),
    "function_db_": Figure(label="SQNR without rounding", unit="dB", better="high"),
    "unexplained_db_": Figure(label="error that rounding does not explain", unit="dB", better="low"),
    "kernel_spread_lsb_": Figure(label="largest distance of two sets of kernels", unit="LSB", better="low"),
    "at_limits_": Figure(label="values at the limits of the type", unit="share", better="low"),
    "stream_db_": Figure(label="SQNR over a stream", unit="dB", better="high"),
    "stream_agreement_": Figure(label="labels as in float64 over a stream", unit="share", better="high"),
    "raw_error_lsb_": Figure(label="error of copied state bytes", unit="LSB", better="low"),
    "raw_cost_db_": Figure(label="what copied state bytes cost over a stream", unit="dB", better="low"),
    "state_clipping_db_": Figure(label="clipped below the signal over a stream", unit="dB", better="high"),
    "max_difference_": Figure(label="largest difference", better="low"),
}
_UNITS = {"bytes": "bytes", "cycles": "cycles", "ms": "ms", "db": "dB", "lsb": "LSB"}


def describe_figures(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """What each figure is, by name; one that nobody described is told by its name, its unit by the word in it."""
    return {name: asdict(_figure(name)) for name in sorted(set(names))}


def _figure(name: str) -> Figure:
    if name in _KNOWN:
        return _KNOWN[name]
    for prefix, figure in _FAMILIES.items():
        if name.startswith(prefix):
            of = name.removeprefix(prefix).replace("_", " ")
            return Figure(label=f"{figure.label}, {of}", unit=figure.unit, better=figure.better)
    unit = next((_UNITS[word] for word in reversed(name.split("_")) if word in _UNITS), "")
    return Figure(label=name.replace("_", " "), unit=unit, provenance="")
