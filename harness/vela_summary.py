"""What a Vela of another toolchain said, in the form of `harness.vela.compile_model` (runs in a child)."""

from __future__ import annotations

import re
from typing import Any

from harness.placement import place
from harness.vela import reasons

_MEMORIES = {"sram": "Sram", "dram": "Dram", "on_chip_flash": "OnChipFlash", "off_chip_flash": "OffChipFlash"}
_AREAS = {"SRAM": "Sram", "DRAM": "Dram", "On-chip Flash": "OnChipFlash", "Off-chip Flash": "OffChipFlash"}
# Of Velas before 5, whose compiler was written in Python; `harness.vela` knows what the core says since.
_REASON = re.compile(
    r"Warning: (?P<operator>\S+) '(?P<tensor>[^']*)' is not supported on the NPU.*\n\s*- (?P<reason>.+)"
)
_COUNTS = (
    re.compile(r"CPU operators = (?P<cpu>\d+).*\n.*NPU operators = (?P<npu>\d+)"),
    re.compile(r"(?P<cpu>\d+)/(?P<all>\d+) \([\d.]+%\) operations falling back to the CPU"),
)
KIB = 1024
GIB_SINCE = 4
"""The first major version whose summary has bandwidths in GiB/s."""


def read(source: bytes, compiled: bytes, summary: dict[str, str], printed: str, *, version: str) -> dict[str, Any]:
    """Placement from the compiled file, and the estimate from the summary, as `harness.vela.compile_model` gives them.

    `operator_cycles` is empty: these Velas do not tell cycles by operator in a form of their own.
    """
    return {
        "model": compiled,
        "placement": place(source, compiled),
        "report": report(summary, printed, version),
        "reasons": [match.groupdict() for match in _REASON.finditer(printed)] or reasons(printed),
        "operator_cycles": [],
    }


def report(summary: dict[str, str], printed: str, version: str) -> dict[str, Any]:
    """The figures of a version of Vela: bytes, cycles, bytes a cycle.

    The summary has KiB, and GB/s (since 4.0: GiB/s) as the largest bandwidth.
    """
    clock = float(summary["core_clock"])
    constants_in = _area(summary["weights_storage_area"])
    cpu, npu = _counts(printed)
    return {
        "total_cycles": round(float(summary["cycles_total"])),
        "npu_cycles": round(float(summary.get("cycles_npu") or 0)),
        "core_clock_hz": clock,
        "macs": round(float(summary["nn_macs"])),
        "npu_operators": npu,
        "cpu_operators": cpu,
        "original_weight_bytes": round(float(summary["total_original_weights"])),
        "encoded_weight_bytes": round(float(summary["total_npu_encoded_weights"])),
        "read_only_bytes": _used(summary, constants_in),
        "constant_bytes_per_cycle": _bandwidth(summary, constants_in) * _giga(version) / clock,
        "constants_in": constants_in,
        "arena_in": _area(summary["feature_map_storage_area"]),
        "memories": {ours: _memory(summary, theirs) for theirs, ours in _MEMORIES.items() if _uses(summary, theirs)},
    }


def _memory(summary: dict[str, str], name: str) -> dict[str, Any]:
    def figure(column: str) -> int:
        return round(float(summary.get(column) or 0))

    return {
        "used_bytes": round(float(summary[name + "_memory_used"]) * KIB),
        "access_cycles": figure("cycles_%s_access" % name),
        "read_bytes": {
            "weights": figure(name + "_weight_read_bytes"),
            "feature_maps": figure(name + "_feature_map_read_bytes"),
        },
        "written_bytes": {
            "weights": figure(name + "_weight_write_bytes"),
            "feature_maps": figure(name + "_feature_map_write_bytes"),
        },
    }


def _uses(summary: dict[str, str], name: str) -> bool:
    columns = (name + "_memory_used", name + "_total_bytes")
    return any(float(summary.get(column) or 0) > 0 for column in columns)


def _used(summary: dict[str, str], area: str) -> int:
    (name,) = (theirs for theirs, ours in _MEMORIES.items() if ours == area)
    return round(float(summary[name + "_memory_used"]) * KIB)


def _bandwidth(summary: dict[str, str], area: str) -> float:
    (name,) = (theirs for theirs, ours in _MEMORIES.items() if ours == area)
    return float(summary[name + "_bandwidth"])


def _giga(version: str) -> float:
    return float(KIB**3) if int(version.split(".", maxsplit=1)[0]) >= GIB_SINCE else 1e9


def _area(spoken: str) -> str:
    if spoken not in _AREAS:
        raise ValueError("Vela's summary names a memory that is not known: %s" % spoken)
    return _AREAS[spoken]


def _counts(printed: str) -> tuple[int, int]:
    """Operators that Vela says it left on the CPU and put on the NPU; -1 where it does not say."""
    for pattern in _COUNTS:
        found = pattern.search(printed)
        if found:
            counts = {name: int(value) for name, value in found.groupdict().items()}
            return counts["cpu"], counts.get("npu", counts.get("all", 0) - counts["cpu"])
    return -1, -1
