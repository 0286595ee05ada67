"""The document: everything that a run found, as plain values. HTML and JSON hold the same."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from harness.policy import GUIDE_ACCURACY
from harness.report.details import case_details, compiled_figures, model_details
from harness.report.environment import configuration, environment, targets_in_full
from harness.report.figures import PROVENANCE, describe_figures
from harness.report.findings import answers, findings, verdict
from harness.report.toolchains import pairs, toolchains_in_full
from harness.report.unchecked import not_checked
from harness.results import WORST_FIRST, Row, worst
from harness.session import Session
from harness.store import ENVIRONMENT
from harness.toolchains import TODAY

_Key = TypeVar("_Key")

SCHEMA_VERSION = 2
VERIFICATION = Path(__file__).parent.parent / "verification"
_LOG_PREFIX = re.compile(r"\b[IWEF]\d{4} \d\d:\d\d:\d+\.\d+ +\d+ ")
"""Date, time and process id before a line of TensorFlow's log: they differ between equal runs."""


def build_document(
    rows: Sequence[Row], session: Session, *, interrupted: bool, arguments: Iterable[str]
) -> dict[str, Any]:
    """The document of a run; equal runs give equal documents (no times, no folders of the machine)."""
    places = _places(session)
    ordered = sorted((_steady(row, places) for row in rows), key=lambda row: (natural(row.case), row.test))
    by_model = _grouped(ordered, lambda row: row.model.get("id"))
    by_case = _grouped([row for row in ordered if row.target], lambda row: (row.model["id"], row.target["id"]))
    cases = [_case(name, own, by_model[name[0]], session) for name, own in by_case.items()]
    models = [_model(own, session) for name, own in by_model.items() if name]
    return {
        "schema_version": SCHEMA_VERSION,
        "interrupted": interrupted,
        "command": _command([str(argument) for argument in arguments]),
        "environment": environment(),
        "toolchains": toolchains_in_full(session.settings.toolchains),
        "vela_config": configuration(session),
        "verdict": verdict(ordered, interrupted=interrupted),
        "answers": answers(cases, models),
        "outcomes": _counts(row.outcome for row in ordered),
        "findings": findings(ordered),
        "targets": [_target(target, cases) for target in targets_in_full((row.target for row in ordered), session)],
        "models": models,
        "cases": cases,
        "pairs": pairs(models, cases, session.settings.toolchains),
        "figures": describe_figures(_figure_names(ordered, cases)),
        "provenance": PROVENANCE,
        "guide_accuracy": GUIDE_ACCURACY,
        "accuracy": [_accuracy(row) for row in ordered if "accuracy_change" in _figures(row)],
        "not_checked": not_checked(models, cases, session),
    }


def _command(arguments: Sequence[str]) -> str:
    """The command that asks the same again; without the settings that `ethos-u-check` makes for pytest."""
    by_command_line = arguments[:1] == [str(VERIFICATION)]
    said = [argument for argument in arguments if argument.startswith("--npu-") or not by_command_line]
    return shlex.join(["pytest", *said])


def _figure_names(rows: Iterable[Row], cases: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Of claims and their series, and what a case has from its compiled file."""
    yield from (name for case in cases for name in case["figures"])
    yield from (name for row in rows for name in (*_figures(row), *row.verdict.get("series", {})))


def _target(target: Mapping[str, Any], cases: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A target with what became of the models on it."""
    own = [case for case in cases if case["target"] == target["id"]]
    outcomes = _counts(case["outcome"] for case in own)
    return {**target, "answers": {**answers(own), "outcomes": outcomes}}


def _model(rows: Sequence[Row], session: Session) -> dict[str, Any]:
    own = [row for row in rows if not row.target]
    return {
        **rows[0].model,
        "outcome": worst([row.outcome for row in rows]),
        "figures": _all_figures(own),
        **model_details(rows, session),
        "claims": [_claim(row) for row in own],
    }


def _case(name: tuple[str, str], rows: Sequence[Row], model_rows: Sequence[Row], session: Session) -> dict[str, Any]:
    return {
        "id": rows[0].case,
        "model": name[0],
        "target": name[1],
        "toolchain": rows[0].target.get("toolchain", TODAY),
        "outcome": worst([row.outcome for row in rows]),
        "figures": {**compiled_figures(rows, session), **_all_figures(rows)},
        **case_details(rows, model_rows, session),
        "claims": [_claim(row) for row in rows],
    }


def _claim(row: Row) -> dict[str, Any]:
    return {key: getattr(row, key) for key in ("test", "outcome", "message", "known", "verdict", "failure", "evidence")}


def _accuracy(row: Row) -> dict[str, Any]:
    return {"model": row.case, "claim": row.test, **row.verdict["figures"]}


def _all_figures(rows: Iterable[Row]) -> dict[str, float | None]:
    """Of claims that tell a figure of the same name, the first counts: the others are about a variant."""
    figures: dict[str, float | None] = {}
    for row in rows:
        for key, value in _figures(row).items():
            figures.setdefault(key, value)
    return figures


def _figures(row: Row) -> Mapping[str, float | None]:
    figures: Mapping[str, float | None] = row.verdict.get("figures", {})
    return figures


def _places(session: Session) -> dict[str, str]:
    """The folders and files of this machine, and what stands for each."""
    return {str(path): path.name for path in session.settings.model} | {str(session.store.root): f"${ENVIRONMENT}"}


def _steady(row: Row, places: Mapping[str, str]) -> Row:
    """The row without what differs between equal runs: times in the logs of tools, places of store and models."""

    def steady(text: str) -> str:
        for place, name in places.items():
            text = text.replace(place, name)
        return _LOG_PREFIX.sub("", text)

    def of(part: Mapping[str, Any]) -> dict[str, Any]:
        return {key: steady(value) if isinstance(value, str) else value for key, value in part.items()}

    return replace(row, message=steady(row.message), verdict=of(row.verdict), failure=of(row.failure))


@cache
def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts names as people do: u16 before u256."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", name)]


def _grouped(rows: Iterable[Row], key: Callable[[Row], _Key]) -> dict[_Key, list[Row]]:
    groups: dict[_Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def _counts(outcomes: Iterable[str]) -> dict[str, int]:
    counted = Counter(outcomes)
    return {outcome: counted[outcome] for outcome in WORST_FIRST}
