"""Keras to an int8 or int16x8 .tflite (runs in a child with TensorFlow: the converter may end the process)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness import early_converter
from harness.calibration import Sample, chain, drawn, ranges, windows_of
from harness.datasets import SEQUENCES, load_digits, seed_for
from harness.early_converter import as_lists, input_names, is_early, output_names
from harness.interface import name_interface
from harness.model import state_names
from harness.oracle import evaluate
from harness.tables import read_quickly
from harness.tracing import Traced, trace

SAMPLES = 50
# Two windows to a chain where one window is a whole sequence: the state input then sees a fresh start and the end of
# the sequence before it, the two things that a device can feed it.
SHORTEST_CHAIN = 2
CHAIN_WINDOWS = 100
"""As many as the streaming claims ask about: states of a long memory are still growing after 50."""


def convert(
    spec: dict[str, Any], weights: dict[str, np.ndarray], *, unroll: bool = True, mnist: bytes = b""
) -> dict[str, Any]:
    """The quantized model of a spec, its inputs and outputs named as in the spec.

    Returns `model` (bytes) and `calibration` (range of each input over the representative samples).
    Raises what the converter raises; the converter may also end the process.
    """
    from tensorflow.lite.python import schema_py_generated

    read_quickly(schema_py_generated)
    converted = convert_unnamed(spec, weights, unroll=unroll, mnist=mnist)
    return name(**converted)


def convert_float(spec: dict[str, Any], weights: dict[str, np.ndarray], *, unroll: bool) -> dict[str, Any]:
    """The float32 model of a spec, unquantized. Returns `model` (bytes)."""
    return name(**convert_float_unnamed(spec, weights, unroll=unroll))


def convert_unnamed(
    spec: dict[str, Any], weights: dict[str, np.ndarray], *, unroll: bool = True, mnist: bytes = b""
) -> dict[str, Any]:
    """As `convert`, in a toolchain that has nothing to name the interface with: what `name` takes."""
    samples = representative_samples(spec, weights, mnist)
    traced = trace(spec, weights, unroll=unroll)
    converter = converter_of(traced)
    # Nobody asks a file of ours who made it, and to say so takes the converter a tenth of its time.
    converter.exclude_conversion_metadata = True
    quantize(converter, spec["quantization"], as_taken(traced, samples))
    return {"model": converter.convert(), "names": names_of(traced), "calibration": ranges(samples)}


def convert_float_unnamed(spec: dict[str, Any], weights: dict[str, np.ndarray], *, unroll: bool) -> dict[str, Any]:
    """As `convert_float`, in a toolchain that has nothing to name the interface with: what `name` takes."""
    traced = trace(spec, weights, unroll=unroll)
    return {"model": converter_of(traced).convert(), "names": names_of(traced)}


def name(model: bytes, names: dict[str, list[str]], **told: Any) -> dict[str, Any]:
    """What a conversion gave, the interface of its `model` named."""
    return dict(told, model=name_interface(model, names))


def representative_samples(spec: dict[str, Any], weights: dict[str, np.ndarray], mnist: bytes) -> list[Sample]:
    """Samples that no judging uses: windows of MNIST training digits, or of a seeded normal sequence.

    Of digits they are all windows of SAMPLES, the states along chains that end with the digit; of random weights,
    CHAIN_WINDOWS along one chain, unless the spec says that states are drawn. Without states, SAMPLES suffice.
    """
    steps, seed = spec["time_steps"], spec["seed"]
    states = dict.fromkeys(state_names(spec), spec["units"])
    if spec["weights"] != "random":
        sequences = load_digits(mnist, "train").x[:SAMPLES]
        windows = windows_of(sequences, steps)
        chain_windows = max(SHORTEST_CHAIN, sequences.shape[1] // steps)
    else:
        chain_windows = CHAIN_WINDOWS if states else SAMPLES
        sequence = SEQUENCES["normal"](1, steps * chain_windows, spec["features"], seed_for("calibration", seed))
        windows = windows_of(sequence, steps)
    if spec["state_calibration"] != "chain":
        return list(drawn(windows, spec["state_calibration"], states, seed_for("calibration states", seed)))

    exact = {name: array.astype(np.float64) for name, array in weights.items()}

    def run(sample: Sample) -> dict[str, np.ndarray]:
        return evaluate(spec, exact, sample)

    return list(chain(windows, run, states, chain_windows))


def as_taken(model: Traced, samples: list[Sample]) -> list[Any]:
    """Representative samples in the form that the installed converter takes."""
    return list(as_lists(model.function, samples) if is_early() else samples)


def names_of(model: Traced) -> dict[str, list[str]]:
    """The interface in order, where the converter leaves no signature."""
    if not is_early():
        return {}
    return {"inputs": input_names(model.function), "outputs": output_names(model.function)}


def converter_of(model: Traced) -> Any:
    """A converter for a model traced at its own batch size, in the way that the installed one needs.

    Keras's own export traces with an open batch, which leaves SHAPE, PACK and FILL in stateless models.
    """
    import tensorflow as tf

    if is_early():
        return early_converter.converter_of(model.function)
    module = tf.Module()
    module.variables_of_model = model.variables
    return tf.lite.TFLiteConverter.from_concrete_functions([model.function], module)


def quantize(converter: Any, quantization: str, samples: list[Any]) -> None:
    import tensorflow as tf

    operators, dtype = {
        "int8": (tf.lite.OpsSet.TFLITE_BUILTINS_INT8, tf.int8),
        "int16x8": (tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8, tf.int16),
    }[quantization]
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: iter(samples)
    converter.target_spec.supported_ops = [operators]
    converter.inference_input_type = dtype
    converter.inference_output_type = dtype
