"""The settings of a run: the values of its options, completed by those of the project that it was started in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from harness.beside import Named
from harness.errors import UsageError
from harness.limits import LIMIT
from harness.project import read_project
from harness.rules import Rule, command_line_rules
from harness.selection import Axes, TargetQuery
from harness.spec import Cell, Quantization, StateCalibration, StateFeedback, StateStyle, choose
from harness.store import default_root
from harness.toolchain_choice import ToolchainChoice

SAME, ALWAYS = "same", "always"
_Member = TypeVar("_Member", bound=Enum)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of the options. Paths are relative to the folder that the run was started in."""

    model: tuple[Path, ...] = ()
    query: TargetQuery = field(default_factory=TargetQuery)
    vela_config: Path | None = None
    state_pair: tuple[tuple[str, str], ...] | None = None
    beside: Named = field(default_factory=Named)
    matrix: str = "quick"
    axes: Axes = field(default_factory=Axes)
    toolchains: ToolchainChoice = field(default_factory=ToolchainChoice)
    state_feedback: StateFeedback = StateFeedback.CONTRACT
    ignore_known: bool = False
    report_dir: Path = field(default_factory=lambda: Path("reports"))
    store: Path = field(default_factory=default_root)
    refresh: bool = False
    workers: int | None = None
    rules: tuple[Rule, ...] = ()
    baseline: Path | None = None
    update_baseline: bool = False
    baseline_cycles: str = SAME
    offline: bool = False

    @classmethod
    def read(cls, given: Callable[[str], Any], folder: Path) -> Settings:
        """Settings from a function that gives the text of an option (None where it was not given).

        What is not given is read from the project that `folder` is in. Raises UsageError for a value that is not of the
        option's kind.
        """
        project = read_project(folder)
        limits = {name: text for name in LIMIT if (text := given(name)) is not None}

        def option(name: str) -> Any:  # noqa: ANN401 - text, a list or a flag
            value = given(name)
            return project.values.get(name) if value in (None, False, []) else value

        return cls(
            model=tuple(folder / path for path in option("model") or ()),
            query=TargetQuery(**{name: _words(name, option(name)) for name in TargetQuery.__slots__}),
            vela_config=_path(folder, option("vela_config")),
            state_pair=_pairs(option("state_pair")),
            beside=Named.read(option, folder),
            matrix=option("matrix") or "quick",
            axes=Axes(**{name: read(name, option(name)) for name, read in _AXES.items()}),
            toolchains=ToolchainChoice.read(
                _words("toolchain", option("toolchain")), _words("vela_toolchain", option("vela_toolchain")), folder
            ),
            state_feedback=choose(StateFeedback, option("state_feedback") or StateFeedback.CONTRACT.value),
            ignore_known=bool(option("ignore_known")),
            report_dir=_path(folder, option("report_dir")) or folder / "reports",
            store=_path(folder, option("store")) or default_root(),
            refresh=bool(option("refresh")),
            workers=_positive("workers", option("workers")) if option("workers") is not None else None,
            rules=(*project.rules, *command_line_rules(limits)),
            baseline=_path(folder, option("baseline")),
            update_baseline=bool(option("update_baseline")),
            offline=bool(option("offline")),
            baseline_cycles=_one_of("baseline_cycles", option("baseline_cycles") or SAME, (SAME, ALWAYS)),
        )


def _words(name: str, text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    values = tuple(dict.fromkeys(value.strip() for value in text.split(",") if value.strip()))
    if not values:
        raise UsageError(f"{_spoken(name)} is empty: name at least one")
    return values


def _pairs(text: str | None) -> tuple[tuple[str, str], ...] | None:
    if text is None or text.strip() == "none":
        return None if text is None else ()
    pairs = [word.split("=") for word in _words("state_pair", text)]
    for names in pairs:
        if len(names) != len(("output", "input")) or not all(names):
            raise UsageError(f"state pair is {'='.join(names)!r}: write OUT=IN, the names of an output and an input")
    return tuple((output, source) for output, source in pairs)


def _numbers(name: str, text: str | None) -> tuple[int, ...]:
    return tuple(_positive(name, word) for word in _words(name, text))


def _members(kind: type[_Member]) -> Callable[[str, str | None], tuple[_Member, ...]]:
    return lambda name, text: tuple(choose(kind, word) for word in _words(name, text))


def _positive(name: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise UsageError(f"{_spoken(name)} is {text!r}: give a whole number of 1 or more")
    return int(text)


def _one_of(name: str, text: str, known: tuple[str, ...]) -> str:
    if text not in known:
        raise UsageError(f"{_spoken(name)} is {text!r}: choose one of {', '.join(known)}")
    return text


def _path(folder: Path, text: str | None) -> Path | None:
    return None if text is None else folder / text


def _spoken(name: str) -> str:
    return name.replace("_", " ")


_AXES: dict[str, Callable[[str, str | None], tuple[Any, ...]]] = {
    "cell": _members(Cell),
    "units": _numbers,
    "time_steps": _numbers,
    "state": _members(StateStyle),
    "quantization": _members(Quantization),
    "state_calibration": _members(StateCalibration),
}
