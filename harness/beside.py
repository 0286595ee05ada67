"""What the options put beside the given models; a usage error where that does not fit together."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from harness.errors import DatasetError, UsageError
from harness.given import FUNCTION, TFLITE, Beside, FloatModel, kind_of
from harness.rows import Rows, read_rows, require_representative
from harness.store import File, Store
from harness.subjects import GivenModel
from harness.user_code import PATTERN

SHARED_RUN = "PYTEST_XDIST_TESTRUNUID"
"""What the workers of pytest-xdist call their run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The values of the options; paths are absolute."""

    folder: Path = Path()
    representative: Path | None = None
    float_model: Path | None = None
    data: Path | None = None
    metric: str = ""
    allow_code: bool = False

    @classmethod
    def read(cls, option: Callable[[str], Any], folder: Path) -> Named:
        """Read them; raises UsageError for a metric that is not named as a function."""
        paths = {
            name: folder / option(name) if option(name) else None for name in ("representative", "float_model", "data")
        }
        metric = option("metric") or ""
        if metric and not PATTERN.fullmatch(metric):
            raise UsageError(f"metric is {metric!r}: write package.module:function")
        return cls(folder=folder, metric=metric, allow_code=bool(option("allow_code")), **paths)


def stand_beside(models: Sequence[GivenModel], named: Named, store: Store) -> list[GivenModel]:
    """The models with what is named beside them; raises UsageError where that does not fit together."""
    _require_sense(models, named)
    common = Beside(
        folder=named.folder,
        run=os.environ.get(SHARED_RUN) or uuid4().hex,
        data=_data(named.data, store, lambda _: None),
        metric=named.metric,
        allow_code=named.allow_code,
    )
    float_model = None if named.float_model is None else _float_model(named.float_model, store)
    rows = _data(named.representative, store, require_representative)
    return [replace(model, beside=_beside(model, common, float_model, rows)) for model in models]


def _beside(model: GivenModel, common: Beside, float_model: FloatModel | None, rows: File | None) -> Beside:
    if kind_of(model.path) == TFLITE:
        return replace(common, float_model=float_model)
    source = FloatModel(kind_of(model.path), model.path.name, model.file)
    return replace(common, source=source, representative=rows)


def _require_sense(models: Sequence[GivenModel], named: Named) -> None:
    kinds = {model.path.name: kind_of(model.path) for model in models}
    sources = [name for name, kind in kinds.items() if kind != TFLITE]
    finished = [name for name, kind in kinds.items() if kind == TFLITE]
    if not models and named != Named(folder=named.folder):
        raise UsageError("representative data, a float model, data and a metric are about given models: name a model")
    if sources and named.representative is None:
        raise UsageError(
            f"{sources[0]} is to be quantized and needs representative data: --npu-representative=DATA.npz "
            "(ethos-u-check: --representative), an array for each input, a row for each sample"
        )
    if named.representative is not None and not sources:
        raise UsageError("representative data are for .keras files and functions: a .tflite is quantized already")
    if named.metric and finished and named.float_model is None:
        raise UsageError(
            f"a metric of {finished[0]} is compared with that of its float model: --npu-float-model=FILE "
            "(ethos-u-check: --float-model), a float .tflite or a .keras file"
        )
    if named.float_model is not None and not finished:
        raise UsageError("a float model is for a .tflite: a Keras model is its own float model")
    if (named.float_model is not None or named.metric) and named.data is None:
        raise UsageError(
            "a float model and a metric need data to judge with: --npu-data=DATA.npz (ethos-u-check: --data), "
            "an array for each input, a row for each sample"
        )
    if named.data is not None and named.float_model is None and not named.metric:
        raise UsageError("nothing is judged with the data: name a metric, or for a .tflite its float model")


def _float_model(path: Path, store: Store) -> FloatModel:
    kind = kind_of(path)
    return FloatModel(kind, path.name, None if kind == FUNCTION else _file(path, store, "the float model"))


def _data(path: Path | None, store: Store, require: Callable[[Rows], None]) -> File | None:
    if path is None:
        return None
    file = _file(path, store, "the data")
    try:
        require(read_rows(file.path.read_bytes()))
    except DatasetError as error:
        raise UsageError(f"{path}: {error}") from None
    return file


def _file(path: Path, store: Store, what: str) -> File:
    try:
        return store.add_file(path)
    except OSError as error:
        raise UsageError(f"cannot read {what} {path}: {error.strerror}") from None
