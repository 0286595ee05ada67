"""Reports as a run writes them, with one model on one target, by one or several toolchains."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

CLAIM = {"test": "test_is_estimated", "outcome": "pass", "message": "2 ms", "known": "", "verdict": {}, "failure": {}}
EVIDENCE = [{"stage": "compilation", "key": "ab", "name": "compilation"}]
INVENTORY = {
    "made_by": {"tensorflow": "", "vela": ""},
    "operators": {"FULLY_CONNECTED": 2},
    "float_operators": {},
    "per_channel": {},
    "inputs": [{"name": "x", "dtype": "int8", "shape": [1], "scales": [0.5], "zero_points": [3]}],
    "outputs": [{"name": "y", "dtype": "float32", "shape": [1], "scales": [], "zero_points": []}],
}
TARGET = {"id": "u55", "accelerator": "ethos-u55-128", "system": {"core_clock": "500e6"}, "memory": {"arena": "Axi0"}}
VERSIONS = {"tensorflow": "2.21.0", "ai-edge-litert": "2.3.0", "ethos-u-vela": "5.2.0", "keras": None}
GUIDE = {"python": "3.8.18", "versions": {"tensorflow": "2.5.0", "ethos-u-vela": "3.0.0"}}


def model(name: str, **changes: object) -> dict[str, Any]:
    own: dict[str, Any] = {"id": name, "kind": "generated", "figures": {"sqnr_db_y": 30.0}, "claims": []}
    return {**own, "inventory": copy.deepcopy(INVENTORY), **changes}


def case(model_id: str, target: str = "u55", **changes: object) -> dict[str, Any]:
    figures = {"npu_segments": 1.0, "total_cycles": 1000.0}
    own = {"id": f"{model_id}-{target}", "model": model_id, "target": target, "figures": figures, "on_cpu": []}
    return {**own, "claims": [{**CLAIM, "evidence": EVIDENCE}], **changes}


def report(models: list[Any] | None = None, cases: list[Any] | None = None, **changes: object) -> dict[str, Any]:
    return {
        "schema_version": 2,
        "environment": {"python": "3.11.7", "versions": dict(VERSIONS)},
        "vela_config": {"file": "vela.ini of the installed Vela"},
        "targets": [TARGET],
        "models": [model("gru")] if models is None else models,
        "cases": [case("gru")] if cases is None else cases,
        **changes,
    }


def two_toolchains() -> dict[str, Any]:
    """Models of `today` and `guide`; those of `guide` compiled by both Velas."""
    return report(
        [model("gru", toolchain="today"), model("gru_guide", toolchain="guide")],
        [
            case("gru", toolchain="today"),
            case("gru_guide", toolchain="guide"),
            case("gru_guide", "u55_vela_today", toolchain="today"),
        ],
        targets=[TARGET, {**TARGET, "id": "u55_vela_today", "toolchain": "today"}],
        toolchains={"guide": GUIDE},
    )


def on_cpu(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "cause": "no float"} for name in names]


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
