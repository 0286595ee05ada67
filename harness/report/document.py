"""The document: everything that a run found, as plain values. HTML and JSON hold the same."""

from __future__ import annotations

import platform
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from harness.evidence import Compilation
from harness.explain import explain
from harness.jobs import versions
from harness.policy import GUIDE_ACCURACY, VERIFIED
from harness.results import WORST_FIRST, Row, worst
from harness.session import Session
from harness.store import Store

_Key = TypeVar("_Key")

SCHEMA_VERSION = 1
TOOLS = ("ethos-u-rnn-harness", "ai-edge-litert", "ethos-u-vela", "keras", "numpy", "tensorflow")
NOT_CHECKED = (
    "No silicon and no Arm FVP was used: that the NPU computes what the compiled file says is not checked here.",
    "Cycles, milliseconds and bytes are Vela's estimates of the NPU alone: no CPU time, no driver, no contention.",
    "Time of operators on the CPU is unknown, not zero.",
)


def build_document(
    rows: Sequence[Row], session: Session, *, interrupted: bool, arguments: Iterable[str]
) -> dict[str, Any]:
    """The document of a run; equal runs give equal documents (no times, no folders of the machine)."""
    ordered = sorted(rows, key=lambda row: (natural(row.case), row.test))
    by_model = _grouped(ordered, lambda row: row.model.get("id"))
    by_case = _grouped([row for row in ordered if row.target], lambda row: (row.model["id"], row.target["id"]))
    return {
        "schema_version": SCHEMA_VERSION,
        "interrupted": interrupted,
        "command": shlex.join(["pytest", *map(str, arguments)]),
        "environment": _environment(),
        "vela_config": _vela_config(session),
        "outcomes": _counts(row.outcome for row in rows),
        "targets": _distinct(row.target for row in ordered),
        "models": [_model(own[0].model, own) for name, own in by_model.items() if name],
        "cases": [_case(name, own, session.store) for name, own in by_case.items()],
        "guide_accuracy": GUIDE_ACCURACY,
        "accuracy": [_accuracy(row) for row in ordered if "accuracy_change" in row.verdict.get("figures", {})],
        "not_checked": list(NOT_CHECKED),
    }


def _environment() -> dict[str, Any]:
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


def _vela_config(session: Session) -> dict[str, str]:
    if session.config_file is None:
        return {"file": "vela.ini of the installed Vela"}
    return {"file": session.config_file.name, "sha256": session.config_file.sha256}


def _model(model: Mapping[str, Any], rows: Sequence[Row]) -> dict[str, Any]:
    return {
        **model,
        "outcome": worst([row.outcome for row in rows]),
        "claims": [_claim(row) for row in rows if not row.target],
    }


def _case(name: tuple[str, str], rows: Sequence[Row], store: Store) -> dict[str, Any]:
    return {
        "id": rows[0].case,
        "model": name[0],
        "target": name[1],
        "outcome": worst([row.outcome for row in rows]),
        "figures": {key: value for row in rows for key, value in row.verdict.get("figures", {}).items()},
        "on_cpu": _on_cpu(rows, store),
        "claims": [_claim(row) for row in rows],
    }


def _claim(row: Row) -> dict[str, Any]:
    return {key: getattr(row, key) for key in ("test", "outcome", "message", "known", "verdict", "failure", "evidence")}


def _accuracy(row: Row) -> dict[str, Any]:
    return {"model": row.case, "claim": row.test, **row.verdict["figures"]}


def _on_cpu(rows: Sequence[Row], store: Store) -> list[dict[str, Any]]:
    keys = {entry["key"] for row in rows for entry in row.evidence if entry["stage"] == "compilation"}
    entries = [entry for key in sorted(keys) if (entry := store.read(key)) and entry["outcome"] == "done"]
    operators = [operator for entry in entries for operator in Compilation.from_plain(entry["value"]).on_cpu]
    return [
        {**asdict(operator), "cause": explain(operator).sentence, "remedy": explain(operator).remedy}
        for operator in operators
    ]


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people do: u16 before u256."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _grouped(rows: Iterable[Row], key: Callable[[Row], _Key]) -> dict[_Key, list[Row]]:
    groups: dict[_Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _distinct(values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return list({value["id"]: dict(value) for value in values if value}.values())


def _counts(outcomes: Iterable[str]) -> dict[str, int]:
    counted = Counter(outcomes)
    return {outcome: counted[outcome] for outcome in WORST_FIRST}
