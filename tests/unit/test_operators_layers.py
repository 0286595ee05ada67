"""Each operator has the layer and the time step that it belongs to."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from constraint_row import U55
from predicting import named_model, predicted

from harness.engine import Engine

pytestmark = pytest.mark.usefixtures("prediction_stages")


def recurrent_layer(operators: list[dict[str, Any]]) -> str:
    """The one layer that has steps."""
    (layer,) = {operator["layer"] for operator in operators if operator["step"] is not None}
    return str(layer)


@pytest.mark.parametrize("sample", ["gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain"])
def test_the_steps_of_an_unrolled_layer_are_told_apart(engine: Engine, samples: Path, sample: str) -> None:
    operators = predicted(engine, samples / f"{sample}.tflite")["operators"]
    layer = recurrent_layer(operators)
    steps = Counter(operator["step"] for operator in operators if operator["layer"] == layer)
    assert layer.startswith(sample.partition("_")[0])
    assert set(steps) == {None, 0, 1, 2}
    assert steps[None] == 2  # the input is transposed and taken apart once for all steps
    assert steps[1] == steps[2]
    assert [operator["step"] for operator in operators if operator["layer"] != layer] == [None] * 2


def test_the_float_chain_is_at_the_first_step(engine: Engine, samples: Path) -> None:
    operators = predicted(engine, samples / "gru_float_chain.tflite")["operators"]
    on_cpu = [operator for operator in operators if operator["families"][U55]["placement"] == "cpu"]
    assert {(operator["layer"], operator["step"]) for operator in on_cpu} == {(recurrent_layer(operators), 0)}


def test_a_loop_has_no_steps(engine: Engine, samples: Path) -> None:
    operators = predicted(engine, samples / "gru_looped_float.tflite")["operators"]
    (body,) = {operator["layer"] for operator in operators if operator["name"] == "LOGISTIC"}
    assert {operator["step"] for operator in operators} == {None}
    assert body.endswith("/while")
    assert body.removesuffix("/while") in {operator["layer"] for operator in operators}


def test_steps_follow_the_numbers_of_the_cells_and_not_the_file(engine: Engine) -> None:
    cells = ["m/functional_1/gru/x", "functional_1/gru_1/gru_cell_13/MatMul", "functional_1/gru_1/gru_cell_3/a;b/c"]
    others = [
        "functional_1/rnn_2/simple_rnn_cell/Tanh",
        "functional_1_1/both/forward_lstm/lstm_cell_5/mul",
        "dense_1/Relu",
    ]
    prediction = named_model(engine, [["RELU", name] for name in (*cells, *others, "output")])
    assert [(operator["layer"], operator["step"]) for operator in prediction["operators"]] == [
        ("m/functional_1/gru", None),
        ("gru_1", 1),
        ("gru_1", 0),
        ("rnn_2", 0),
        ("both/forward_lstm", 0),
        ("dense_1", None),
        (None, None),
    ]


def test_only_what_is_between_operators_takes_the_step_of_its_input(engine: Engine) -> None:
    named = [["FULLY_CONNECTED", "gru_1/gru_cell_1/MatMul"], ["DEQUANTIZE", "tfl.dequantize"], ["SOFTMAX", "output"]]
    prediction = named_model(engine, named)
    assert [(operator["layer"], operator["step"]) for operator in prediction["operators"]] == [
        ("gru_1", 0),
        ("gru_1", 0),
        (None, None),
    ]
