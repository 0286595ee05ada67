"""One run of the harness: what was asked, where results are kept, and the engine that answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from harness import plain
from harness.beside import Named, stand_beside
from harness.checks import Verdict, is_quantized_tflite
from harness.engine import Engine
from harness.errors import UsageError
from harness.given import settle
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.pool import Pool
from harness.questions import beside, inspection, tflite
from harness.selection import Axes, Selection, TargetQuery, find_targets, select
from harness.spec import Cell, Quantization, RnnSpec, StateCalibration, StateFeedback, StateStyle, choose
from harness.store import CAP_BYTES, File, Store, default_root
from harness.subjects import Case, GeneratedModel, GivenModel, generated_model, given_models, vela_config
from harness.target import Target

_Member = TypeVar("_Member", bound=Enum)
_Value = TypeVar("_Value")


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
    state_feedback: StateFeedback = StateFeedback.CONTRACT
    ignore_known: bool = False
    report_dir: Path = field(default_factory=lambda: Path("reports"))
    store: Path = field(default_factory=default_root)
    refresh: bool = False
    workers: int | None = None

    @classmethod
    def read(cls, option: Callable[[str], Any], folder: Path) -> Settings:
        """Settings from a function that gives the text of an option (None where it was not given).

        Raises UsageError for a value that is not of the option's kind.
        """
        return cls(
            model=tuple(folder / path for path in option("model") or ()),
            query=TargetQuery(**{name: _words(name, option(name)) for name in TargetQuery.__slots__}),
            vela_config=_path(folder, option("vela_config")),
            state_pair=_pairs(option("state_pair")),
            beside=Named.read(option, folder),
            matrix=option("matrix") or "quick",
            axes=Axes(**{name: read(name, option(name)) for name, read in _AXES.items()}),
            state_feedback=choose(StateFeedback, option("state_feedback") or StateFeedback.CONTRACT.value),
            ignore_known=bool(option("ignore_known")),
            report_dir=_path(folder, option("report_dir")) or folder / "reports",
            store=_path(folder, option("store")) or default_root(),
            refresh=bool(option("refresh")),
            workers=_positive("workers", option("workers")) if option("workers") is not None else None,
        )


class Session:
    """What a run asks, and its answers. Raises UsageError where the question cannot be asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.store)
        self.config, self.config_file = vela_config(settings.vela_config, self.store)
        given = given_models(list(settings.model), self.store, settings.state_pair)
        self.given = stand_beside(given, settings.beside, self.store)
        self._memory: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], _Value]) -> _Value:
        """The value that `make` gave for this key, made at most once a run."""
        if key not in self._memory:
            self._memory[key] = make()
        value: _Value = self._memory[key]
        return value

    def generated(self, spec: RnnSpec, data: Path) -> GeneratedModel:
        """A model of the matrix, with its files from the folder `data`."""
        return self.once(("model", spec), lambda: generated_model(spec, data, self.store))

    @cached_property
    def selection(self) -> Selection:
        """The models and targets of the matrix."""
        return select(self.settings.matrix, self.settings.axes, self.settings.query, self.config)

    @cached_property
    def given_targets(self) -> tuple[Target, ...]:
        """The targets of the given models."""
        return find_targets(self.config, self.settings.query)

    @cached_property
    def engine(self) -> Engine:
        """The engine; nothing is started before the first question."""
        return Engine(self.store, Pool(), self.settings.workers, refresh=self.settings.refresh)

    @property
    def has_float_models(self) -> bool:
        """Whether any given model has a float model beside it."""
        return any(beside(model).reference is not None for model in self.given)

    @cached_property
    def settled(self) -> list[GivenModel]:
        """The given models, the functions among them called."""
        return [replace(model, beside=settle(beside(model), self._load)) for model in self.given]

    @cached_property
    def inspected(self) -> dict[str, Outcome | None]:
        """For each given model, by id, what became of looking into it; None where its file could not be read."""
        models = [model for model in self.settled if not model.problem]
        begun = dict(zip(models, self.engine.submit_all(map(inspection, models)), strict=True))
        return {model.id: begun[model].result() if model in begun else None for model in self.settled}

    @cached_property
    def quantized(self) -> dict[str, Verdict]:
        """For each given model, by id: whether it is a model that the other claims can be asked about."""
        return {model.id: is_quantized_tflite(model, self.inspected[model.id]) for model in self.settled}

    @property
    def judgeable(self) -> list[GivenModel]:
        """The given models that the other claims can be asked about."""
        return [model for model in self.settled if self.quantized[model.id]]

    @property
    def given_cases(self) -> list[Case]:
        """Every judgeable given model on every target."""
        return [Case(model, target, self.config_file) for model in self.judgeable for target in self.given_targets]

    def hand_over(self, model: GivenModel) -> None:
        """Write the .tflite that was made of a Keras model beside the report, `models/ID.tflite`."""
        source = tflite(model)
        if isinstance(source, Field):
            made: bytes = self._value(source.job)[source.name]
            plain.write_atomically(self.settings.report_dir / "models" / f"{model.id}.tflite", made)

    def check(self) -> None:
        """Raise UsageError now, and not in the middle of the run, where the question cannot be asked."""
        _ = self.given_targets if self.given else self.selection

    def close(self, *, prune: bool = True) -> None:
        """Stop what still runs, and keep the store within its cap."""
        if "engine" in self.__dict__:
            self.engine.close()
            if prune:
                self.store.prune(CAP_BYTES)

    def _load(self, job: Job) -> File | None:
        """The Keras model that a job loaded, as a file of the store by its content."""
        return self.store.add_content(self._value(job)["model"], "model") if self.engine.observe(job).done else None

    def _value(self, job: Job) -> dict[str, Any]:
        """What a job that is done gave, with its bytes."""
        value: dict[str, Any] = plain.load(self.store.entry_path(job.key))["value"]
        return value


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
