"""What GitHub Actions shows beside a pull request: annotations, and the summary of the job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.report.summary import broken_claims, name_of, reason

MOST = 10
"""GitHub shows ten annotations of each kind a step."""


def annotation_lines(document: Mapping[str, Any], environment: Mapping[str, str]) -> list[str]:
    """A command `::error` for each of the first claims that do not hold; none outside GitHub Actions."""
    if environment.get("GITHUB_ACTIONS") != "true":
        return []
    lines = [_error(name, claim) for name, claim in broken_claims(document)]
    more = len(lines) - MOST + 1
    return lines if len(lines) <= MOST else [*lines[: MOST - 1], f"::error::{more:,} more claims do not hold"]


def add_to_job_summary(text: str, environment: Mapping[str, str]) -> None:
    """Append Markdown to the summary of the job, where there is one."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if path:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)


def _error(name: str, claim: Mapping[str, Any]) -> str:
    title = f"{name_of(claim)} {name}"
    return f"::error title={_property(title)}::{_data(reason(claim))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
