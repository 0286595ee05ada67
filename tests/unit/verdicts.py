"""What every check must do: pass what is right, and reject what is wrong in words that need no context."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import ModuleType

import pytest

from harness.checks import Verdict

Judge = Callable[[], Verdict]
Wrong = tuple[str, Judge, tuple[str, ...]]
"""A check, what it judges, and words that its verdict must hold."""


def checks_of(module: ModuleType) -> set[str]:
    """Every public function of a module, or that it exports, that returns a verdict."""
    functions = inspect.getmembers(module, inspect.isfunction)
    public = {name: function for name, function in functions if not name.startswith("_")}
    return {name for name, function in public.items() if function.__annotations__.get("return") == "Verdict"}


def each_right(passing: Mapping[str, Judge]) -> pytest.MarkDecorator:
    """Parametrize by name and judgment of what must pass."""
    return pytest.mark.parametrize(("name", "judge"), passing.items(), ids=passing)


def each_wrong(failing: list[Wrong]) -> pytest.MarkDecorator:
    """Parametrize by name, judgment and words of what must fail."""
    ids = [f"{name}-{place}" for place, (name, _, _) in enumerate(failing)]
    return pytest.mark.parametrize(("name", "judge", "words"), failing, ids=ids)


def assert_passes(name: str, judge: Judge) -> None:
    """The check passes and says what it observed."""
    verdict = judge()
    assert verdict
    assert verdict.claim == name
    assert str(verdict) == f"{name}: {verdict.observed}"
    assert verdict.observed


def assert_fails(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    """The check fails on one line that holds all the words."""
    verdict = judge()
    assert not verdict
    assert verdict.claim == name
    assert [word for word in words if word not in str(verdict)] == []
    assert "\n" not in str(verdict)
