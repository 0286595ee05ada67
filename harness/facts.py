"""Facts about a test: attached to its report as text, they travel to the process that writes the report."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from harness.options import PROPERTY


def record(item: pytest.Item, facts: dict[str, Any]) -> None:
    """Attach facts to the test's report, as text: they travel to the process that writes the report."""
    item.user_properties.append(fact(facts))


def fact(facts: dict[str, Any]) -> tuple[str, object]:
    """Facts as a user property of a test report."""
    return PROPERTY, json.dumps(facts, sort_keys=True)


def facts_of(properties: Iterable[tuple[str, object]]) -> dict[str, Any]:
    """All that was recorded about a test, merged; `evidence` is the list of what it rests on."""
    merged: dict[str, Any] = {}
    for name, value in properties:
        if name == PROPERTY:
            entry = json.loads(str(value))
            evidence = [*merged.get("evidence", []), *entry.pop("evidence", [])]
            merged.update(entry, evidence=evidence)
    return merged
