"""Asks for predictions of placement."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.engine import Engine
from harness.jobs import Field, Job
from harness.outcome import Outcome


def value(outcome: Outcome) -> dict[str, Any]:
    """The value of a stage that has one."""
    assert outcome.done, outcome.sentence
    plain: dict[str, Any] = outcome.value
    return plain


def predicted(engine: Engine, source: Path | Field) -> dict[str, Any]:
    """The prediction for a file, or for a field of another result."""
    given = engine.store.add_file(source) if isinstance(source, Path) else source
    return value(engine.observe(Job("operators", {}, {"model": given})))


def named_model(engine: Engine, operators: list[list[Any]]) -> dict[str, Any]:
    """The prediction for a chain of operators, each with its name and that of its result."""
    return predicted(engine, Field(Job("built", {"operators": operators}), "model"))
