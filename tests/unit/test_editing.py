"""Edits are written like those of a tree of its own, and those who look at the model see none of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.editing import edit_model
from harness.npu.hybrid import activation_model, double_rounding_model, only_operators
from harness.npu.reference import activation_operators
from harness.repair import repair
from harness.tflite import inspect, read_model, view_model, write_model

# An object of the schema that LiteRT generates; it carries no types.
Tree = Any
MODELS = sorted(path.stem for path in (Path(__file__).parent.parent / "models").glob("*.tflite"))


def cut(tree: Tree) -> bytes:
    """The model after an edit of everything that may be edited."""
    tree.description = "edited"
    tree.operatorCodes[0].version += 1
    tree.buffers[-1].data = None
    for signature in tree.signatureDefs or []:
        signature.inputs[0].name = "renamed"
        del signature.outputs[-1]
    for graph in tree.subgraphs:
        graph.name, graph.tensors[0].name, graph.tensors[0].quantization = "graph", "tensor", None
        graph.operators[0].inputs = []
        del graph.operators[1:]
    return write_model(tree)


@pytest.mark.parametrize("name", MODELS)
def test_an_edit_is_written_as_that_of_a_tree_of_its_own(samples: Path, name: str) -> None:
    model = (samples / f"{name}.tflite").read_bytes()
    assert write_model(edit_model(model)) == write_model(read_model(model))
    assert cut(edit_model(model)) == cut(read_model(model))


@pytest.mark.parametrize("name", MODELS)
def test_those_who_look_see_no_edit(samples: Path, name: str) -> None:
    model = (samples / f"{name}.tflite").read_bytes()
    before, written = inspect(model), write_model(view_model(model))
    cut(edit_model(model))
    assert inspect(model) == before
    assert write_model(view_model(model)) == written


@pytest.mark.parametrize("name", ["gru_float_chain", "lstm_float_chain", "gru_transfer", "lstm_transfer"])
def test_repairs_and_rewrites_leave_what_others_look_at(samples: Path, name: str) -> None:
    model = (samples / f"{name}.tflite").read_bytes()
    written = write_model(view_model(model))
    first = repair(model, states=True, equal_too=True)
    assert first["changes"]
    double_rounding_model(model)
    activation_model(model, activation_operators(model))
    only_operators(model, [0], [0], [1])
    assert write_model(view_model(model)) == written
    assert repair(model, states=True, equal_too=True) == first


def test_what_is_shared_refuses_to_be_written_to(samples: Path) -> None:
    tree = edit_model((samples / "gru_transfer.tflite").read_bytes())
    with pytest.raises(ValueError, match="read-only"):
        tree.subgraphs[0].operators[0].inputs[0] = 0
