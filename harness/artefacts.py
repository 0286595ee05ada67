"""What was judged, beside the report: the very .tflite, what Vela made of it, and a manifest that says how."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path, PurePath
from typing import Any

from harness import plain
from harness.jobs import versions
from harness.store import File, Store

TOOLS = ("ethos-u-rnn-harness", "ethos-u-vela", "ai-edge-litert", "numpy")
MADE_WITH = ("tensorflow", "keras")
ARTEFACTS, MANIFEST = "artefacts", "manifest.json"


def write_artefacts(  # noqa: PLR0913 - where to, and what a case is made of
    folder: Path, store: Store, *, model: Mapping[str, Any], target: Mapping[str, str], key: str, config: File | None
) -> Path | None:
    """Write the artefacts of a given model that was compiled for a target into `folder/<case>`; returns that folder.

    `model` is what `GivenModel.describe` gives (what was made of a Keras model is kept), `target` its target with its
    `id`, `key` that of the compilation.
    Equal results are equal bytes. None where nothing was compiled, or the store no longer holds it.
    """
    judged = model.get("made", model)
    try:
        source = store.kept_file(judged["sha256"]).read_bytes()
        entry = plain.load(store.entry_path(key))
        own = {} if config is None else {config.name: config.path.read_bytes()}
    except (OSError, ValueError):
        return None
    if "value" not in entry:
        return None
    compiled = entry["value"]["model"]
    names = (judged["file"], f"{PurePath(judged['file']).stem}_vela.tflite")
    contents = {**own, names[0]: source, names[1]: compiled}
    case = folder / f"{model['id']}-{target['id']}"
    for name, content in contents.items():
        plain.write_atomically(case / name, content)
    manifest = {
        "source": names[0],
        "compiled": names[1],
        "sha256": {name: sha256(content).hexdigest() for name, content in contents.items()},
        "target": dict(target),
        "vela_config": "vela.ini of the installed Vela" if config is None else config.name,
        "versions": versions(TOOLS),
        "commands": [_vela(names[0], target, config), _check(names[0], target, config)],
    }
    if "made" in model:
        manifest |= _made(model, target, config)
    plain.write_atomically(case / MANIFEST, (json.dumps(manifest, indent=1, sort_keys=True) + "\n").encode())
    return case


def _made(model: Mapping[str, Any], target: Mapping[str, str], config: File | None) -> dict[str, Any]:
    """What the .tflite was made of, with which tools, and the command that makes and judges it."""
    rows = model["made"]["representative"]
    source = {name: model[name] for name in ("file", "sha256")}
    return {
        "made_of": {"model": source, "representative": rows},
        "versions": versions((*TOOLS, *MADE_WITH)),
        "made_by": _check(model["file"], target, config, {"--representative": rows["file"]}),
    }


def _vela(model: str, target: Mapping[str, str], config: File | None) -> str:
    """The command that compiles to the same bytes."""
    return _command(
        ["vela", model, "--output-dir", "."],
        {
            "--accelerator-config": target["accelerator"],
            "--system-config": target["system_config"],
            "--memory-mode": target["memory_mode"],
            **({} if config is None else {"--config": config.name}),
        },
    )


def _check(model: str, target: Mapping[str, str], config: File | None, more: Mapping[str, str] | None = None) -> str:
    """The command that judges again."""
    return _command(
        ["ethos-u-check", model],
        {
            "--accelerator": target["accelerator"],
            "--system-config": target["system_config"],
            "--memory-mode": target["memory_mode"],
            **({} if config is None else {"--vela-config": config.name}),
            **(more or {}),
        },
    )


def _command(words: list[str], options: Mapping[str, str]) -> str:
    return shlex.join([*words, *(f"{name}={value}" for name, value in options.items())])
