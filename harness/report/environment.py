"""What a run rests on: the versions of the tools, the targets in full, Vela's configuration."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from typing import Any

from harness.jobs import versions
from harness.policy import VERIFIED
from harness.session import Session

TOOLS = ("ethos-u-rnn-harness", "ai-edge-litert", "ethos-u-vela", "keras", "numpy", "tensorflow")


def environment() -> dict[str, Any]:
    """Python, machine, versions, and whether this project's own tests pass with just these."""
    installed = versions(TOOLS)
    ours = {name: version for name, version in installed.items() if name != TOOLS[0]}
    known = [{name: version for name, version in verified.items() if ours[name]} for verified in VERIFIED]
    present = {name: version for name, version in ours.items() if version}
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "versions": installed,
        "verified_combination": present in known,
    }


def configuration(session: Session) -> dict[str, str]:
    """The vela.ini: that of Vela, or the user's own with its hash."""
    if session.config_file is None:
        return {"file": "vela.ini of the installed Vela"}
    return {"file": session.config_file.name, "sha256": session.config_file.sha256}


def _named(target: Mapping[str, Any]) -> dict[str, Any]:
    """A target with the toolchain that its id names, if any: else each model's own Vela compiled for it."""
    kept = dict(target)
    toolchain = kept.pop("toolchain", None)
    return {**kept, "toolchain": toolchain} if str(kept["id"]).endswith(f"_vela_{toolchain}") else kept


def targets_in_full(targets: Iterable[Mapping[str, Any]], session: Session) -> list[dict[str, Any]]:
    """Each target once, with the settings of its system and memory mode."""
    distinct = {target["id"]: _named(target) for target in targets if target}
    return [
        {
            **target,
            "system": session.config.systems.get(target["system_config"], {}),
            "memory": session.config.memory_modes.get(target["memory_mode"], {}),
        }
        for target in distinct.values()
    ]
