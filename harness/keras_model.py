"""A Keras model of the user's own: loaded, described, and built again unrolled (runs in a child with TensorFlow).

A model is kept as its description, a plain value: `config` (Keras's words, as JSON), `weights` (arrays in Keras's
order), `inputs` and `outputs` (names), `recurrent` (names of the layers that are unrolled), `trusted` (code may run),
and where code of somebody's own takes part, the `folder` that it is found from and the `run` that it is part of.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import keyword
import re
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from harness import plain
from harness.errors import ModelError
from harness.keras_file import needs_code, own_objects, vet
from harness.rows import Input
from harness.tracing import Traced
from harness.unrollable import recurrent_layers, require_unrollable, unrolled
from harness.user_code import imported, spell, start_from

Description = Mapping[str, Any]
UNROLLED = "unrolled"


def load(
    *, content: bytes = b"", function: str = "", folder: str = "", allow_code: bool = False, run: str = ""
) -> dict[str, Any]:
    """The model of a .keras file, or the one that a function returns, described: `model` (bytes).

    `function` is `package.module:function`, found from `folder`, as is the code that a trusted file names; `run` names
    the run, as nobody knows what such code depends on. Raises ModelError, in one sentence, for what is no model and
    for what cannot be unrolled.
    """
    if folder:
        start_from(folder)
    model = _returned(function, folder) if function else _loaded(content, allow_code=allow_code)
    described = _described(model)
    own = needs_code(json.loads(described["config"]))
    described.update(folder=folder if own else "", trusted=allow_code or bool(function), run=run if own else "")
    return {"model": plain.to_bytes(described)}


def read(model: bytes) -> Description:
    """The description that `load` gave."""
    described: Description = plain.from_bytes(model)
    return described


def inputs_of(described: Description) -> list[Input]:
    """The inputs of a model under their own names."""
    return [Input(name, tuple(shape), dtype) for name, _, shape, dtype in described["inputs"]]


def rebuild(described: Description, *, unroll: bool, dtype: str = "float32", batch_size: int = 1) -> Any:
    """The same model with a fixed batch size, without dropout, and with its weights; its inputs and outputs are lists.

    Raises ModelError where Keras does not build it.
    """
    import keras

    if described["folder"]:
        start_from(described["folder"])
    config = unrolled(json.loads(described["config"]), unroll=unroll, dtype=dtype, batch_size=batch_size)
    trusted = described["trusted"]
    own = _own(config) if trusted else {}
    try:
        model = keras.saving.deserialize_keras_object(config, custom_objects=own, safe_mode=not trusted)
        model.set_weights(described["weights"])
    except Exception as error:  # noqa: BLE001 - whatever Keras, or the user's own layer, raises
        raise ModelError("Keras cannot build it again with batch size %d: %s" % (batch_size, spell(error))) from None
    return model


@lru_cache(maxsize=None)
def trace(model: bytes, style: str) -> Traced:
    """The model of `load`, looped or unrolled, traced for one sample, once in a process.

    Inputs and outputs are called as a signature can call them.
    """
    import tensorflow as tf

    described = read(model)
    built = rebuild(described, unroll=style == UNROLLED)
    signature = {as_: tf.TensorSpec(shape, dtype, name=as_) for _, as_, shape, dtype in described["inputs"]}

    def call(**given: Any) -> dict[str, Any]:
        return _named(described, built([given[as_] for _, as_, *_ in described["inputs"]], training=False))

    function = tf.function(call).get_concrete_function(**signature)
    return Traced(function, [variable.value for variable in built.variables])


def evaluate(described: Description, rows: Mapping[str, np.ndarray], *, unroll: bool, dtype: str) -> dict[str, Any]:
    """Outputs (n, ...) by the names of a signature, for inputs (n, ...) by such names, all rows at once."""
    count = len(next(iter(rows.values())))
    model = rebuild(described, unroll=unroll, dtype=dtype, batch_size=count)
    given = [
        rows[as_].astype(dtype) if np.dtype(kind).kind == "f" else rows[as_] for _, as_, _, kind in described["inputs"]
    ]
    outputs = _named(described, model(given, training=False))
    return {name: np.asarray(output) for name, output in outputs.items()}


def _named(described: Description, outputs: Any) -> dict[str, Any]:
    return dict(zip(described["outputs"], outputs if isinstance(outputs, (list, tuple)) else [outputs]))


def _loaded(content: bytes, *, allow_code: bool) -> Any:
    import keras

    config = vet(content, allow_code=allow_code)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        try:
            own = _own(config) if allow_code else {}
            return keras.saving.load_model(path, custom_objects=own, compile=False, safe_mode=not allow_code)
        except Exception as error:  # noqa: BLE001 - whatever Keras raises
            raise ModelError("Keras cannot load it: %s" % spell(error)) from None


def _own(config: dict[str, Any]) -> dict[str, Any]:
    """The classes and functions of somebody's own that a trusted model names, as far as they can be imported."""
    found = {}
    for module, name in own_objects(config):
        with contextlib.suppress(ImportError, AttributeError):
            found[name] = getattr(importlib.import_module(module), name)
    return found


