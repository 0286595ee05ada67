"""What a run did not check: what nothing here can, and what this run was not asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.session import Session
from harness.target import sensible_targets
from harness.wording import count

NEVER = (
    "No silicon and no Arm FVP was used: where a command stream was executed, a host model of the NPU executed it.",
    "Cycles, milliseconds and bytes are Vela's estimates of the NPU alone: no CPU time, no driver, no contention.",
    "Time of operators on the CPU is unknown, not zero.",
)
OF_VELA = "_vela_"
"""What begins the end of a target's id where it names the toolchain of Vela."""

NO_EXECUTION = "No command stream was executed: that what Vela wrote computes the right thing was not asked."
NO_ERROR = "The error of quantization is unknown: no float model was compared with (--float-model, --representative)."
NO_TASK = "Whether the task suffers is unknown: no labels and metric were given (--data, --metric)."


def not_checked(models: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]], session: Session) -> list[str]:
    """Sentences; those that always hold come first."""
    measured = {name for model in models for name in model["figures"]}
    executed = any("stream_differing_values" in case["figures"] for case in cases)
    exact = any(name.startswith("sqnr_db_") for name in measured)
    judged = bool({"accuracy_after", "metric_after"} & measured)
    missing = ((executed, NO_EXECUTION), (exact, NO_ERROR), (judged, NO_TASK))
    asked = {case["target"].partition(OF_VELA)[0] for case in cases}
    rest = sum(target.id not in asked for target in sensible_targets(session.config))
    others = [f"{count(rest, 'other target')} of {session.config.path.name}: not asked."] if cases and rest else []
    return [*NEVER, *(sentence for known, sentence in missing if models and not known), *others]
