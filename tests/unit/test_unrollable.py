"""What cannot be unrolled is named with the way out; what can is unrolled wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import ModelError
from harness.unrollable import recurrent_layers, require_unrollable, unrolled

Layer = dict[str, Any]


def layer(kind: str, **config: Any) -> Layer:  # noqa: ANN401 - Keras's words
    module = config.pop("module", "keras.layers")
    return {"module": module, "class_name": kind, "config": {"name": kind.lower(), **config}}


def model(*layers: Layer) -> Layer:
    return layer("Functional", layers=list(layers), module="keras.src.models.functional")


def asks(*shape: int | None, **more: Any) -> Layer:  # noqa: ANN401 - Keras's words
    return layer("InputLayer", **{"batch_shape": [None, *shape], "dtype": "float32", "name": "audio", **more})


POLICY = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}}
GRU = layer("GRU", unroll=False, dropout=0.2, recurrent_dropout=0.1, dtype=POLICY, stateful=False)
WRONG = {
    "open steps": (
        asks(None, 4),
        "input 'audio' has the open shape (None, None, 4): build the model with a fixed number",
    ),
    "text": (asks(4, dtype="string"), "input 'audio' is no dense array of numbers"),
    "ragged": (asks(4, ragged=True), "input 'audio' is no dense array of numbers"),
    "stateful": (
        layer("GRU", stateful=True),
        "layer 'gru' is stateful=True, which no unrolled model keeps: make the state",
    ),
    "a mask": (
        layer("Masking"),
        "layer 'masking' masks time steps, and an unrolled model computes every step: give all",
    ),
    "a mask of tokens": (layer("Embedding", mask_zero=True), "layer 'embedding' masks time steps"),
    "a cell": (
        layer("RNN", cell=layer("MyCell", module="mine")),
        "layer 'rnn' has the cell MyCell, of which no unrolled",
    ),
    "a cell of that name": (layer("RNN", cell=layer("GRUCell", module="mine")), "layer 'rnn' has the cell GRUCell"),
    "a stacked cell": (
        layer("RNN", cell=layer("StackedRNNCells", cells=[layer("LSTMCell"), layer("MyCell", module="mine")])),
        "layer 'rnn' has the cell StackedRNNCells",
    ),
    "quantized": (layer("Dense", dtype={"class_name": "QuantizedDTypePolicy"}), "layer 'dense' is quantized by Keras"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_unrolled_is_named(name: str) -> None:
    wrong, sentence = WRONG[name]
    for whole in (
        model(asks(6, 4), wrong),
        model(asks(6, 4), layer("Bidirectional", layer=wrong)),
        model(model(wrong)),
    ):
        with pytest.raises(ModelError) as refusal:
            require_unrollable(whole)
        assert sentence in str(refusal.value)


def test_what_can_be_unrolled_is_let_pass() -> None:
    cells = layer("StackedRNNCells", cells=[layer("LSTMCell"), layer("GRUCell")])
    require_unrollable(model(asks(6, 4), GRU, layer("RNN", cell=cells), layer("Embedding", mask_zero=False)))


def test_every_recurrent_layer_is_unrolled_wherever_it_stands() -> None:
    whole = model(
        asks(6, 4), layer("Bidirectional", layer=GRU), model(asks(6, 8), layer("LSTM", unroll=False, dropout=0.5))
    )
    changed = unrolled(whole, unroll=True, dtype="float32", batch_size=1)
    assert recurrent_layers(changed) == ["gru", "lstm"]
    outer, both, inner = changed["config"]["layers"]
    assert outer["config"]["batch_shape"] == [1, 6, 4]
    gru, lstm = both["config"]["layer"]["config"], inner["config"]["layers"][1]["config"]
    assert (gru["unroll"], gru["dropout"], gru["recurrent_dropout"], gru["dtype"]) == (True, 0.0, 0.0, "float32")
    assert (lstm["unroll"], lstm["dropout"]) == (True, 0.0)
    assert inner["config"]["layers"][0]["config"]["batch_shape"] == [1, 6, 8]
    assert whole["config"]["layers"][1]["config"]["layer"]["config"]["unroll"] is False


def test_types_dropout_and_what_training_needed_are_set() -> None:
    whole = {
        **model(asks(7, dtype="int32"), layer("Dropout", rate=0.5, dtype="float32")),
        "compile_config": {"loss": "x"},
    }
    whole["config"]["layers"].append(layer("Cast", dtype="int32"))
    whole["build_config"] = {"input_shape": [None, 7]}
    changed = unrolled(whole, unroll=False, dtype="float64", batch_size=3)
    tokens, dropout, cast = (entry["config"] for entry in changed["config"]["layers"])
    assert cast["dtype"] == "int32"
    assert (tokens["batch_shape"], tokens["dtype"]) == ([3, 7], "int32")
    assert (dropout["rate"], dropout["dtype"]) == (0.0, "float64")
    assert not {"build_config", "compile_config"} & set(changed)
