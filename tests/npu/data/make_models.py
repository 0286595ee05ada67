"""Makes the small int8 models of this folder: `python make_models.py FOLDER [NAME ...]`.

Needs TensorFlow and Keras. The weights are random but seeded; the bytes of a conversion vary from run to run,
so a remade file is equal in kind, not in bytes.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CELLS = {"gru": layers.GRU, "lstm": layers.LSTM, "rnn": layers.SimpleRNN}
FEATURES = 28
CALIBRATION_SAMPLES = 50


def recurrent(cell: str, style: str, units: int, steps: int) -> keras.Model:
    """Build an unrolled recurrent classifier; style `transfer` makes the states inputs and outputs."""
    x = keras.Input(batch_shape=(1, steps, FEATURES), name="x")
    head = layers.Dense(10, activation="softmax", name="head")
    if style == "none":
        return keras.Model(x, head(CELLS[cell](units, unroll=True)(x)))
    names = ["state_h", "state_c"] if cell == "lstm" else ["state_h"]
    states = [keras.Input(batch_shape=(1, units), name=name) for name in names]
    layer = CELLS[cell](units, unroll=True, return_state=True, name=cell)
    y, *final = layer(x, initial_state=states if len(states) > 1 else states[0])
    return keras.Model([x, *states], [head(y), *final])


def image(name: str = "x", channels: int = 6) -> keras.KerasTensor:
    return keras.Input(batch_shape=(1, 11, 9, channels), name=name)


def single(operator: Callable[[keras.KerasTensor], keras.KerasTensor]) -> keras.Model:
    x = image()
    return keras.Model(x, operator(x))


def pair(operator: Callable[[list], keras.KerasTensor]) -> keras.Model:
    a, b = image("a"), image("b")
    return keras.Model([a, b], operator([a, b]))


def concatenation() -> keras.Model:
    x = image()
    left = layers.Conv2D(5, 1, activation="relu")(x)
    right = layers.Conv2D(20, 3, padding="same")(x)
    return keras.Model(x, layers.Concatenate()([left, right]))


def extremes() -> keras.Model:
    a, b = image("a"), image("b")
    return keras.Model([a, b], [layers.Minimum()([a, b]), layers.Maximum()([a, b])])


def softmax_of_dense() -> keras.Model:
    x = keras.Input(batch_shape=(1, 20), name="x")
    return keras.Model(x, layers.Dense(17, activation="softmax")(x))


def small_cnn() -> keras.Model:
    x = keras.Input(batch_shape=(1, 28, 28, 1), name="x")
    y = layers.Conv2D(8, 3, strides=2, padding="same", activation="relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu6")(y)
    y = layers.Conv2D(24, 1, activation="tanh")(y)
    y = layers.MaxPooling2D(2)(y)
    y = layers.Conv2D(12, (3, 2), dilation_rate=2, activation="relu")(y)
    y = layers.GlobalAveragePooling2D()(y)
    return keras.Model(x, layers.Dense(10, activation="softmax")(y))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "conv": lambda: single(layers.Conv2D(19, 3, strides=2, padding="same", activation="relu")),
    "depthwise": lambda: single(layers.DepthwiseConv2D(3, padding="same", depth_multiplier=1)),
    "max_pool": lambda: single(layers.MaxPooling2D(3, strides=2, padding="same")),
    "average_pool": lambda: single(layers.AveragePooling2D(3, strides=2, padding="same")),
    "concat": concatenation,
    "softmax": softmax_of_dense,
    "add": lambda: pair(layers.Add()),
    "mul": lambda: pair(layers.Multiply()),
    "min_max": extremes,
    "small_cnn": small_cnn,
    **{
        f"{cell}_{style}_{units}x{steps}": functools.partial(recurrent, cell, style, units, steps)
        for cell in CELLS
        for style in ("transfer", "none")
        for units, steps in ((32, 8), (256, 28))
    },
}


def to_int8(model: keras.Model) -> bytes:
    """Full int8 quantization, calibrated on seeded Gaussian inputs."""
    rng = np.random.default_rng(0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        {tensor.name: rng.normal(size=tensor.shape).astype(np.float32) for tensor in model.inputs}
        for _ in range(CALIBRATION_SAMPLES)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    converted: bytes = converter.convert()
    return converted


def main(folder: str, *names: str) -> None:
    for name in names or MODELS:
        keras.utils.set_random_seed(0)
        data = to_int8(MODELS[name]())
        Path(folder, f"{name}.tflite").write_bytes(data)
        sys.stdout.write(f"{name} {len(data)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
