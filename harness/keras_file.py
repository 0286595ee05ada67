"""What a .keras archive says about its model, read without running anything of it (runs in a child).

Keras's own safe mode refuses most code in a file, but not all of it in every version; here the description may name
nothing but what Keras holds.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any, Iterator

from harness.errors import ModelError

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
HDF5 = b"\x89HDF"
CODE = ("Lambda", "__lambda__", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer", "__typespec__")
"""Classes of Keras that hold, or load, code of somebody."""

VALUES = ("__bytes__", "__complex__", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__")
"""Classes that stand for values."""

FUNCTIONS = ("keras.activations", "keras.ops", "keras.src.activations", "keras.src.ops")
"""Modules whose functions only compute; others of Keras download and unpack."""

ALLOW = "--npu-allow-code (ethos-u-check: --allow-code)"


def vet(content: bytes, *, allow_code: bool) -> dict[str, Any]:
    """The description in a .keras archive; raises ModelError, in one sentence, for a file that is none, or not whole.

    Without `allow_code`, also for a model that needs Python code: what is in the file, and what is not.
    """
    config = _config(content)
    if not allow_code:
        _require_no_code(config)
    return config


def needs_code(config: dict[str, Any]) -> bool:
    """Whether code that is not Keras's takes part in a model."""
    return any(node["class_name"] in CODE for node in _nodes(config)) or bool(own_objects(config))


def own_objects(config: dict[str, Any]) -> list[tuple[str, str]]:
    """Module and name of each class and function that a description needs and Keras does not hold."""
    nodes = [node for node in _nodes(config) if node.get("module") and not _is_of_keras(node)]
    return [
        (str(node["module"]), str(node["config"] if node["class_name"] == "function" else node["class_name"]))
        for node in nodes
    ]


def _require_no_code(config: dict[str, Any]) -> None:
    for node in _nodes({name: part for name, part in config.items() if name != "compile_config"}):
        kind = node["class_name"]
        if kind in CODE:
            raise ModelError(
                "%s %sholds Python code, which is not run: build it from Keras's own layers and keras.ops, "
                "or give %s if you trust the file" % (kind.strip("_"), _named(node), ALLOW)
            )
        if not _is_of_keras(node):
            raise ModelError(
                "it needs %s %sof %s, which a .keras file does not hold: name a function that returns the model "
                "instead, --npu-model=package.module:function"
                % (kind if kind != "function" else node.get("config"), _named(node), node.get("module") or "yours")
            )


def _config(content: bytes) -> dict[str, Any]:
    if not content:
        raise ModelError("the file is empty: save the model again")
    if content.startswith(HDF5):
        raise ModelError("this is an HDF5 file: save the model as .keras (model.save('model.keras'))")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()
            config = json.loads(archive.read(CONFIG).decode())
            archive.getinfo(WEIGHTS)
    except KeyError as error:
        raise ModelError("this is no .keras archive: %s" % str(error).strip("\"'")) from None
    except Exception:  # noqa: BLE001 - zipfile raises errors of many kinds for damaged archives
        damaged, config = CONFIG, None
    if damaged or not isinstance(config, dict) or "class_name" not in config:
        raise ModelError(
            "this is not a .keras archive, or it is damaged (%d bytes): save the model again as .keras" % len(content)
        )
    return config


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a description, from the outside in."""
    if isinstance(tree, dict):
        if isinstance(tree.get("class_name"), str):
            yield tree
        for part in tree.values():
            yield from _nodes(part)
    elif isinstance(tree, list):
        for part in tree:
            yield from _nodes(part)


def _is_of_keras(node: dict[str, Any]) -> bool:
    module, kind = str(node.get("module")), node["class_name"]
    if kind in VALUES:
        return True
    if kind == "function":
        return module.startswith(FUNCTIONS)
    return (module == "keras" or module.startswith("keras.")) and ">" not in str(node.get("registered_name"))


def _named(node: dict[str, Any]) -> str:
    config = node.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    return "'%s' " % name if name else ""
