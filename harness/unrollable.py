"""What of a model can be unrolled, and its description with all of that unrolled: Keras's words as plain values.

A description is what `keras.saving.serialize_keras_object` gives: objects are dicts with `class_name` and `config`.
"""

from __future__ import annotations

from typing import Any, Iterator

from harness.errors import ModelError

RECURRENT = ("GRU", "LSTM", "SimpleRNN", "RNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
CELLS = ("GRUCell", "LSTMCell", "SimpleRNNCell", "StackedRNNCells")
DROPOUT = ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D")
STATE_WAY_OUT = (
    "make the state an input and an output (return_state=True, initial_state=keras.Input((units,))), "
    "or build it with stateful=False"
)


def unrolled(tree: Any, *, unroll: bool, dtype: str, batch_size: int) -> Any:
    """The same description with all recurrent layers looped or unrolled, a batch size, a type, and no dropout."""
    if isinstance(tree, list):
        return [unrolled(part, unroll=unroll, dtype=dtype, batch_size=batch_size) for part in tree]
    if not isinstance(tree, dict):
        return tree
    changed = {
        key: unrolled(part, unroll=unroll, dtype=dtype, batch_size=batch_size)
        for key, part in tree.items()
        if key not in ("build_config", "compile_config")  # shapes and losses of the model as it was
    }
    kind, config = tree.get("class_name"), changed.get("config")
    if isinstance(kind, str) and isinstance(config, dict):
        config.update(_settings(kind, config, unroll=unroll, dtype=dtype, batch_size=batch_size))
    return changed


def _settings(kind: str, config: dict[str, Any], *, unroll: bool, dtype: str, batch_size: int) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    if kind == "InputLayer":
        settings["batch_shape"] = [batch_size, *config["batch_shape"][1:]]
        settings["dtype"] = dtype if "float" in str(config["dtype"]) else config["dtype"]
    elif "float" in str(config.get("dtype")) and not kind.startswith("__"):
        settings["dtype"] = dtype
    if kind in RECURRENT:
        settings["unroll"] = unroll
    if kind in DROPOUT:
        settings["rate"] = 0.0
    settings.update({name: 0.0 for name in ("dropout", "recurrent_dropout") if isinstance(config.get(name), float)})
    return settings


def recurrent_layers(config: dict[str, Any]) -> list[str]:
    """The names of the layers that are unrolled."""
    return [node["config"]["name"] for node in _layers(config) if node["class_name"] in RECURRENT]


def require_unrollable(config: dict[str, Any]) -> None:
    """Raise ModelError, with the way out, for a model that has no unrolled form with the same outputs."""
    for node in _layers(config):
        kind, layer = node["class_name"], node["config"]
        if kind == "InputLayer":
            _require_fixed(layer)
        if layer.get("stateful"):
            raise ModelError(
                "layer '%s' is stateful=True, which no unrolled model keeps: %s" % (layer["name"], STATE_WAY_OUT)
            )
        if kind == "Masking" or layer.get("mask_zero"):
            raise ModelError(
                "layer '%s' masks time steps, and an unrolled model computes every step: give all sequences the "
                "same length and take the mask out" % layer["name"]
            )
        if kind == "RNN" and not _has_known_cell(layer["cell"]):
            raise ModelError(
                "layer '%s' has the cell %s, of which no unrolled form is known to be equal: use GRU, LSTM or "
                "SimpleRNN, or unroll it in your own function and judge its .tflite"
                % (layer["name"], layer["cell"].get("class_name"))
            )
        if "Quantized" in str(layer.get("dtype")):
            raise ModelError("layer '%s' is quantized by Keras: give the float model" % layer["name"])


def _require_fixed(layer: dict[str, Any]) -> None:
    shape = layer["batch_shape"][1:]
    if None in shape:
        raise ModelError(
            "input '%s' has the open shape %s: build the model with a fixed number of time steps, "
            "keras.Input((time steps, features))" % (layer["name"], (None, *shape))
        )
    if layer["dtype"] == "string" or layer.get("sparse") or layer.get("ragged"):
        raise ModelError("input '%s' is no dense array of numbers: do that step outside the model" % layer["name"])


def _has_known_cell(cell: dict[str, Any]) -> bool:
    kind, module = cell.get("class_name"), str(cell.get("module"))
    parts = cell["config"].get("cells", []) if kind == "StackedRNNCells" else []
    return kind in CELLS and module.startswith("keras") and all(_has_known_cell(part) for part in parts)


def _layers(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object with a configuration, from the outside in."""
    if isinstance(tree, dict):
        if isinstance(tree.get("class_name"), str) and isinstance(tree.get("config"), dict):
            yield tree
        for part in tree.values():
            yield from _layers(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _layers(part)
