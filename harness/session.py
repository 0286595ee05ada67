"""One run of the harness: what was asked, where results are kept, and the engine that answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any, TypeVar

from harness import plain
from harness.baseline import Baseline, read_baseline
from harness.beside import stand_beside
from harness.checks import Verdict, is_quantized_tflite
from harness.engine import Engine
from harness.errors import UsageError
from harness.evidence import ModelView
from harness.given import settle
from harness.jobs import Field, Job, versions
from harness.limits import LIMIT
from harness.outcome import Outcome
from harness.policy import Policy
from harness.pool import Pool
from harness.questions import beside, inspection, tflite
from harness.rules import Bound, bounds_of, policy_of
from harness.selection import Selection, find_targets, select
from harness.settings import ALWAYS, Settings
from harness.spec import RnnSpec
from harness.store import CAP_BYTES, File, Store
from harness.subjects import Case, GeneratedModel, GivenModel, Model, generated_model, given_models, vela_config
from harness.target import Target
from harness.toolchain_choice import compiles_for
from harness.toolchains import Toolchain

_Value = TypeVar("_Value")


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

    def generated(self, spec: RnnSpec, data: Path, toolchain: Toolchain | None = None) -> GeneratedModel:
        """A model of the matrix, built by a toolchain (None: today's), with its files from the folder `data`."""
        key = ("model", spec, toolchain and toolchain.digest)
        return self.once(key, lambda: generated_model(spec, data, self.store, toolchain))

    def cases_of(self, model: GeneratedModel) -> list[Case]:
        """A model of the matrix on its targets, compiled by every Vela that is asked about and knows the family."""
        return self.once(
            ("cases", model), lambda: self._compiled(model, model.toolchain, self.selection.targets_of(model.spec))
        )

    def _config_for(self, vela: Toolchain | None) -> File | None:
        """The vela.ini to compile with; other Velas get that of today's, so that the systems are equal."""
        if vela is None or self.config_file is not None:
            return self.config_file
        return self.once("installed config", lambda: self.store.add_file(self.config.path))

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
    def _loaded(self) -> list[GivenModel]:
        """The given models, the functions among them called."""
        return [replace(model, beside=settle(beside(model), self._load)) for model in self.given]

    @cached_property
    def settled(self) -> list[GivenModel]:
        """The given models, with the .tflite that was made of each Keras model."""
        return [replace(model, made=self._made(model)) for model in self._loaded]

    @cached_property
    def inspected(self) -> dict[str, Outcome | None]:
        """For each given model, by id, what became of looking into it; None where its file could not be read."""
        models = [model for model in self._loaded if not model.problem]
        begun = dict(zip(models, self.engine.submit_all(map(inspection, models)), strict=True))
        return {model.id: begun[model].result() if model in begun else None for model in self._loaded}

    @cached_property
    def quantized(self) -> dict[str, Verdict]:
        """For each given model, by id: whether it is a model that the other claims can be asked about."""
        return {model.id: is_quantized_tflite(model, self.inspected[model.id]) for model in self.settled}

    @property
    def judgeable(self) -> list[GivenModel]:
        """The given models that the other claims can be asked about."""
        return [model for model in self.settled if self.quantized[model.id]]

    def keeps_variables(self, model: GivenModel) -> bool:
        """Whether a judgeable model keeps anything from one inference to the next."""
        inspected = self.inspected[model.id]
        return inspected is not None and ModelView.from_plain(inspected.value).has_variables

    @property
    def given_cases(self) -> list[Case]:
        """Every judgeable given model on every target, compiled by every Vela that is asked about."""
        return [case for model in self.judgeable for case in self._compiled(model, None, self.given_targets)]

    def _compiled(self, model: Model, builder: Toolchain | None, targets: Iterable[Target]) -> list[Case]:
        """A model on the targets that each of the Velas for a builder knows."""
        velas = self.settings.toolchains.velas_of(builder)
        asked = ((vela, target) for vela in velas for target in targets if compiles_for(vela, target.family))
        return [Case(model, target, self._config_for(vela), vela) for vela, target in asked]

    def policy(self, *ids: str) -> Policy:
        """The policy for a model, or for a case and its model, of these ids."""
        return self.once(("policy", ids), lambda: policy_of(self.settings.rules, ids))

    def bounds(self, case: Case) -> list[Bound]:
        """What the policy allows the figures of a case; a limit that is not set is not there."""
        found = bounds_of(self.settings.rules, (case.model.id, case.id)).values()
        return [bound for bound in found if bound.limit.figure]

    @property
    def limits_figures(self) -> bool:
        """Whether any rule bounds a figure."""
        return any(LIMIT[name].figure for rule in self.settings.rules for name in rule.values)

    @cached_property
    def baseline(self) -> Baseline | None:
        """What was accepted; None without a baseline, empty where the file is still to be written."""
        path = self.settings.baseline
        if path is None:
            return None
        if self.settings.update_baseline and not path.exists():
            return Baseline(self.tools)
        return read_baseline(path)

    @cached_property
    def tools(self) -> dict[str, str]:
        """What the cycles of a baseline depend on: the version of Vela, and the vela.ini by name and content."""
        content = self.config.path.read_bytes()
        vela = versions(("ethos-u-vela",))["ethos-u-vela"] or "unknown"
        return {"vela": vela, "vela_config": self.config.path.name, "vela_config_sha256": sha256(content).hexdigest()}

    @property
    def judges_cycles(self) -> bool:
        """Whether the cycles of the baseline are of this Vela and vela.ini, or are to be judged in any case."""
        return self.settings.baseline_cycles == ALWAYS or (self.baseline or Baseline({})).tools == self.tools

    def hand_over(self, model: GivenModel) -> None:
        """Write the .tflite that was made of a Keras model beside the report, `models/ID.tflite`."""
        if model.made is not None:
            path = self.settings.report_dir / "models" / model.made.name
            plain.write_atomically(path, model.made.path.read_bytes())

    def check(self) -> None:
        """Raise UsageError now, and not in the middle of the run, where the question cannot be asked."""
        if self.settings.update_baseline and self.settings.baseline is None:
            raise UsageError("there is no baseline to update: name its file with --npu-baseline=FILE")
        if self.given and self.settings.toolchains.builders != (None,):
            raise UsageError(
                "--npu-toolchain is about the models of the matrix, and models are given: leave it out, or name other "
                "Velas for them with --npu-vela-toolchain"
            )
        _ = self.baseline, self.given_targets if self.given else self.selection
        for model, target in self._pairs() if len(self.settings.rules) > 1 else ():
            bounds_of(self.settings.rules, (model, f"{model}-{target}"))

    def _pairs(self) -> Iterator[tuple[str, str]]:
        """The ids of every model and target that may be asked about together."""
        if self.given:
            for model in self.given:
                yield from ((model.id, case.target_id) for case in self._compiled(model, None, self.given_targets))
            return
        chosen, builders = self.selection, self.settings.toolchains.builders
        for spec, toolchain in product({*chosen.models, *chosen.guide, *chosen.windows}, builders):
            built = GeneratedModel(spec, {}, toolchain)
            yield from ((built.id, case.target_id) for case in self.cases_of(built))

    def close(self, *, prune: bool = True) -> None:
        """Stop what still runs, and keep the store within its cap."""
        if "engine" in self.__dict__:
            self.engine.close()
            if prune:
                self.store.prune(CAP_BYTES)

    def _made(self, model: GivenModel) -> File | None:
        inspected = self.inspected[model.id]
        source = tflite(model) if inspected is not None and inspected.done else None
        if not isinstance(source, Field):
            return None
        return self.store.add_content(self._value(source.job)[source.name], f"{model.id}.tflite")

    def _load(self, job: Job) -> File | None:
        """The Keras model that a job loaded, as a file of the store by its content."""
        return self.store.add_content(self._value(job)["model"], "model") if self.engine.observe(job).done else None

    def _value(self, job: Job) -> dict[str, Any]:
        """What a job that is done gave, with its bytes."""
        value: dict[str, Any] = plain.load(self.store.entry_path(job.key))["value"]
        return value
