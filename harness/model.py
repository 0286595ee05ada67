"""The Keras pair: one set of weights in a looped and in an unrolled model (runs in a child with TensorFlow).

Written for Keras 2 and 3 alike: `tensorflow.keras` is the one that belongs to the installed TensorFlow.
"""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np

from harness.datasets import seed_for
from harness.errors import DatasetError

BIAS_DEVIATION = 0.1
LONG_RETENTION = {"gru": (0, 3.5), "lstm": (1, 4.0)}
"""The gate that keeps the state (its place among the gates) and what is added to its bias."""
SINGLE_LAYER = ("kernel", "recurrent_kernel", "bias")
HEAD = ("head_kernel", "head_bias")
CLASSES = 10
FLOAT32, FLOAT64 = "float32", "float64"


def build(spec: dict[str, Any], *, unroll: bool, batch_size: int = 1, dtype: str = FLOAT32) -> Any:
    """A Keras model of the spec with inputs and outputs as dicts by name, as `harness.spec.RnnSpec` names them."""
    from tensorflow import keras

    shape = (spec["time_steps"], spec["features"])
    inputs = {"input": keras.Input(shape=shape, batch_size=batch_size, dtype=dtype, name="input")}
    for name in state_names(spec):
        inputs[name + "_in"] = keras.Input(
            shape=(spec["units"],), batch_size=batch_size, dtype=dtype, name=name + "_in"
        )
    states = [inputs[name + "_in"] for name in state_names(spec)]
    hidden, finals = inputs["input"], []
    for number in range(spec["layers"]):
        layer = _layer(spec, number, unroll=unroll, dtype=dtype)
        hidden = layer(hidden, **({"initial_state": states} if states else {}))
        if states:
            hidden, *finals = hidden
    outputs = {"output": keras.layers.Dense(CLASSES, activation="softmax", dtype=dtype, name="head")(hidden)}
    outputs.update({name + "_out": final for name, final in zip(state_names(spec), finals)})
    # Named, since Keras counts the models of a process in the names that it gives.
    return keras.Model(inputs, outputs, name="functional")


def _layer(spec: dict[str, Any], number: int, *, unroll: bool, dtype: str) -> Any:
    from tensorflow import keras

    kinds = {"gru": keras.layers.GRU, "lstm": keras.layers.LSTM, "rnn": keras.layers.SimpleRNN}
    options = {"reset_after": spec["reset_after"]} if spec["cell"] == "gru" else {}
    layer = kinds[spec["cell"]](
        spec["units"],
        unroll=unroll,
        return_state=spec["state"] == "transfer",
        return_sequences=spec["return_sequences"] or number < spec["layers"] - 1,
        dtype=dtype,
        name="%s_%d" % (spec["cell"], number),
        **options,
    )
    return keras.layers.Bidirectional(layer, dtype=dtype, name="both_%d" % number) if spec["bidirectional"] else layer


def initial_weights(spec: dict[str, Any]) -> dict[str, Any]:
    """Keras's own random initialization for the seed of the spec: `weights`, by name.

    Biases get normal values of BIAS_DEVIATION on top: the zeros of Keras would hide every fault of a bias. With long
    retention, the bias of the gate that keeps the state is raised as `LONG_RETENTION` says.
    """
    from tensorflow import keras

    keras.utils.set_random_seed(spec["seed"])
    weights = read_weights(spec, build(spec, unroll=False))
    rng = np.random.default_rng(seed_for("biases", spec["seed"]))
    for name in [name for name in weights if name.endswith("bias")]:
        weights[name] = weights[name] + rng.normal(0, BIAS_DEVIATION, weights[name].shape).astype(np.float32)
    if spec["retention"] == "long":
        gate, raised = LONG_RETENTION[spec["cell"]]
        bias = weights["bias"].reshape(-1, weights["bias"].shape[-1])
        bias[0, gate * spec["units"] : (gate + 1) * spec["units"]] += raised
        weights["bias"] = bias.reshape(weights["bias"].shape)
    return {"weights": weights}


def load_weights(content: bytes) -> dict[str, Any]:
    """The weights of an .npz file of `harness.training`: `weights`, by name; raises DatasetError for any other file."""
    names = SINGLE_LAYER + HEAD
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return {"weights": {name: arrays[name] for name in names}}
    except (KeyError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise DatasetError(
            "not a weights file (%s): write one with python -m harness.training" % str(error).splitlines()[0]
        ) from None


def weight_names(spec: dict[str, Any]) -> list[str]:
    """The names of the arrays of a model, in Keras's order: those of a further layer or direction have a prefix."""
    directions = ["forward_", "backward_"] if spec["bidirectional"] else [""]
    prefixes = [
        ("layer%d_" % number if number else "") + direction
        for number in range(spec["layers"])
        for direction in directions
    ]
    return [prefix + name for prefix in prefixes for name in SINGLE_LAYER] + list(HEAD)


def read_weights(spec: dict[str, Any], model: Any) -> dict[str, np.ndarray]:
    """The weights of a model of `build`, by the names of `weight_names`."""
    return dict(zip(weight_names(spec), model.get_weights()))


def set_weights(spec: dict[str, Any], model: Any, weights: dict[str, np.ndarray]) -> None:
    """Give a model of `build` these weights; raises ValueError where a shape differs."""
    model.set_weights([weights[name] for name in weight_names(spec)])


def is_bounded(spec: dict[str, Any]) -> bool:
    """Whether `harness.recurrence.float32_bound` knows the spec: a single layer in one direction, its last step."""
    return bool(spec["layers"] == 1 and not spec["bidirectional"] and not spec["return_sequences"])


def state_names(spec: dict[str, Any]) -> list[str]:
    """The states that cross the border of the model, without `_in` and `_out`; empty without state transfer."""
    if spec["state"] != "transfer":
        return []
    return ["state_h", "state_c"] if spec["cell"] == "lstm" else ["state_h"]
