"""A model compiled for a target: placement as the file shows it, and Vela's own figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class CpuOperator:
    """An operator that Vela left on the CPU, with the reason that Vela printed (empty where it printed none)."""

    name: str
    tensor: str
    subgraph: int
    index: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Memory:
    """One memory of the system as Vela planned its use: bytes, and cycles that the NPU waits for it."""

    used_bytes: int
    access_cycles: int
    read_bytes: Mapping[str, int]
    written_bytes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Estimate:
    """Vela's figures for one inference: the NPU alone, no CPU, no driver, no contention."""

    total_cycles: int
    npu_cycles: int
    core_clock_hz: float
    macs: int
    encoded_weight_bytes: int
    constants_in: str
    arena_in: str
    constant_bytes_per_cycle: float
    memories: Mapping[str, Memory]

    @property
    def ms(self) -> float:
        """Milliseconds at the core clock of the system configuration."""
        return self.total_cycles / self.core_clock_hz * 1e3

    @property
    def sram_used_bytes(self) -> int:
        """Peak use of the SRAM, constants included where the memory mode keeps them there."""
        return self._used("Sram")

    @property
    def flash_used_bytes(self) -> int:
        """Peak use of the memory behind the SRAM: flash, or DRAM where the system has no flash."""
        return self._used("OffChipFlash") + self._used("OnChipFlash") + self._used("Dram")

    @property
    def weight_read_bytes(self) -> int:
        """Bytes of weights read in one inference from the memory that holds the constants."""
        memory = self.memories.get(self.constants_in) or self.memories.get("Sram")
        return 0 if memory is None else memory.read_bytes.get("weights", 0)

    @property
    def weight_reads(self) -> float | None:
        """How often an inference reads each encoded weight; None for a model without weights on the NPU."""
        return self.weight_read_bytes / self.encoded_weight_bytes if self.encoded_weight_bytes else None

    @property
    def roofline_cycles(self) -> float:
        """Cycles to read the weights alone, as often as they are read, at the full bandwidth of their memory."""
        return self.weight_read_bytes / self.constant_bytes_per_cycle

    @property
    def bound_by(self) -> str:
        """What takes most of the time: the NPU, or the memory that it waits for."""
        cycles = {name: memory.access_cycles for name, memory in self.memories.items()} | {"NPU": self.npu_cycles}
        return max(cycles, key=lambda name: cycles[name])

    def _used(self, name: str) -> int:
        return self.memories[name].used_bytes if name in self.memories else 0


@dataclass(frozen=True, slots=True)
class Compilation:
    """A model compiled for a target: placement as the compiled file shows it, and Vela's own count and figures."""

    segments: int
    source_operators: int
    on_cpu: tuple[CpuOperator, ...]
    compiled_bytes: int
    reported_cpu_operators: int
    reported_npu_operators: int
    estimate: Estimate
    operator_cycles: Mapping[int, tuple[int, int]]
    """Estimated cycles and MACs by operator of the source's first subgraph."""

    @property
    def npu_operator_coverage(self) -> float:
        """Share of the source model's operators that run on the NPU (MLIA's denominator, not Vela's)."""
        on_cpu = sum(operator.index is not None for operator in self.on_cpu)
        return 1 - on_cpu / self.source_operators if self.source_operators else 0.0

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Compilation:
        """Read what `harness.vela.compile_model` returned."""
        placement, report = plain["placement"], plain["report"]
        # Vela names some operators otherwise, and a fused activation by its tensor with `_act`: the tensor tells.
        reasons = {entry["tensor"].removesuffix("_act"): entry["reason"] for entry in plain["reasons"]}
        return cls(
            segments=placement["segments"],
            source_operators=placement["source_operators"],
            on_cpu=tuple(
                CpuOperator(**operator, reason=reasons.get(operator["tensor"], "")) for operator in placement["on_cpu"]
            ),
            compiled_bytes=placement["compiled_bytes"],
            reported_cpu_operators=report["cpu_operators"],
            reported_npu_operators=report["npu_operators"],
            estimate=_estimate(report),
            operator_cycles={index: (cycles, macs) for index, cycles, macs in plain["operator_cycles"]},
        )


def _estimate(report: Mapping[str, Any]) -> Estimate:
    return Estimate(
        total_cycles=report["total_cycles"],
        npu_cycles=report["npu_cycles"],
        core_clock_hz=report["core_clock_hz"],
        macs=report["macs"],
        encoded_weight_bytes=report["encoded_weight_bytes"],
        constants_in=report["constants_in"],
        arena_in=report["arena_in"],
        constant_bytes_per_cycle=report["constant_bytes_per_cycle"],
        memories={name: Memory(**memory) for name, memory in report["memories"].items()},
    )
