"""A .keras archive is read without running anything of it, and what needs code is named with the way out."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from harness.errors import ModelError
from harness.keras_file import vet


def archive(*layers: dict[str, Any], without: str = "", **config: Any) -> bytes:  # noqa: ANN401 - Keras's words
    whole = {"module": "keras", "class_name": "Sequential", "config": {"name": "kws", "layers": list(layers)}, **config}
    files = {"metadata.json": "{}", "config.json": json.dumps(whole), "model.weights.h5": "\x89HDF"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as opened:
        for name in files.keys() - {without}:
            opened.writestr(name, files[name])
    return stream.getvalue()


def layer(kind: str, module: str | None = "keras.layers", **config: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"module": module, "class_name": kind, "config": {"name": "mine", **config}, "registered_name": None}


DENSE = layer("Dense", activation="relu", kernel_initializer=layer("Zeros", "keras.initializers"))
MINE = {"module": "mypackage.layers", "class_name": "Mine", "config": {}, "registered_name": "Custom>Mine"}
WHOLE = archive(DENSE, layer("Activation", activation={"module": "keras.activations", "class_name": "function"}))
FOREIGN = {
    "empty": (b"", "the file is empty: save the model again"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(500), "this is an HDF5 file: save the model as .keras"),
    "text": (b"not a model", "this is not a .keras archive, or it is damaged (11 bytes): save the model again"),
    "truncated": (WHOLE[:-30], "this is not a .keras archive, or it is damaged"),
    "flipped": (WHOLE.replace(b"Sequential", b"Sequentiel"), "this is not a .keras archive, or it is damaged"),
    "another zip": (archive(without="config.json"), "this is no .keras archive: There is no item named 'config.json'"),
    "no weights": (archive(without="model.weights.h5"), "this is no .keras archive: There is no item named 'model.wei"),
}
CODE = {
    "a lambda": (
        layer("Lambda", function={"class_name": "__lambda__"}),
        "Lambda 'mine' holds Python code, which is not",
    ),
    "a pickled lambda": ({"class_name": "__lambda__", "config": {}}, "lambda holds Python code"),
    "a saved model": (layer("TFSMLayer", filepath="/tmp/x"), "TFSMLayer 'mine' holds Python code"),  # noqa: S108
    "a class": (MINE, "it needs Mine of mypackage.layers, which a .keras file does not hold: name a function that ret"),
    "a registered class": (layer("Mine", None), "it needs Mine 'mine' of yours, which a .keras file does not hold"),
    "a package": ({**layer("GRU"), "registered_name": "mine>GRU"}, "it needs GRU 'mine' of keras.layers"),
    "a function": (
        layer("Dense", activation={"module": "builtins", "class_name": "function", "config": "eval"}),
        "it needs eval of builtins",
    ),
    "a function of Keras that downloads": (
        layer("Dense", activation={"module": "keras.utils", "class_name": "function", "config": "get_file"}),
        "it needs get_file of keras.utils",
    ),
    "a name that begins like Keras": (layer("Dense", "kerasevil.layers"), "it needs Dense 'mine' of kerasevil.layers"),
    "deep inside": (layer("Bidirectional", layer=layer("RNN", cell=MINE)), "it needs Mine of mypackage.layers"),
}


@pytest.mark.parametrize("allow_code", [False, True])
def test_a_model_of_keras_is_let_pass(allow_code: bool) -> None:  # noqa: FBT001 - a parameter
    vet(WHOLE, allow_code=allow_code)


def test_what_the_training_needed_is_not_loaded_and_not_judged() -> None:
    vet(archive(DENSE, compile_config={"loss": MINE}), allow_code=False)


@pytest.mark.parametrize("allow_code", [False, True])
@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_whole_archive_is_refused(name: str, allow_code: bool) -> None:  # noqa: FBT001 - a parameter
    content, sentence = FOREIGN[name]
    with pytest.raises(ModelError) as refusal:
        vet(content, allow_code=allow_code)
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("name", CODE)
def test_what_needs_code_is_named(name: str) -> None:
    found, sentence = CODE[name]
    with pytest.raises(ModelError) as refusal:
        vet(archive(DENSE, found), allow_code=False)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", CODE)
def test_what_needs_code_is_let_pass_where_it_is_allowed(name: str) -> None:
    vet(archive(DENSE, CODE[name][0]), allow_code=True)
