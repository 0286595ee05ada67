"""LSTM as one operator, UNIDIRECTIONAL_SEQUENCE_LSTM: built, converted, run and judged (runs in a child).

The converter recognizes the LSTM of Keras 2 (tf_keras), which marks the function that it traces, and never that of
Keras 3; early converters lose the marks of a concrete function, and find them in a saved model. The operator keeps its
state in variables of the interpreter from one inference to the next, until a reset.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any, Dict, Iterator

import numpy as np

from harness import kernels
from harness.calibration import ranges
from harness.conversion import (
    as_taken,
    name,
    names_of,
    quantize,
    representative_samples,
)
from harness.interface import name_interface
from harness.kernels import REFERENCE
from harness.model import CLASSES, set_weights
from harness.oracle import float_outputs
from harness.quantization import judging_windows, measure
from harness.tracing import Traced, rows_of, stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAST_WITH_KERAS_2 = (2, 15)
Arrays = Dict[str, "NDArray[Any]"]


def build(spec: dict[str, Any]) -> Any:
    """A looped Keras 2 model of the spec, its input and output as dicts by name, its weights laid out as Keras 3's."""
    keras = keras_2()
    data = keras.Input(shape=(spec["time_steps"], spec["features"]), batch_size=1, name="input")
    hidden = keras.layers.LSTM(spec["units"], unroll=False, name="lstm_0")(data)
    output = keras.layers.Dense(CLASSES, activation="softmax", name="head")(hidden)
    return keras.Model({"input": data}, {"output": output})


def keras_2() -> Any:
    """Keras 2: that of TensorFlow itself up to 2.15, tf_keras from then on."""
    import tensorflow as tf

    if tuple(map(int, tf.__version__.split(".")[:2])) <= LAST_WITH_KERAS_2:
        return tf.keras
    import tf_keras

    return tf_keras


def trace(spec: dict[str, Any], weights: Arrays) -> Traced:
    """The model with these weights, traced for a batch of one; raises ValueError where a shape differs."""
    import tensorflow as tf

    model = build(spec)
    set_weights(spec, model, weights)
    signature = tf.TensorSpec((1, spec["time_steps"], spec["features"]), tf.float32, name="input")
    function = tf.function(lambda **inputs: model(inputs, training=False)).get_concrete_function(input=signature)
    return Traced(function, list(model.variables))


def convert(spec: dict[str, Any], weights: Arrays, *, mnist: bytes = b"") -> dict[str, Any]:
    """The quantized model of a spec, as `harness.conversion.convert`, from the same samples."""
    return name(**convert_unnamed(spec, weights, mnist=mnist))


def convert_unnamed(spec: dict[str, Any], weights: Arrays, *, mnist: bytes = b"") -> dict[str, Any]:
    """As `convert`, in a toolchain that cannot name the interface: what `harness.conversion.name` takes."""
    samples = representative_samples(spec, weights, mnist)
    traced = trace(spec, weights)
    with saved_converter_of(traced) as converter:
        quantize(converter, spec["quantization"], as_taken(traced, samples))
        return {"model": converter.convert(), "names": names_of(traced), "calibration": ranges(samples)}


@contextlib.contextmanager
def saved_converter_of(model: Traced) -> Iterator[Any]:
    """A converter for a traced model, from a saved model."""
    import tensorflow as tf

    module = tf.Module()
    module.variables_of_model = model.variables
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(module, folder, signatures={"serving_default": model.function})
        yield tf.lite.TFLiteConverter.from_saved_model(folder)


def run(spec: dict[str, Any], weights: Arrays, inputs: Arrays) -> dict[str, Any]:
    """Float outputs (n, ...) by name: `keras`, of Keras 2, and `operator`, of what it becomes on reference kernels."""
    model = trace(spec, weights)
    with saved_converter_of(model) as converter:
        converted = name_interface(converter.convert())
    return {
        "keras": stack([model(row) for row in rows_of(inputs)]),
        "operator": kernels.run(converted, REFERENCE, inputs),
    }


def judge(
    spec: dict[str, Any], weights: Arrays, model: bytes, *, sequences: int = 256, mnist: bytes = b""
) -> dict[str, Any]:
    """The error of the quantized model on sequences that no calibration uses, each after a reset, against float64.

    The sequences are those of `harness.quantization.judge`; returns what `harness.quantization.measure` does.
    """
    windows, positions = judging_windows(spec, sequences, "normal", mnist)
    inputs = {"input": windows[np.arange(sequences), positions]}
    expected, _ = float_outputs(spec, weights, inputs)
    return {"data": "normal" if spec["weights"] == "random" else "mnist", **measure(model, inputs, expected)}
