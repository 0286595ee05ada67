"""The Keras pair: one set of weights in a looped and in an unrolled model (runs in a child with TensorFlow)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from harness.datasets import SEQUENCES, seed_for
from harness.errors import DatasetError

WEIGHT_NAMES = ("kernel", "recurrent_kernel", "bias", "head_kernel", "head_bias")
CLASSES = 10


def build(spec: dict[str, Any], *, unroll: bool, batch_size: int = 1) -> Any:
    """A Keras model of the spec with inputs and outputs as dicts by name; untrained.

    Inputs: `input` (batch, time_steps, features), with state transfer `state_h_in` (LSTM: and `state_c_in`)
    (batch, units). Outputs: `output` (batch, 10), with state transfer the same states as `..._out`.
    """
    import keras

    layers = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM, "rnn": keras.layers.SimpleRNN}
    transfer = spec["state"] == "transfer"
    layer = layers[spec["cell"]](spec["units"], unroll=unroll, return_state=transfer, name=spec["cell"])
    shape = (batch_size, spec["time_steps"], spec["features"])
    inputs = {"input": keras.Input(batch_shape=shape, name="input")}
    for name in state_names(spec):
        inputs[name + "_in"] = keras.Input(batch_shape=(batch_size, spec["units"]), name=name + "_in")
    states = [inputs[name + "_in"] for name in state_names(spec)]
    hidden = layer(inputs["input"], initial_state=states) if transfer else layer(inputs["input"])
    hidden, *finals = hidden if transfer else [hidden]
    outputs = {"output": keras.layers.Dense(CLASSES, activation="softmax", name="head")(hidden)}
    outputs.update({name + "_out": final for name, final in zip(state_names(spec), finals)})
    return keras.Model(inputs, outputs)


def initial_weights(spec: dict[str, Any]) -> dict[str, Any]:
    """Keras's own random initialization for the seed of the spec: `weights`, by name."""
    import keras

    keras.utils.set_random_seed(spec["seed"])
    return {"weights": read_weights(build(spec, unroll=False))}


def load_weights(content: bytes) -> dict[str, Any]:
    """The weights of an .npz file, by name: `weights`; raises DatasetError for any other file."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {"weights": {name: arrays[name] for name in WEIGHT_NAMES}}
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DatasetError(
            "not a weights file (%s): write one with python -m harness.training" % str(error).splitlines()[0]
        ) from None


def read_weights(model: Any) -> dict[str, np.ndarray]:
    """The weights of a model of `build`, by the names of `WEIGHT_NAMES`."""
    return dict(zip(WEIGHT_NAMES, model.get_weights()))


def set_weights(model: Any, weights: dict[str, np.ndarray]) -> None:
    """Give a model of `build` these weights; raises ValueError where a shape differs."""
    model.set_weights([weights[name] for name in WEIGHT_NAMES])


def float_outputs(spec: dict[str, Any], weights: dict[str, np.ndarray], samples: int) -> dict[str, Any]:
    """Looped and unrolled outputs of the batch-1 pair on the same seeded inputs.

    Returns `inputs`, `looped` and `unrolled`, each a dict of float32 arrays (samples, ...) by name.
    """
    inputs = judging_inputs(spec, samples)
    result: dict[str, Any] = {"inputs": inputs}
    for style in ("looped", "unrolled"):
        model = build(spec, unroll=style == "unrolled")
        set_weights(model, weights)
        rows = [_call(model, {name: array[row : row + 1] for name, array in inputs.items()}) for row in range(samples)]
        result[style] = {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
    return result


def judging_inputs(spec: dict[str, Any], samples: int) -> dict[str, np.ndarray]:
    """Seeded inputs that no calibration uses: normal sequences, and states spread over what a cell can hold."""
    seed = seed_for("judging", spec["seed"])
    inputs = {"input": SEQUENCES["normal"](samples, spec["time_steps"], spec["features"], seed)}
    rng = np.random.default_rng(seed_for("states", spec["seed"]))
    for name in state_names(spec):
        inputs[name + "_in"] = rng.uniform(-1, 1, (samples, spec["units"])).astype(np.float32)
    return inputs


def state_names(spec: dict[str, Any]) -> list[str]:
    """The states that cross the border of the model, without `_in` and `_out`; empty without state transfer."""
    if spec["state"] != "transfer":
        return []
    return ["state_h", "state_c"] if spec["cell"] == "lstm" else ["state_h"]


def _call(model: Any, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(output) for name, output in model(inputs, training=False).items()}
