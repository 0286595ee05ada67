"""The converter of TensorFlow before 2.7, which takes representative samples as lists (runs in a child).

A list follows the inputs of the TFLite graph. From a saved model these come in an order that changes from one
conversion to the next, and ranges of inputs of equal shape are then swapped in silence; from a concrete function they
come in the order of its arguments, without a signature that would name them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FIRST_WITH_NAMES = (2, 7)
"""The first TensorFlow whose converter takes samples as dicts by input name."""


def is_early() -> bool:
    """Whether the installed TensorFlow takes representative samples as lists only."""
    import tensorflow as tf

    return tuple(int(part) for part in tf.__version__.split(".")[:2]) < FIRST_WITH_NAMES


def converter_of(function: Any) -> Any:
    """A converter for a concrete function with arguments and outputs by name."""
    import tensorflow as tf

    return tf.lite.TFLiteConverter.from_concrete_functions([function])


def as_lists(function: Any, samples: list[dict[str, np.ndarray]]) -> list[list[np.ndarray]]:
    """Samples (dicts by input name) as lists in the order of the function's inputs."""
    return [[sample[name] for name in input_names(function)] for sample in samples]


def input_names(function: Any) -> list[str]:
    """The inputs of the function, and so of the TFLite graph, in their order."""
    weights = len(function.captured_inputs)
    return [tensor.name.split(":")[0] for tensor in function.inputs[: len(function.inputs) - weights]]


def output_names(function: Any) -> list[str]:
    """The outputs of the function, and so of the TFLite graph, in their order."""
    return sorted(function.structured_outputs)
