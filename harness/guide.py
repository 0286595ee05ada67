"""The code of Arm's guide "RNN models for Ethos-U", step by step, in the versions that it names (runs in a child)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.datasets import load_digits
from harness.model import HEAD, SINGLE_LAYER

SAMPLES = 50
FEATURES = 28


def convert(spec: dict[str, Any], weights: dict[str, np.ndarray], mnist: bytes) -> dict[str, Any]:
    """The int8 model that the guide's code writes: models of lists, samples as lists, `from_keras_model`.

    Only the training is left out: the weights are given. Returns `model` (bytes). Raises what the converter raises.
    """
    import tensorflow as tf

    transfer = spec["state"] == "transfer"
    model = _deployed(tf, spec["units"], spec["time_steps"], transfer=transfer)
    model.set_weights([weights[name] for name in SINGLE_LAYER + HEAD])
    images = load_digits(mnist, "train").x[:SAMPLES]
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: _samples(model, images, transfer=transfer)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.int8
    converter.inference_output_type = tf.int8
    return {"model": converter.convert()}


def _deployed(tf: Any, units: int, time_steps: int, *, transfer: bool) -> Any:
    image = tf.keras.Input(shape=(time_steps, FEATURES), batch_size=1, name="input")
    layer = tf.keras.layers.GRU(units=units, unroll=True, return_state=transfer)
    head = tf.keras.layers.Dense(10, activation="softmax")
    if not transfer:
        return tf.keras.Model([image], [head(layer(image))])
    initial = tf.keras.Input(shape=units, batch_size=1, name="initial_gru_state")
    hidden, final = layer(image, initial_state=initial)
    return tf.keras.Model([image, initial], [head(hidden), final])


def _samples(model: Any, images: np.ndarray, *, transfer: bool) -> Any:
    """Images, each with the final state of the one before where states are inputs, as the guide's note advises."""
    state = np.zeros(model.outputs[-1].shape, np.float32)
    for image in images:
        sample = [image[np.newaxis].astype(np.float32)] + ([state] if transfer else [])
        yield sample
        if transfer:
            state = model.predict(sample)[1]


def classify(model: bytes, mnist: bytes, limit: int) -> dict[str, Any]:
    """Labels of the first `limit` test digits, by this TensorFlow's own interpreter, images cast as the guide does.

    Returns `labels` and `expected`, (limit,) int64.
    """
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(model_content=model)
    interpreter.allocate_tensors()
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    images, expected = (part[:limit] for part in load_digits(mnist, "test"))
    labels = []
    for image in images:
        interpreter.set_tensor(inputs[0]["index"], ((image * 255) - 128).astype(np.int8)[np.newaxis])
        interpreter.invoke()
        labels.append(int(np.argmax(interpreter.get_tensor(outputs[0]["index"]))))
    return {"labels": np.array(labels, np.int64), "expected": expected.astype(np.int64)}
