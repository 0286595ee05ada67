"""Compiles a .tflite for a target with Vela's own core (runs in a child: the core may end the process).

The in-process interface is not documented by Vela; this module is the only one that knows it, and a test holds that
it agrees with the command line on bytes and figures.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import Any, Iterator

from harness.errors import CompilerError
from harness.placement import place
from harness.printed import log_size, printed_since

_REASON = re.compile(
    r"operator:\s*(?P<operator>\S+?),?\s+ofm:\s*'(?P<tensor>[^']*)'.*?\n\s*(?:-\s*)?Reason:\s*(?P<reason>.+)"
)
_PURPOSES = {"Weights": "weights", "Scales": "scales", "FeatureMap": "feature_maps", "Lut": "lut"}


def compile_model(  # noqa: PLR0913 - the options of Vela
    model: bytes,
    *,
    accelerator: str,
    system_config: str,
    memory_mode: str,
    config: bytes = b"",
    optimise: str = "Performance",
    ignore_ops: str = "",
) -> dict[str, Any]:
    """The compiled model with its placement and Vela's estimate.

    `config` is the content of a vela.ini of the user's own; empty: the one that Vela ships. `ignore_ops` keeps the
    operators it names (as Vela's --ignore-ops) off the NPU.
    Returns `model` (bytes), `placement` (see `harness.placement.place`), `report` (Vela's figures: bytes, cycles, ms)
    and `reasons` (operator, tensor, reason: why Vela left an operator on the CPU).
    `operator_cycles` tells the estimate by operator. Raises CompilerError with Vela's last line where it refuses.
    """
    from ethosu import regor

    with _config_file(config) as path:
        architecture = _architecture(path, accelerator, system_config, memory_mode)
        settings = _settings(architecture, path.read_text(encoding="utf-8"))
    options = _options(architecture, optimise, ignore_ops)
    printed = log_size()
    try:
        compiled = regor.compile(_family(accelerator), model, "TFLITE", settings, options=options, verbose=True)
    except (RuntimeError, IndexError, ValueError) as error:  # what the exceptions of the C++ core become
        raise CompilerError("Vela refused the model: %s" % _with_last_line(error, printed_since(printed))) from None
    output = bytes(compiled.model)
    return {
        "model": output,
        "placement": place(model, output),
        "report": _report(compiled.perf_report, architecture),
        "reasons": reasons(printed_since(printed)),
        "operator_cycles": operator_cycles(compiled.opt_database.tables),
    }


def operator_cycles(tables: Any) -> list[list[int]]:
    """Estimated cycles and MACs by operator of the source graph: [index, cycles, MACs], from Vela's own database.

    Vela gives 0 cycles to what runs on the CPU: its time is unknown.
    """
    places = dict(_columns(tables["source"], "id", "ext_key"))
    totals: dict[int, list[int]] = {}
    for source, cycles, macs in _columns(tables["perf"], "source_id", "op_cycles", "mac_count"):
        total = totals.setdefault(int(places.get(source, -1)), [0, 0])
        total[0] += int(cycles)
        total[1] += int(macs)
    return [[place, *total] for place, total in sorted(totals.items())]


def _columns(table: Any, *names: str) -> list[list[str]]:
    header = list(table.header)
    places = [header.index(name) for name in names]
    return [[row[place] for place in places] for row in table.data]


def operator_constraints(family: str) -> dict[str, list[str]]:
    """The operators that Vela supports on `ethos-u55` (and U65) or `ethos-u85`, each with its constraints."""
    from ethosu import regor

    core = "EthosU85" if family == "ethos-u85" else "EthosU55"
    return {name: list(constraints) for name, constraints in regor.tflite_operator_constraints(core).items()}


def reasons(log: str) -> list[dict[str, str]]:
    """What Vela's output says about operators that it left on the CPU."""
    return [match.groupdict() for match in _REASON.finditer(log)]


def _family(accelerator: str) -> str:
    return "".join(word.capitalize() for word in accelerator.split("-")[:-1])


@contextlib.contextmanager
def _config_file(content: bytes) -> Iterator[Path]:
    if not content:
        import ethosu

        yield Path(next(iter(ethosu.__path__))) / "config_files" / "Arm" / "vela.ini"
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vela.ini"
        path.write_bytes(content)
        yield path


def _architecture(path: Path, accelerator: str, system_config: str, memory_mode: str) -> Any:
    from ethosu.vela.architecture_features import ArchitectureFeatures
    from ethosu.vela.errors import VelaError

    try:
        return ArchitectureFeatures(
            vela_config_files=[str(path)],
            system_config=system_config,
            memory_mode=memory_mode,
            accelerator_config=accelerator,
            max_blockdep=ArchitectureFeatures.MAX_BLOCKDEP,
            verbose_config=False,
            arena_cache_size=None,
        )
    except VelaError as error:
        raise CompilerError("Vela refused the target: %s" % error) from None


def _settings(architecture: Any, config: str) -> str:
    return (
        "[architecture]\nmacs=%d\ncores=%d\n[vela]\nsystem_config_name=%s\nmemory_mode_name=%s\n"
        % (
            architecture.num_macs_per_cycle,
            architecture.ncores,
            architecture.system_config,
            architecture.memory_mode,
        )
        + config
    )


def _options(architecture: Any, optimise: str, ignore_ops: str) -> str:
    """The options of the command line's own defaults, by the section and key that the core reads."""
    text = (
        "\n[compiler]\nenable_db=true\noutput_format=TFLite\ncop_format=COP1\n"
        "\n[scheduler]\noptimize=%s\narena_size_limit=%d\ndisable_feature=\ncpu_tensor_alignment=16\n"
        "tensor_allocator=HillClimb\n\n[graph]\nsoftmax_int16_neg_exp_range=10.0\n"
        % (optimise, architecture.arena_cache_size)
    )
    return text + ("ignore_ops=%s\n" % ignore_ops if ignore_ops else "")


def _report(report: Any, architecture: Any) -> dict[str, Any]:
    return {
        "total_cycles": int(report.totalCycles),
        "npu_cycles": int(report.npuCycles),
        "core_clock_hz": float(architecture.core_clock),
        "macs": int(report.macCount),
        "npu_operators": int(report.npuOps),
        "cpu_operators": int(report.cpuOps),
        "original_weight_bytes": int(report.originalWeights),
        "encoded_weight_bytes": int(report.encodedWeights),
        "read_only_bytes": int(report.readOnlyPeakUsage),
        "constant_bytes_per_cycle": float(
            architecture.memory_bandwidths_per_cycle[architecture.permanent_storage_mem_area]
        ),
        "constants_in": architecture.permanent_storage_mem_area.name,
        "arena_in": architecture.feature_map_storage_mem_area.name,
        "memories": {str(name): _memory(memory) for name, memory in report.memories.items()},
    }


def _memory(memory: Any) -> dict[str, Any]:
    accesses = {_PURPOSES[str(access.accessType)]: access for access in memory.accesses.values()}
    return {
        "used_bytes": int(memory.peakUsage),
        "access_cycles": int(memory.totalAccessCycles),
        "read_bytes": {purpose: int(access.bytesRead) for purpose, access in accesses.items()},
        "written_bytes": {purpose: int(access.bytesWritten) for purpose, access in accesses.items()},
    }


def _with_last_line(error: Exception, log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    sentence = " ".join(str(error).split())
    return "%s (%s)" % (sentence, lines[-1]) if lines else sentence
