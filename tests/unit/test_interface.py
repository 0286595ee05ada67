"""Inputs and outputs get the names of the signature, and nothing else changes for any tool that reads the model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine import Engine
from harness.errors import ModelError
from harness.interface import border_names, name_given, name_interface
from harness.jobs import Job
from harness.kernels import installed
from harness.outcome import Outcome
from harness.stages import ALL_KERNELS, STAGES, Stage
from harness.tflite import inspect, read_model, write_model

MODELS = ("gru_transfer", "lstm_transfer", "lstm_fused", "gru_looped_float", "accumulator_float")
NAMES = {"shorter": "x%d", "longer": "an input or output with a long name %d" + "x" * 200, "not ASCII": "Zustand_ü%d"}
TARGET = {
    "accelerator": "ethos-u55-128",
    "system_config": "Ethos_U55_High_End_Embedded",
    "memory_mode": "Shared_Sram",
}


def signed(model: bytes, pattern: str) -> bytes:
    """The model with a signature that numbers inputs and outputs by a pattern."""
    tree = read_model(model)
    (signature,) = tree.signatureDefs
    for number, entry in enumerate([*signature.inputs, *signature.outputs]):
        entry.name = pattern % number
    return write_model(tree)


def seen_without_names(model: bytes) -> dict[str, Any]:
    """What a model holds, but for its size and the names of inputs and outputs."""
    seen = inspect(model)
    for graph in seen["subgraphs"]:
        for index in (*graph["inputs"], *graph["outputs"]):
            graph["tensors"][index]["name"] = ""
    return {**seen, "size_bytes": 0}


@pytest.mark.parametrize("pattern", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("name", MODELS)
def test_tensors_get_the_names_of_the_signature(samples: Path, name: str, pattern: str) -> None:
    model = signed((samples / f"{name}.tflite").read_bytes(), pattern)
    named = name_interface(model)
    (signature,) = inspect(model)["signatures"]
    graph = inspect(named)["subgraphs"][signature["subgraph"]]
    for side, border in zip(("inputs", "outputs"), border_names(named), strict=True):
        assert {graph["tensors"][index]["name"] for index in signature[side].values()} == set(signature[side])
        assert [graph["tensors"][index]["name"] for index in graph[side]] == border
    assert seen_without_names(named) == seen_without_names(model)


def test_names_that_are_there_already_may_be_given_again(samples: Path) -> None:
    model = (samples / "gru_transfer.tflite").read_bytes()
    assert border_names(name_interface(name_interface(model))) == border_names(model)
    assert set(border_names(model)[0]) == {"input", "state_h_in"}


def test_the_signature_of_another_graph_names_that_graph(samples: Path) -> None:
    tree = read_model((samples / "gru_looped_float.tflite").read_bytes())
    assert len(tree.subgraphs) > 1
    tree.signatureDefs[0].subgraphIndex = 1
    tree.signatureDefs[0].inputs, tree.signatureDefs[0].outputs = tree.signatureDefs[0].inputs[:1], []
    tree.signatureDefs[0].inputs[0].tensorIndex, tree.signatureDefs[0].inputs[0].name = 0, "body"
    model = write_model(tree)
    named = name_interface(model)
    assert border_names(named) == border_names(model)
    assert inspect(named)["subgraphs"][1]["tensors"][0]["name"] == "body"


def test_a_tensor_without_a_name_gets_one(samples: Path) -> None:
    tree = read_model((samples / "gru_transfer.tflite").read_bytes())
    for index in tree.subgraphs[0].inputs:
        tree.subgraphs[0].tensors[index].name = None
    nameless = write_model(tree)
    assert set(border_names(nameless)[0]) == {""}
    assert set(border_names(name_interface(nameless))[0]) == {"input", "state_h_in"}


@pytest.mark.parametrize("model", [b"", b"no model", b"\0\0\0\0TFL3", b"\xff\xff\xff\x7fTFL3" + bytes(64)])
@pytest.mark.parametrize("read", [name_interface, name_given, border_names])
def test_what_is_no_model_is_told(read: Callable[[bytes], object], model: bytes) -> None:
    with pytest.raises(ModelError):
        read(model)


def test_a_given_file_that_is_cut_short_is_not_completed_by_names(samples: Path) -> None:
    """What is appended must not pass for the end of a constant that is missing."""
    model = (samples / "lstm_transfer.tflite").read_bytes()
    for missing in (1, 2, 4, 8, 16, 64, len(model) // 2):
        with pytest.raises(ModelError, match="damaged or truncated"):
            name_given(model[:-missing])


@pytest.mark.parametrize("pattern", NAMES.values(), ids=NAMES)
def test_every_tool_reads_the_named_file_as_it_reads_one_that_is_written_anew(
    engine: Engine,
    samples: Path,
    whole: Callable[[Outcome], Any],
    monkeypatch: pytest.MonkeyPatch,
    pattern: str,
) -> None:
    """All kernels compute the same, and Vela compiles it to the same bytes."""
    monkeypatch.setitem(STAGES, "answered", Stage("kernel_stages:answered", ALL_KERNELS))
    named = name_interface(signed((samples / "lstm_transfer.tflite").read_bytes(), pattern))
    anew = write_model(read_model(named))
    assert len(anew) != len(named)
    files = [engine.store.add_content(content, "model.tflite") for content in (named, anew)]
    first, second = (whole(engine.observe(Job("answered", {}, {"model": file}))) for file in files)
    assert set(first) == set(installed())
    for kernels, outputs in first.items():
        assert set(outputs) == set(border_names(named)[1])
        assert all(np.array_equal(array, second[kernels][name]) for name, array in outputs.items())
    compiled = [whole(engine.observe(Job("compilation", TARGET, {"model": file})))["model"] for file in files]
    assert bytes(compiled[0]) == bytes(compiled[1])
    assert set(border_names(bytes(compiled[0]))[1]) == set(border_names(named)[1])
