"""One run of the harness: what was asked, where results are kept, and the engine that answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.checks import Verdict, is_quantized_tflite
from harness.engine import Engine
from harness.errors import UsageError
from harness.options import OPTIONS
from harness.pool import Pool
from harness.questions import Case, GivenModel, given_models, inspection, vela_config
from harness.store import Store, default_root
from harness.target import Target, choose_target, default_targets


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The values of the options; None: not given. Paths are relative to the folder that the run was started in."""

    model: tuple[Path, ...] = ()
    accelerator: tuple[str, ...] = ()
    system_config: str | None = None
    memory_mode: str | None = None
    vela_config: Path | None = None
    report_dir: Path = field(default_factory=lambda: Path("reports"))
    store: Path = field(default_factory=default_root)
    workers: int | None = None

    @classmethod
    def read(cls, option: Callable[[str], Any], folder: Path) -> Settings:
        """Settings from a function that gives the text of an option (None where it was not given).

        Raises UsageError for a value that is not of the option's kind.
        """
        given = {entry.field: option(entry.field) for entry in OPTIONS}
        values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        for name in ("vela_config", "report_dir", "store"):
            if name in values:
                values[name] = folder / values[name]
        values.setdefault("report_dir", folder / "reports")
        values["model"] = tuple(folder / path for path in values.get("model", ()))
        if "accelerator" in values:
            values["accelerator"] = _listed("accelerator", values["accelerator"])
        if "workers" in values:
            values["workers"] = _positive("workers", values["workers"])
        return cls(**values)


class Session:
    """What a run asks, and its answers. Raises UsageError where the question cannot be asked."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.store)
        self.config, self.config_file = vela_config(settings.vela_config, self.store)
        self.targets = self._targets()
        self.given = given_models(list(settings.model), self.store)

    @cached_property
    def engine(self) -> Engine:
        """The engine; nothing is started before the first question."""
        return Engine(self.store, Pool(), self.settings.workers)

    @cached_property
    def quantized(self) -> dict[str, Verdict]:
        """For each given model, by id: whether it is a model that the other claims can be asked about."""
        return {model.id: self._is_quantized(model) for model in self.given}

    @property
    def judgeable(self) -> list[GivenModel]:
        """The given models that the other claims can be asked about."""
        return [model for model in self.given if self.quantized[model.id]]

    @property
    def given_cases(self) -> list[Case]:
        """Every judgeable given model on every target."""
        return [Case(model, target, self.config_file) for model in self.judgeable for target in self.targets]

    def close(self) -> None:
        """Stop what still runs."""
        if "engine" in self.__dict__:
            self.engine.close()

    def _targets(self) -> tuple[Target, ...]:
        asked = self.settings
        if not (asked.accelerator or asked.system_config or asked.memory_mode):
            return default_targets(self.config)
        if not asked.accelerator:
            raise UsageError(
                "a system configuration or memory mode is given without an accelerator: name the accelerator too"
            )
        return tuple(
            choose_target(self.config, accelerator, asked.system_config, asked.memory_mode)
            for accelerator in asked.accelerator
        )

    def _is_quantized(self, model: GivenModel) -> Verdict:
        inspected = None if model.file is None else self.engine.observe(inspection(model))
        return is_quantized_tflite(model, inspected)


def _listed(name: str, text: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value.strip() for value in text.split(",") if value.strip()))
    if not values:
        raise UsageError(f"{name} is empty: name at least one")
    return values


def _positive(name: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{name} is {text!r}: give a whole number of 1 or more")
    return int(text)
