"""Which models and targets a run asks about: a named matrix, its axes replaced by the options that were given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import product, starmap
from typing import Any

from harness.catalog import FUSED_GUIDE, MATRICES, STREAMING, WINDOWS, Matrix, grid
from harness.errors import SpecError, TargetError, UsageError
from harness.spec import UNROLLED, Cell, Quantization, RnnSpec, StateCalibration, StateStyle
from harness.target import ACCELERATORS, DEFAULT_ACCELERATORS, Target, VelaConfig, choose_target, sensible_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """The values that were given for the axes of the matrix; empty: not given."""

    cell: tuple[Cell, ...] = ()
    units: tuple[int, ...] = ()
    time_steps: tuple[int, ...] = ()
    state: tuple[StateStyle, ...] = ()
    quantization: tuple[Quantization, ...] = ()
    state_calibration: tuple[StateCalibration, ...] = ()

    def admits(self, spec: RnnSpec) -> bool:
        """Whether a model has one of the given values on every axis."""
        return all(getattr(spec, name) in values for name, values in self._given())

    def _given(self) -> list[tuple[str, tuple[Any, ...]]]:
        pairs = [(name, getattr(self, name)) for name in self.__slots__]
        return [(name, values) for name, values in pairs if values]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetQuery:
    """The words that name targets, each a name or a glob; empty: the defaults."""

    accelerator: tuple[str, ...] = ()
    system_config: tuple[str, ...] = ()
    memory_mode: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked: the models of the matrix, the named groups of the catalog, and the targets of each."""

    models: tuple[RnnSpec, ...]
    guide: tuple[RnnSpec, ...]
    windows: tuple[RnnSpec, ...]
    streaming: tuple[RnnSpec, ...]
    targets: tuple[Target, ...]
    further_targets: tuple[Target, ...]
    every_target: frozenset[RnnSpec]

    def targets_of(self, spec: RnnSpec) -> tuple[Target, ...]:
        """The targets that a model is asked about on."""
        return self.targets + (self.further_targets if spec in self.every_target else ())


def select(name: str, axes: Axes, query: TargetQuery, config: VelaConfig) -> Selection:
    """The selection of a named matrix; raises UsageError for an unknown name, or where nothing is left to ask."""
    matrix = _matrix(name)
    chosen = tuple(spec for spec in _models(matrix, axes) if axes.admits(spec))
    guide, windows, streaming = (
        tuple(spec for spec in group if axes.admits(spec))
        for group in (_guide(matrix, axes), WINDOWS, _streaming(axes))
    )
    if not (chosen or guide or windows or streaming):
        raise UsageError(f"no model of the matrix {name} has all of the values that were given: {_contradiction(axes)}")
    asked = (
        query
        if query.accelerator
        else TargetQuery(
            accelerator=matrix.accelerators, system_config=query.system_config, memory_mode=query.memory_mode
        )
    )
    targets = find_targets(config, asked)
    everywhere = query == TargetQuery() and matrix.every_target
    further = tuple(target for target in sensible_targets(config) if target not in targets) if everywhere else ()
    return Selection(chosen, guide, windows, streaming, targets, further, frozenset(matrix.every_target))


def find_targets(config: VelaConfig, query: TargetQuery) -> tuple[Target, ...]:
    """The targets that the words name; raises TargetError where a word or a combination fits nothing.

    Names are taken at their word, so that a contradiction is told; globs pick from the sensible combinations.
    """
    accelerators = _accelerators(query.accelerator or DEFAULT_ACCELERATORS)
    words = [*query.system_config, *query.memory_mode]
    if not any(_is_glob(word) for word in words):
        systems, modes = query.system_config or (None,), query.memory_mode or (None,)
        return tuple(
            choose_target(config, accelerator, system, mode)
            for accelerator in accelerators
            for system in systems
            for mode in modes
        )
    defaults = {choose_target(config, accelerator) for accelerator in accelerators} if _needs_defaults(query) else set()
    found = tuple(
        target
        for target in sensible_targets(config)
        if target.accelerator in accelerators and _fits(target, query, defaults)
    )
    if not found:
        raise TargetError(f"no target has {' and '.join(words)} on {', '.join(accelerators)}")
    return found


def _matrix(name: str) -> Matrix:
    if name not in MATRICES:
        raise UsageError(f"unknown matrix {name!r}: choose one of {', '.join(MATRICES)}")
    return MATRICES[name]


def _models(matrix: Matrix, axes: Axes) -> Iterable[RnnSpec]:
    return dict.fromkeys(
        (
            *grid(
                axes.units or matrix.units,
                axes.time_steps or matrix.time_steps,
                cells=axes.cell or tuple(Cell),
                states=axes.state or UNROLLED,
                quantizations=axes.quantization or (Quantization.INT8,),
                state_calibrations=axes.state_calibration or (StateCalibration.CHAIN,),
            ),
            *matrix.further,
        )
    )


def _guide(matrix: Matrix, axes: Axes) -> Iterable[RnnSpec]:
    """The trained models; the fused one also where its state style is asked for by name."""
    return dict.fromkeys((*matrix.guide, *((FUSED_GUIDE,) if StateStyle.FUSED in axes.state else ())))


def _contradiction(axes: Axes) -> str:
    """Which of the given values contradict each other, or what to do where none do."""
    combinations = product(
        axes.cell or Cell,
        axes.state or UNROLLED,
        axes.quantization or (Quantization.INT8,),
        axes.state_calibration or (StateCalibration.CHAIN,),
    )
    return next(filter(None, starmap(_refusal, combinations)), "give fewer")


def _refusal(cell: Cell, state: StateStyle, quantization: Quantization, calibration: StateCalibration) -> str:
    """Why there is no model of these values; empty where there is one."""
    try:
        RnnSpec(
            cell=cell,
            units=1,
            time_steps=1,
            state=state,
            quantization=quantization,
            state_calibration=calibration,
        )
    except SpecError as error:
        return str(error)
    return ""


def _streaming(axes: Axes) -> Iterable[RnnSpec]:
    choices = axes.state_calibration or (StateCalibration.CHAIN,)
    return (replace(spec, state_calibration=choice) for spec in STREAMING for choice in choices)


def _accelerators(words: tuple[str, ...]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for word in words:
        matching = [name for name in ACCELERATORS if fnmatchcase(name, word)]
        if not matching:
            raise TargetError(f"unknown accelerator {word!r}: choose from {', '.join(ACCELERATORS)}")
        found.update(dict.fromkeys(matching))
    return tuple(found)


def _needs_defaults(query: TargetQuery) -> bool:
    return not (query.system_config and query.memory_mode)


def _fits(target: Target, query: TargetQuery, defaults: set[Target]) -> bool:
    own = [default for default in defaults if default.accelerator == target.accelerator]
    systems = query.system_config or [default.system_config for default in own]
    modes = query.memory_mode or [default.memory_mode for default in own]
    return _matches(target.system_config, systems) and _matches(target.memory_mode, modes)


def _matches(name: str, words: Iterable[str]) -> bool:
    return any(fnmatchcase(name, word) for word in words)


def _is_glob(word: str) -> bool:
    return any(character in word for character in "*?[")
