"""Makes the sample models of the tests: `python tests/models/make_models.py [FOLDER]` (needs the `keras` extra).

Every model has random weights of a fixed seed, so each run makes models of the same graphs and scales. The float SPLIT
chain strikes at random; it is looked for over repeated conversions of the same model.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from harness import fused, plain
from harness.conversion import convert, convert_float
from harness.engine import Engine
from harness.jobs import Job
from harness.model import initial_weights
from harness.pool import Pool
from harness.spec import Cell, RnnSpec, StateStyle
from harness.store import Store
from harness.tflite import inspect

UNITS, TIME_STEPS, FEATURES = 8, 3, 4
KWS_STEPS, KWS_ROWS = 6, 60
ATTEMPTS = 60
TARGET = {
    "accelerator": "ethos-u55-128",
    "system_config": "Ethos_U55_High_End_Embedded",
    "memory_mode": "Shared_Sram",
}


def main(folder: Path) -> None:
    """Write every sample model into a folder."""
    for name, model in converted():
        plain.write_atomically(folder / f"{name}.tflite", model)
    keras_model(folder)
    plain.write_atomically(folder / "gru_compiled.tflite", compiled(folder / "gru_transfer.tflite"))


def converted() -> Iterator[tuple[str, bytes]]:
    """The name and the content of each model that the converter writes."""
    yield "gru_transfer", _int8(Cell.GRU, StateStyle.TRANSFER)
    yield "lstm_transfer", _int8(Cell.LSTM, StateStyle.TRANSFER)
    yield "lstm_fused", fused.convert(*_spec_and_weights(Cell.LSTM, StateStyle.FUSED))["model"]
    yield "accumulator_float", accumulator()
    yield "gru_float_chain", _float_chain(Cell.GRU)
    yield "lstm_float_chain", _float_chain(Cell.LSTM)
    yield "gru_float", _float(unroll=True)
    yield "gru_looped_float", _float(unroll=False)


def accumulator() -> bytes:
    """A float model that adds its inputs up in a resource variable, where stateful=True of Keras keeps a state."""
    import tensorflow as tf  # noqa: PLC0415 - only what is made here needs it

    module = tf.Module()
    module.total = tf.Variable(tf.zeros((1, FEATURES)))

    def add(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"output": 2.0 * module.total.assign_add(x)}

    signature = tf.TensorSpec((1, FEATURES), tf.float32, name="x")
    function = tf.function(add).get_concrete_function(signature)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    converter.experimental_enable_resource_variables = True
    model: bytes = converter.convert()
    return model


def keras_model(folder: Path) -> None:
    """Write `kws.keras`, data to calibrate it with, and data with labels: its own, so they tell what int8 costs."""
    import keras  # noqa: PLC0415 - only what is made here needs it

    keras.utils.set_random_seed(0)
    rng = np.random.default_rng(0)
    model = keras.Sequential(
        [
            keras.Input((KWS_STEPS, FEATURES), name="audio"),
            keras.layers.Conv1D(UNITS, 3, padding="same", activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.GRU(UNITS, dropout=0.2),
            keras.layers.Dense(3, activation="softmax", name="scores"),
        ]
    )
    model.set_weights(
        [
            weight * 2 if weight.ndim > 1 else weight + 0.2 * rng.uniform(0, 1, weight.shape)
            for weight in model.get_weights()
        ]
    )
    model.save(folder / "kws.keras")
    audio, more = rng.standard_normal((2, KWS_ROWS, KWS_STEPS, FEATURES)).astype(np.float32)
    np.savez(folder / "kws_audio.npz", audio=audio)
    np.savez(folder / "kws_labels.npz", audio=more, label=model.predict(more, verbose=0).argmax(axis=1))


def compiled(path: Path) -> bytes:
    """What Vela makes of a model."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        engine = Engine(store, Pool())
        outcome = engine.observe(Job("compilation", TARGET, {"model": store.add_file(path)}))
        engine.close()
        if not outcome.done:
            raise RuntimeError(outcome.sentence)
        model: bytes = plain.load(store.entry_path(outcome.key))["value"]["model"]
    return model


def _int8(cell: Cell, state: StateStyle) -> bytes:
    model: bytes = convert(*_spec_and_weights(cell, state))["model"]
    return model


def _float(*, unroll: bool) -> bytes:
    model: bytes = convert_float(*_spec_and_weights(Cell.GRU, StateStyle.NONE), unroll=unroll)["model"]
    return model


def _float_chain(cell: Cell) -> bytes:
    for _ in range(ATTEMPTS):
        model = _int8(cell, StateStyle.NONE)
        if any(tensor["dtype"] == "float32" for graph in inspect(model)["subgraphs"] for tensor in graph["tensors"]):
            return model
    raise RuntimeError(f"no float SPLIT chain in {ATTEMPTS} conversions of {cell.value}")


def _spec_and_weights(cell: Cell, state: StateStyle) -> tuple[dict[str, Any], dict[str, Any]]:
    """Weights with the biases that Keras starts from: zero, but 1 for LSTM's forget gate.

    With any other recurrent bias, GRU uses its reset gate at the first step, and no float SPLIT chain strikes.
    """
    spec = RnnSpec(cell=cell, units=UNITS, time_steps=TIME_STEPS, features=FEATURES, state=state).to_plain()
    weights = initial_weights(spec)["weights"]
    weights.update({name: np.zeros_like(array) for name, array in weights.items() if name.endswith("bias")})
    if cell is Cell.LSTM:
        weights["bias"][UNITS : 2 * UNITS] = 1
    return spec, weights


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
