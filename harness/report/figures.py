"""What the figures of verdicts are: their name for people, unit, where they come from, and which way is better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from harness.checks.levels import WORDS

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
    "accuracy_change_low": Figure(label="change of accuracy, low end of its interval", unit="share", better="high"),
    "accuracy_change_high": Figure(label="change of accuracy, high end of its interval", unit="share", better="high"),
    "accuracy_drop": Figure(label="loss of accuracy", unit="share", better="low"),
    "accuracy_reset": Figure(label="accuracy if states were reset in each window", unit="share"),
    "metric_before": Figure(label="your metric, float model"),
    "metric_after": Figure(label="your metric, quantized"),
    "metric_loss": Figure(label="loss of your metric", better="low"),
    "operators": Figure(label="operators of the quantized model"),
    "float_tensors": Figure(label="tensors in floating point", better="low"),
    "wrong_bias_scales": Figure(label="biases at another scale than kernels assume", better="low"),
    "worst_bias_factor": Figure(label="largest factor between scales of a bias", unit="times", better="low"),
    "mended_biases": Figure(label="biases mended by the repair"),
    "repairs": Figure(label="repairs made"),
    "weight_arrays": Figure(label="arrays of weights in the file", better="low"),
    "weight_users": Figure(label="operators that use them"),
    "unused_split_outputs": Figure(label="unused outputs of SPLIT", better="low"),
    "state_pairs": Figure(label="states"),
    "differing_state_pairs": Figure(label="states whose output and input differ in scale", better="low"),
    "state_quantize_cycles": Figure(
        label="cycles that QUANTIZE on the states adds", unit="cycles", provenance=ESTIMATED, better="low"
    ),
    "state_quantize_cost": Figure(
        label="share of cycles that QUANTIZE on the states adds", unit="share", provenance=ESTIMATED, better="low"
    ),
    "reset_value": Figure(label="value that a reset state stands for"),
    "reset_differing": Figure(label="values that differ after a reset", better="low"),
    "stream_differing_values": Figure(label="values where command stream and reference differ", better="low"),
    "stream_largest_lsb": Figure(label="largest distance of command stream and reference", unit="LSB", better="low"),
    "device_deviation_share": Figure(label="values that LiteRT's kernels give otherwise", unit="share", better="low"),
    "device_deviation_lsb": Figure(label="largest distance from LiteRT's kernels", unit="LSB", better="low"),
    "device_stream_deviation_share": Figure(
        label="values that LiteRT's kernels give otherwise, over windows", unit="share", better="low"
    ),
    "device_stream_deviation_lsb": Figure(
        label="largest distance from LiteRT's kernels, over windows", unit="LSB", better="low"
    ),
}
_FAMILIES = {
    "sqnr_db_": Figure(label="SQNR", unit="dB", better="high"),
    "micro_sqnr_db_": Figure(label="SQNR on TFLite Micro", unit="dB", better="high"),
    "function_db_": Figure(label="SQNR without rounding", unit="dB", better="high"),
    "unexplained_db_": Figure(label="error that rounding does not explain", unit="dB", better="low"),
    "kernel_spread_lsb_": Figure(label="largest distance of two sets of kernels", unit="LSB", better="low"),
    "largest_lsb_": Figure(label="largest distance from float64", unit="LSB", better="low"),
    "at_limits_": Figure(label="values at the limits of the type", unit="share", better="low"),
    "stream_db_": Figure(label="SQNR over a stream", unit="dB", better="high"),
    "stream_agreement_": Figure(label="labels as in float64 over a stream", unit="share", better="high"),
    "copied_db_": Figure(label="SQNR of copied state bytes", unit="dB", better="high"),
    "host_graph_lsb_": Figure(label="distance of rescale on the host and in the graph", unit="LSB", better="low"),
    "contract_gain_db_": Figure(label="what the contract gains over copied bytes", unit="dB", better="high"),
    "raw_error_lsb_": Figure(label="error of copied state bytes", unit="LSB", better="low"),
    "raw_cost_db_": Figure(label="what copied state bytes cost over a stream", unit="dB", better="low"),
    "state_quantize_lsb_": Figure(label="distance of the QUANTIZE of a state from exact", unit="LSB", better="low"),
    "state_clipping_db_": Figure(label="clipped below the signal over a stream", unit="dB", better="high"),
    "first_clipped_window_": Figure(label="first window that clips", better="high"),
    "first_clipped_step_": Figure(label="first time step that clips", better="high"),
    "step_held_high_": Figure(label="largest value that the tensor holds"),
    "step_held_low_": Figure(label="smallest value that the tensor holds"),
    "step_high_": Figure(label="largest value in float64, by time step"),
    "step_low_": Figure(label="smallest value in float64, by time step"),
    "max_difference_": Figure(label="largest difference of two float models", better="low"),
    "float64_difference_": Figure(label="difference of looped and unrolled in float64", better="low"),
    "high_": Figure(label="largest value in float64"),
    "low_": Figure(label="smallest value in float64"),
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
            return replace(figure, label=", ".join([figure.label, *_of(name.removeprefix(prefix))]))
    unit = next((_UNITS[word] for word in reversed(name.split("_")) if word in _UNITS), "")
    return Figure(label=name.replace("_", " "), unit=unit, provenance="")


def _of(rest: str) -> list[str]:
    """What a figure of a family is about: the output or state, how it was streamed, the end of an interval."""
    words = rest.split("_")
    end = [f"{words.pop()} end of its interval"] if words[-1] in ("low", "high") else []
    way = [WORDS[words.pop(0)]] if words and words[0] in WORDS else []
    return [*([" ".join(words)] if words else []), *way, *end]
