"""Models of somebody's own, as functions: what can be judged, and what cannot."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

Model = Tensor = Answer = Any
"""Keras's own, and what somebody returns by mistake."""

STEPS, FEATURES = 4, 3


def _input(*shape: int | None, name: str = "audio", dtype: str = "float32") -> Tensor:
    return keras.Input(shape or (STEPS, FEATURES), name=name, dtype=dtype)


def mixed() -> Model:
    """Around the recurrent layers stands what keyword spotting has around them."""
    keras.utils.set_random_seed(0)
    stack = [
        _input(6, FEATURES),
        layers.Conv1D(5, 3, padding="same", activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling1D(2),
        layers.Bidirectional(layers.GRU(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.1)),
        layers.TimeDistributed(layers.Dense(5, activation="relu")),
        layers.LSTM(4),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ]
    model = keras.Sequential(stack)
    rng = np.random.default_rng(0)
    model.set_weights([weight + 0.1 * rng.uniform(0, 1, weight.shape) for weight in model.get_weights()])
    return model


def with_state() -> Model:
    """Names that no signature can have, a dict of outputs, a nested model and an operation of keras.ops."""
    keras.utils.set_random_seed(1)
    audio, state = _input(name="audio in"), keras.Input((4,), name="state.h")
    inner = keras.Sequential([keras.Input((STEPS, FEATURES)), layers.SimpleRNN(5, return_sequences=True)])
    hidden, last = layers.GRU(4, return_state=True)(inner(audio) * 0.5, initial_state=state)
    return keras.Model([audio, state], {"scores": layers.Dense(2)(hidden), "state out": last})


def twice_the_same() -> Model:
    """Two outputs that are one tensor: of a GRU, the last output is the state."""
    keras.utils.set_random_seed(3)
    audio = _input()
    return keras.Model(audio, list(layers.GRU(4, return_state=True)(audio)))


def tokens() -> Model:
    """Whole numbers in, and operators that the rounding oracle does not know."""
    keras.utils.set_random_seed(2)
    return keras.Sequential(
        [_input(5, name="tokens", dtype="int32"), layers.Embedding(9, 4), layers.GRU(3), layers.Dense(2)]
    )


class Twice(layers.Layer):
    """A layer of somebody's own."""

    def call(self, x: Tensor) -> Tensor:
        return x * 2


def own_layer() -> Model:
    return keras.Sequential([_input(), Twice(), layers.GRU(3)])


def with_lambda() -> Model:
    return keras.Sequential([_input(), layers.Lambda(lambda x: x * 2, name="twice"), layers.GRU(3)])


def saved(function: str) -> dict[str, Any]:
    """The .keras file of a model of this module: `content` (bytes)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        globals()[function]().save(path)
        return {"content": path.read_bytes()}


def open_steps() -> Model:
    return keras.Sequential([_input(None, FEATURES), layers.GRU(3)])


def stateful() -> Model:
    return keras.Sequential([keras.Input(batch_shape=(1, STEPS, FEATURES)), layers.LSTM(3, stateful=True)])


def masked() -> Model:
    return keras.Sequential([_input(), layers.Masking(), layers.GRU(3)])


class Cell(layers.GRUCell):
    """A cell of somebody's own."""


def own_cell() -> Model:
    return keras.Sequential([_input(), layers.RNN(Cell(3))])


class Subclassed(keras.Model):
    """A model without inputs."""

    def call(self, x: Tensor) -> Tensor:
        return x


def subclassed() -> Model:
    return Subclassed()


class OwnCall(keras.Model):
    """A functional model that computes something else."""

    def call(self, x: Tensor) -> Tensor:
        return super().call(x) * 2


def own_call() -> Model:
    audio = _input()
    return OwnCall(audio, layers.GRU(3)(audio))


def unbuilt() -> Model:
    return keras.Sequential([layers.GRU(3)])


def diverged() -> Model:
    model = keras.Sequential([_input(), layers.GRU(3, name="gru")], name="sequential")
    model.set_weights([weight * np.nan for weight in model.get_weights()])
    return model


def raises() -> Model:
    raise RuntimeError("the weights\nare elsewhere")


def leaves() -> Model:
    raise SystemExit(3)


def nothing() -> Answer:
    return None


def needs_an_argument(units: int) -> Answer:
    return units
