"""What is asked about: a model, generated or given, on a target."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.given import FUNCTION, Beside, kind_of
from harness.spec import RnnSpec, Weights
from harness.store import File, Store
from harness.target import Target, VelaConfig
from harness.toolchains import TODAY, Toolchain


@dataclass(frozen=True, slots=True, eq=False)
class GivenModel:
    """A model of the user's own: a .tflite, or what is made into one.

    `file` is None where it could not be read, `problem` says why, and for a function that returns the model.
    """

    id: str
    path: Path
    file: File | None
    problem: str = ""
    state_pairs: tuple[tuple[str, str], ...] | None = None
    """Output and input of each state as the user named them; None: found by name and shape."""
    beside: Beside | None = None
    made: File | None = None
    """The .tflite that was made of a Keras model, once it is."""

    def describe(self) -> dict[str, Any]:
        """The model as it stands in reports."""
        digest = self.file.sha256 if self.file else None
        told = {"id": self.id, "kind": "given", "file": self.path.name, "sha256": digest}
        return told if self.made is None else {**told, "made": self._describe_made(self.made)}

    def _describe_made(self, made: File) -> dict[str, Any]:
        rows = self.beside.representative if self.beside else None
        data = {} if rows is None else {"representative": {"file": rows.name, "sha256": rows.sha256}}
        return {"file": made.name, "sha256": made.sha256, **data}


@dataclass(frozen=True, eq=False)
class GeneratedModel:
    """A model of the matrix, with the files that trained weights need."""

    spec: RnnSpec
    files: Mapping[str, File]
    toolchain: Toolchain | None = None
    """Whose TensorFlow builds and converts it; None: today's."""

    @cached_property
    def id(self) -> str:
        """The name of the model in test ids and reports; it names a toolchain other than today's."""
        return self.spec.id if self.toolchain is None else f"{self.spec.id}_{self.toolchain.name}"

    def describe(self) -> dict[str, Any]:
        """The model as it stands in reports."""
        return {"id": self.id, "kind": "generated", "toolchain": name_of(self.toolchain), **self.spec.to_plain()}


Model = GivenModel | GeneratedModel


def name_of(toolchain: Toolchain | None) -> str:
    """The name of a toolchain as it stands in reports."""
    return TODAY if toolchain is None else toolchain.name


@dataclass(frozen=True, eq=False)
class Case:
    """One model on one target; `config` is the user's own vela.ini, if any.

    `vela` is the toolchain whose Vela compiles it; None: today's.
    """

    model: Model
    target: Target
    config: File | None = None
    vela: Toolchain | None = None

    @cached_property
    def id(self) -> str:
        """Model and target, as in test ids."""
        return f"{self.model.id}-{self.target_id}"

    @cached_property
    def target_id(self) -> str:
        """The target as in test ids; it names the toolchain of Vela where that is not the one of the model."""
        own = self.model.toolchain if isinstance(self.model, GeneratedModel) else None
        return self.target.id if self.vela == own else f"{self.target.id}_vela_{name_of(self.vela)}"

    def describe_target(self) -> dict[str, str]:
        """The target as it stands in reports."""
        return {**self.target.to_plain(), "id": self.target_id, "toolchain": name_of(self.vela)}


def given_models(
    paths: list[Path], store: Store, state_pairs: tuple[tuple[str, str], ...] | None = None
) -> list[GivenModel]:
    """The user's models, each with an id of its own; `state_pairs` are those of every one."""
    ids = _unique([re.sub(r"[^a-z0-9_]+", "_", _stem(path).lower()) or "model" for path in paths])
    return [_given(name, path, store, state_pairs) for name, path in zip(ids, paths, strict=True)]


def generated_model(spec: RnnSpec, data: Path, store: Store, toolchain: Toolchain | None = None) -> GeneratedModel:
    """A model of the matrix; raises UsageError where the folder `data` lacks the weights or digits that it needs."""
    if spec.weights is Weights.RANDOM:
        return GeneratedModel(spec, {}, toolchain)
    trained = {"weights": f"weights/{spec.cell.value}_u{spec.units}.npz"} if spec.weights is Weights.MNIST else {}
    names = {"mnist": "mnist.npz", **trained}
    try:
        files = {role: store.add_file(data / name) for role, name in names.items()}
        return GeneratedModel(spec, files, toolchain)
    except OSError as error:
        raise UsageError(
            f"{spec.id} needs {error.filename}: {error.strerror}; restore it with git checkout, or train with "
            f"python -m harness.training {spec.cell.value} --units {spec.units}"
        ) from None


def vela_config(path: Path | None, store: Store) -> tuple[VelaConfig, File | None]:
    """The configuration to choose targets from, and the file to compile with where it is the user's own."""
    if path is None:
        return VelaConfig.installed(), None
    config = VelaConfig.read(path)
    return config, store.add_file(path)


def _given(name: str, path: Path, store: Store, state_pairs: tuple[tuple[str, str], ...] | None) -> GivenModel:
    if kind_of(path) == FUNCTION:
        return GivenModel(name, Path(path.name), None, state_pairs=state_pairs)
    try:
        return GivenModel(name, path, store.add_file(path), state_pairs=state_pairs)
    except OSError as error:
        return GivenModel(
            name, path, None, f"cannot read {path}: {error.strerror}; name a {path.suffix or '.tflite'} that exists"
        )


def _stem(path: Path) -> str:
    return path.name if kind_of(path) == FUNCTION else path.stem


def _unique(names: list[str]) -> list[str]:
    return [name if names.count(name) == 1 else f"{name}_{place}" for place, name in enumerate(names, start=1)]
