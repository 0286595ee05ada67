"""The limits that a policy may set: names, types, ranges; light, as every pytest run loads it for the options."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeGuard

from harness.errors import UsageError

Value = bool | int | float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. `figure` is the figure of a verdict that it bounds (a prefix if it ends with `_`: each must hold).

    `evidence` says what the figure is measured on: the compiled model (cost), that and the source model (work), runs
    against float64 (error) or against the float model on digits (accuracy). Without a figure, the limit is that of a
    claim which is always made, or a tolerance of the comparison with a baseline.
    """

    name: str
    kind: type[bool | int | float]
    help: str
    unit: str = ""
    low: float = 0
    high: float = math.inf
    default: Value | None = None
    figure: str = ""
    evidence: str = ""

    @property
    def is_minimum(self) -> bool:
        """Whether the figure must be at least the limit, and not at most."""
        return self.name.startswith("min_")

    def read(self, value: object, where: str) -> Value:
        """The value of the limit, from TOML or from the text of an option; raises UsageError for any other."""
        number = _from_text(value) if isinstance(value, str) else value
        if not self._is_of_kind(number) or not self.low <= number <= self.high:
            raise UsageError(f"{self.name} is {value!r} ({where}): give {self._wanted}")
        return self.kind(number)

    def _is_of_kind(self, number: object) -> TypeGuard[Value]:
        if self.kind is bool or isinstance(number, bool):
            return self.kind is bool and isinstance(number, bool)
        return isinstance(number, int) or (self.kind is float and isinstance(number, float))

    @property
    def _wanted(self) -> str:
        if self.kind is bool:
            return "true or false"
        number = "a whole number" if self.kind is int else "a number"
        return (
            f"{number} of {self.low:g} or more"
            if self.high == math.inf
            else f"{number} from {self.low:g} to {self.high:g}"
        )


def _from_text(text: str) -> object:
    words = {"true": True, "false": False}
    if text.lower() in words:
        return words[text.lower()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


_COST, _WORK, _ERROR, _ACCURACY = "cost", "work", "error", "accuracy"
LIMITS = (
    Limit(name="fully_on_npu", kind=bool, default=True, help="no operator on the CPU (default: true)"),
    Limit(
        name="max_npu_segments",
        kind=int,
        low=1,
        default=1,
        help="pieces that the NPU runs the model in (default: 1)",
    ),
    Limit(
        name="min_npu_operator_coverage",
        kind=float,
        high=1,
        help="share of the source operators on the NPU, 0 to 1",
        unit="of the source operators",
        figure="npu_operator_coverage",
        evidence=_COST,
    ),
    Limit(
        name="min_npu_mac_coverage",
        kind=float,
        high=1,
        help="share of the multiply-accumulate operations on the NPU, 0 to 1",
        unit="of the MACs",
        figure="npu_mac_coverage",
        evidence=_WORK,
    ),
    Limit(
        name="max_sram_bytes",
        kind=int,
        help="SRAM that Vela plans to use",
        unit="bytes of SRAM",
        figure="sram_used_bytes",
        evidence=_COST,
    ),
    Limit(
        name="max_flash_bytes",
        kind=int,
        help="use of the memory behind the SRAM, flash or DRAM",
        unit="bytes behind the SRAM",
        figure="flash_used_bytes",
        evidence=_COST,
    ),
    Limit(
        name="max_weight_read_bytes",
        kind=int,
        help="weights that one inference reads from the memory of the constants",
        unit="bytes of weights read",
        figure="weight_read_bytes",
        evidence=_COST,
    ),
    Limit(
        name="max_cycles",
        kind=int,
        help="estimated cycles of one inference, NPU alone",
        unit="cycles",
        figure="total_cycles",
        evidence=_COST,
    ),
    Limit(
        name="max_ms",
        kind=float,
        help="estimated milliseconds of one inference, NPU alone",
        unit="ms",
        figure="ms",
        evidence=_COST,
    ),
    Limit(
        name="min_sqnr_db",
        kind=float,
        low=-100,
        high=200,
        help="signal to quantization noise of each output and state",
        unit="dB",
        figure="sqnr_db_",
        evidence=_ERROR,
    ),
    Limit(
        name="max_accuracy_drop",
        kind=float,
        high=1,
        help="what int8 may lose on the judging digits, 0 to 1",
        unit="lost",
        figure="accuracy_drop",
        evidence=_ACCURACY,
    ),
    Limit(
        name="baseline_cycles_tolerance",
        kind=float,
        high=10,
        default=0.05,
        help="growth of the cycles that a baseline allows (default: 0.05)",
    ),
    Limit(
        name="baseline_bytes_tolerance",
        kind=float,
        high=10,
        default=0.05,
        help="growth of bytes that a baseline allows (default: 0.05)",
    ),
    Limit(
        name="baseline_sqnr_tolerance_db",
        kind=float,
        high=100,
        default=0.5,
        help="loss of SQNR that a baseline allows, in dB (default: 0.5)",
    ),
)
LIMIT = {limit.name: limit for limit in LIMITS}
