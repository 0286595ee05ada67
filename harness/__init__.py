"""Verifies recurrent networks for Arm Ethos-U NPUs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a function, loaded only where it is asked for
    if name == "check":
        return import_module("harness.api").check
    raise AttributeError("module 'harness' has no attribute %r" % name)  # noqa: UP031 - also for old Pythons
