"""Whatever file is given, the gate ends with a report that says what is wrong with it, and the baseline stays whole."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from runs import Folder, Ran

OPEN_BATCH = """
import sys
from pathlib import Path
from harness.tflite import read_model, write_model
tree = read_model(Path(sys.argv[1]).read_bytes())
for tensor in tree.subgraphs[0].tensors:
    if tensor.shape is not None and len(tensor.shape) and not tree.buffers[tensor.buffer].data is not None:
        tensor.shapeSignature = [-1, *map(int, tensor.shape[1:])]
Path(sys.argv[2]).write_bytes(write_model(tree))
"""
GOOD = "gru_transfer"
# Each bad file, and what a claim that fails says of it.
BAD = {
    "corrupt": "corrupt.tflite: the TFLite file is damaged or truncated",
    "truncated": "truncated.tflite: the TFLite file is damaged or truncated",
    "empty": "empty.tflite: the file is empty: export the model again",
    "foreign": "foreign.tflite: this is not a TFLite file",
    "float": "float.tflite is a float model: none of its",
    "looped": "looped.tflite is a float model with 1 loop (WHILE): none of its",
    "compiled": "compiled.tflite is already compiled: it holds a custom operator ethos-u",
    "open_batch": "open dimensions in ",
    "unreadable": "compilation refused: Vela refused the model: ",
    "deadly": "compilation crashed",
    "missing": "missing.tflite: No such file or directory; name a .tflite that exists",
}


@pytest.fixture
def models(folder: Folder, samples: Path) -> list[Path]:
    """All bad models around a good one."""
    good = (samples / f"{GOOD}.tflite").read_bytes()
    contents = {
        "corrupt": good[:4000] + b"\xff" * 4000 + good[8000:],
        "truncated": good[:5000],
        "unreadable": with_byte(good, 4752, 68),
        "deadly": with_byte(good, 820, 203),
        "empty": b"",
        "foreign": b"\x89PNG and nothing that anybody would compile",
        "float": (samples / "gru_float.tflite").read_bytes(),
        "looped": (samples / "gru_looped_float.tflite").read_bytes(),
        "compiled": (samples / "gru_compiled.tflite").read_bytes(),
        GOOD: good,
    }
    for name, content in contents.items():
        (folder.path / f"{name}.tflite").write_bytes(content)
    made = folder.run(sys.executable, "-c", OPEN_BATCH, samples / f"{GOOD}.tflite", folder.path / "open_batch.tflite")
    assert made.code == 0, made.err
    return [folder.path / f"{name}.tflite" for name in (*BAD, GOOD)]


def with_byte(content: bytes, place: int, value: int) -> bytes:
    """The content with one byte changed: whole enough to be read here, but not by Vela."""
    return content[:place] + bytes([value]) + content[place + 1 :]


def gate(folder: Folder, *models: Path, update: bool = False) -> Ran:
    named = [f"--npu-model={path}" for path in models]
    asked = (
        "--npu-accelerator=ethos-u55-128",
        "--npu-baseline=baseline.json",
        "--npu-max-ms=1",
        "--npu-min-sqnr-db=-100",
    )
    return folder.pytest(*named, *asked, *(["--npu-update-baseline"] if update else []), "--npu-offline")


def failed(report: dict[str, Any]) -> dict[str, list[str]]:
    """What each model's claims that fail say."""
    found: dict[str, list[str]] = {}
    for subject in (*report["models"], *report["cases"]):
        name = subject.get("model", subject["id"])
        found.setdefault(name, []).extend(c["message"] for c in subject["claims"] if c["outcome"] != "pass")
    return found


def test_each_bad_model_says_what_is_wrong_and_the_others_are_judged(folder: Folder, models: list[Path]) -> None:
    assert gate(folder, models[-1], update=True).code == 1  # no float model: its SQNR is unknown
    accepted = (folder.path / "baseline.json").read_bytes()
    ran = gate(folder, *models)
    assert ran.code == 1
    said = failed(folder.report)
    for name, sentence in BAD.items():
        assert any(sentence in message for message in said[name]), (name, said[name])
        assert all("\n" not in message for message in said[name])
    assert said[GOOD] == ["unknown: there is no float model to compare with"]
    assert (folder.path / "baseline.json").read_bytes() == accepted
    assert (folder.path / "reports" / "summary.md").read_text(encoding="utf-8").startswith("### Ethos-U: red: ")
    assert gate(folder, *models, update=True).code == 1
    cases = set(json.loads((folder.path / "baseline.json").read_text(encoding="utf-8"))["cases"])
    assert {name.split("-")[0] for name in cases} == {GOOD, "open_batch"}