def _returned(function: str, folder: str) -> Any:
    import keras

    call = imported(function, folder)
    try:
        model = call()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's own code
        raise ModelError("the function raised %s" % spell(error)) from None
    if not isinstance(model, keras.Model):
        raise ModelError("the function returned %s: return a Keras model" % type(model).__name__)
    return model


def _described(model: Any) -> dict[str, Any]:
    import keras

    flat, names = _flat(model)
    try:
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(flat)))
    except Exception as error:  # noqa: BLE001 - get_config of the user's own layer
        raise ModelError("Keras cannot describe it: %s" % spell(error)) from None
    require_unrollable(config)
    for variable in flat.weights:
        if not np.isfinite(np.asarray(variable)).all():
            raise ModelError("weight %s has NaN or infinity: the training diverged" % variable.path)
    asked = [place[0] for place in flat.get_config()["input_layers"]]
    return {
        "config": json.dumps(config),
        "weights": flat.get_weights(),
        "inputs": [
            [name, as_, [1, *tensor.shape[1:]], "float32" if "float" in tensor.dtype else tensor.dtype]
            for name, as_, tensor in zip(asked, _identifiers(asked), flat.inputs)
        ],
        "outputs": _identifiers(names),
        "recurrent": recurrent_layers(config),
    }


def _flat(model: Any) -> tuple[Any, list[str]]:
    """A functional model with a list of inputs and one of outputs, and the names of the outputs."""
    import keras

    if not getattr(model, "inputs", None) or not getattr(model, "outputs", None):
        raise ModelError(
            "%s has no inputs yet: begin it with keras.Input((time steps, features)), in the functional or the "
            "sequential API" % type(model).__name__
        )
    flat = keras.Model(list(model.inputs), list(model.outputs))
    if not isinstance(model, keras.Sequential) and type(model).call is not type(flat).call:
        raise ModelError("%s computes in a call() of its own: build it with the functional API" % type(model).__name__)
    places = None if isinstance(model, keras.Sequential) else model.get_config().get("output_layers")
    if isinstance(places, dict):
        return flat, [str(name) for name in keras.tree.flatten({name: name for name in places})]
    return flat, list(flat.output_names)


def _identifiers(names: Sequence[str]) -> list[str]:
    """The names as a signature can have them: letters, digits and underscores, no keyword, each once."""
    spelled: list[str] = []
    for name in names:
        word = re.sub(r"\W", "_", name, flags=re.ASCII)
        word = "_" + word if word[:1].isdigit() or keyword.iskeyword(word) or not word else word
        spelled.append(word if word not in spelled else "%s_%d" % (word, len(spelled)))
    return spelled
