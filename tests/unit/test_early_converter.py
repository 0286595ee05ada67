"""The converter before TensorFlow 2.7: names and order come from the function that is converted."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from harness.early_converter import as_lists, input_names, output_names
from harness.interface import name_interface
from harness.tflite import inspect, read_model, write_model

FUNCTION = SimpleNamespace(
    inputs=[SimpleNamespace(name=name) for name in ("input:0", "state_c_in:0", "state_h_in:0", "weights:0")],
    captured_inputs=["weights"],
    structured_outputs={"state_h_out": 1, "output": 2, "state_c_out": 3},
)


def test_inputs_are_the_arguments_without_the_weights() -> None:
    assert input_names(FUNCTION) == ["input", "state_c_in", "state_h_in"]


def test_outputs_are_in_the_order_in_which_tensorflow_flattens_a_dict() -> None:
    assert output_names(FUNCTION) == ["output", "state_c_out", "state_h_out"]


def test_samples_follow_the_arguments_and_not_their_own_order() -> None:
    sample = {"state_h_in": np.array(1), "input": np.array(2), "state_c_in": np.array(3)}
    assert as_lists(FUNCTION, [sample]) == [[2, 3, 1]]


def test_a_sample_without_an_input_is_no_sample() -> None:
    with pytest.raises(KeyError, match="state_c_in"):
        as_lists(FUNCTION, [{"input": np.array(2), "state_h_in": np.array(1)}])


def test_an_interface_without_a_signature_is_named_by_its_order(samples: Path) -> None:
    tree = read_model((samples / "gru_transfer.tflite").read_bytes())
    tree.signatureDefs = None
    named = name_interface(write_model(tree), {"inputs": ["a", "b"], "outputs": ["c", "d"]})
    (graph,) = inspect(named)["subgraphs"]
    names = [tensor["name"] for tensor in graph["tensors"]]
    assert [names[index] for index in (*graph["inputs"], *graph["outputs"])] == ["a", "b", "c", "d"]
