"""What is named beside given models fits together, or is refused in one sentence before anything runs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

from harness.beside import Named, stand_beside
from harness.errors import UsageError
from harness.given import FUNCTION, KERAS, TFLITE, answers, kind_of
from harness.questions import tflite
from harness.store import Store
from harness.subjects import given_models

X = np.random.default_rng(0).standard_normal((20, 3))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("kws.keras", "kws.tflite", "float.tflite"):
        (tmp_path / name).write_bytes(b"a model")
    for name, arrays in {"x": {"x": X}, "zeros": {"x": X * 0}, "nan": {"x": X * np.nan}, "few": {"x": X[:9]}}.items():
        stream = io.BytesIO()
        np.savez(stream, **arrays)
        (tmp_path / f"{name}.npz").write_bytes(stream.getvalue())
    (tmp_path / "damaged.npz").write_bytes(b"PK\x03\x04")
    return tmp_path


def stand(folder: Path, *models: str, **named: str | bool) -> list[str]:
    store = Store(folder / "store")
    given = given_models([folder / name for name in models], store)
    stood = stand_beside(given, Named.read(named.get, folder), store)
    return [name for model in stood for name in ("unrolling", "float_error", "metric") if answers(model.beside, [name])]


RIGHT = {
    "a deployed model": (("kws.tflite",), {}, []),
    "a Keras model": (("kws.keras",), {"representative": "x.npz"}, ["unrolling", "float_error"]),
    "a function": (("models:kws",), {"representative": "x.npz"}, ["unrolling", "float_error"]),
    "a metric": (
        ("kws.keras",),
        {"representative": "x.npz", "data": "x.npz", "metric": "m:f"},
        ["unrolling", "float_error", "metric"],
    ),
    "a float model": (("kws.tflite",), {"float_model": "float.tflite", "data": "x.npz"}, ["float_error"]),
    "a float model that a function returns": (
        ("kws.tflite",),
        {"float_model": "models:kws", "data": "x.npz", "metric": "m:f"},
        ["float_error", "metric"],
    ),
}
WRONG: dict[str, tuple[tuple[str, ...], dict[str, str | bool], str]] = {
    "nothing to quantize with": (
        ("kws.keras",),
        {},
        "kws.keras is to be quantized and needs representative data: --npu-representative=DATA.npz (ethos-u-check: ",
    ),
    "a function without data": (("models:kws",), {}, "models:kws is to be quantized and needs representative data"),
    "nothing to quantize": (("kws.tflite",), {"representative": "x.npz"}, "a .tflite is quantized already"),
    "no model": ((), {"representative": "x.npz"}, "are about given models: name a model"),
    "code of no model": ((), {"allow_code": True}, "are about given models: name a model"),
    "missing data": (("kws.keras",), {"representative": "no.npz"}, "no.npz: No such file or directory"),
    "damaged data": (("kws.keras",), {"representative": "damaged.npz"}, "damaged.npz: is no .npz file, or it is dam"),
    "zeros": (("kws.keras",), {"representative": "zeros.npz"}, "zeros.npz: array 'x' is all zeros: it says nothing"),
    "NaN": (("kws.keras",), {"representative": "nan.npz"}, "nan.npz: array 'x' has NaN or infinity in 20 rows"),
    "few": (("kws.keras",), {"representative": "few.npz"}, "few.npz: has 9 rows: give at least 10, of which every f"),
    "a metric that is no name": (("kws.tflite",), {"metric": "m"}, "metric is 'm': write package.module:function"),
    "a metric of one model": (
        ("kws.tflite",),
        {"metric": "m:f", "data": "x.npz"},
        "a metric of kws.tflite is compared with that of its float model: --npu-float-model=FILE (ethos-u-check: --fl",
    ),
    "a metric without data": (
        ("kws.keras",),
        {"metric": "m:f", "representative": "x.npz"},
        "a float model and a metric need data to judge with: --npu-data=DATA.npz (ethos-u-check: --data)",
    ),
    "a float model without data": (("kws.tflite",), {"float_model": "float.tflite"}, "need data to judge with"),
    "a float model of a Keras model": (
        ("kws.keras",),
        {"float_model": "float.tflite", "representative": "x.npz", "data": "x.npz"},
        "a Keras model is its own float model",
    ),
    "data for nothing": (("kws.tflite",), {"data": "x.npz"}, "nothing is judged with the data: name a metric"),
    "a missing float model": (
        ("kws.tflite",),
        {"float_model": "no.tflite", "data": "x.npz"},
        "cannot read the float model",
    ),
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_fits_together_is_asked(folder: Path, name: str) -> None:
    models, named, asked = RIGHT[name]
    assert stand(folder, *models, **named) == asked


@pytest.mark.parametrize("name", WRONG)
def test_what_does_not_is_refused(folder: Path, name: str) -> None:
    models, named, sentence = WRONG[name]
    with pytest.raises(UsageError) as refusal:
        stand(folder, *models, **named)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_models_are_told_by_their_names(folder: Path) -> None:
    names = ("kws.keras", "kws.H5", "kws.tflite", "models:kws", "a.b:c", "no.tflite", "a:b:c", "kws")
    kinds = [KERAS, KERAS, TFLITE, FUNCTION, FUNCTION, TFLITE, TFLITE, TFLITE]
    assert [kind_of(folder / name) for name in names] == kinds
    (folder / "models:kws").write_bytes(b"a file of that name")
    assert kind_of(folder / "models:kws") == TFLITE


def test_a_function_is_called_anew_in_each_run_and_once_in_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(folder / "store")

    def key() -> str:
        given = given_models([Path("models:kws")], store)
        (model,) = stand_beside(given, Named(folder=folder, representative=folder / "x.npz"), store)
        return tflite(model).job.key  # type: ignore[union-attr]

    assert key() != key()
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", "the run of all workers")
    assert key() == key()
