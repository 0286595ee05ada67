"""The Keras pair: one set of weights in a looped and in an unrolled model (runs in a child with TensorFlow).

Written for Keras 2 and 3 alike: `tensorflow.keras` is the one that belongs to the installed TensorFlow.
"""

from __future__ import annotations

import contextlib
import io
import zipfile
from hashlib import sha256
from typing import Any, Iterator, NamedTuple

import numpy as np

from harness.datasets import SEQUENCES, seed_for
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


class Traced(NamedTuple):
    """A Keras model of `build` and its graph for a batch of one; `variables` are the weights that the graph reads."""

    function: Any
    variables: list[Any]

    def __call__(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """The outputs (1, ...) by name, for inputs (1, ...) by name."""
        import tensorflow as tf

        _, signature = self.function.structured_input_signature
        outputs = self.function(**{name: tf.constant(array, signature[name].dtype) for name, array in inputs.items()})
        return {name: output.numpy() for name, output in outputs.items()}


_TRACED: dict[str, Traced] = {}


def trace(spec: dict[str, Any], weights: dict[str, np.ndarray], *, unroll: bool, dtype: str = FLOAT32) -> Traced:
    """The model with these weights, traced once in a process: tracing takes longer than what is done with the trace.

    Raises ValueError where the shape of a weight is not that of the model.
    """
    import tensorflow as tf

    content = b"".join(weights[name].tobytes() for name in weight_names(spec))
    key = "%s %s %s %s" % (sha256(content).hexdigest(), unroll, dtype, sorted(spec.items()))
    if key not in _TRACED:
        model = build(spec, unroll=unroll, dtype=dtype)
        set_weights(spec, model, weights)
        signature = {name: tf.TensorSpec(tensor.shape, dtype, name=name) for name, tensor in model.input.items()}
        function = tf.function(lambda **inputs: model(inputs, training=False)).get_concrete_function(**signature)
        _TRACED[key] = Traced(function, [_variable(weight) for weight in model.variables])
    return _TRACED[key]


def _variable(weight: Any) -> Any:
    """The tf.Variable of a weight: Keras 2 has nothing else, Keras 3 keeps it in one of its own."""
    import tensorflow as tf

    return weight if isinstance(weight, tf.Variable) else weight.value


def float_outputs(spec: dict[str, Any], weights: dict[str, np.ndarray], samples: int) -> dict[str, Any]:
    """Looped and unrolled outputs of the batch-1 pair on the same seeded inputs, each run as it was traced.

    Returns `inputs`, `looped` and `unrolled`, each a dict of arrays (samples, ...) by name: float32, or float64 where
    the rounding of float32 is not bounded (see `is_bounded`).
    """
    inputs = judging_inputs(spec, samples)
    result: dict[str, Any] = {"inputs": inputs}
    for style in ("looped", "unrolled"):
        dtype = FLOAT32 if is_bounded(spec) else FLOAT64
        unroll = style == "unrolled"
        model = trace(spec if unroll else _of_any_length(spec), weights, unroll=unroll, dtype=dtype)
        with as_traced():
            result[style] = stack([model(row) for row in rows_of(inputs)])
    return result


def float_windows(spec: dict[str, Any], weights: dict[str, np.ndarray], samples: int, windows: int) -> dict[str, Any]:
    """One long run of the looped model, and the same steps in windows of the unrolled one with the state carried over.

    Returns `inputs` (of the long run), `looped` (at once) and `unrolled` (in windows), as `float_outputs` does.
    """
    long = dict(spec, time_steps=spec["time_steps"] * windows)
    inputs = judging_inputs(long, samples)
    at_once, model = trace(_of_any_length(spec), weights, unroll=False), trace(spec, weights, unroll=True)
    with as_traced():
        return {
            "inputs": inputs,
            "looped": stack([at_once(row) for row in rows_of(inputs)]),
            "unrolled": stack([_in_windows(model, row, spec["time_steps"]) for row in rows_of(inputs)]),
        }


def _of_any_length(spec: dict[str, Any]) -> dict[str, Any]:
    """The spec of a looped model that takes any number of time steps: traced once for short and for long runs."""
    return dict(spec, time_steps=None)


@contextlib.contextmanager
def as_traced() -> Iterator[None]:
    """Graphs run without TensorFlow's graph optimizer, as they are converted too.

    No claim is about what it would rewrite, and to rewrite an unrolled graph takes longer than to run it.
    """
    import tensorflow as tf

    before = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False, **before})


def judging_inputs(spec: dict[str, Any], samples: int) -> dict[str, np.ndarray]:
    """Seeded inputs that no calibration uses: normal sequences, and states spread over what a cell can hold."""
    seed = seed_for("judging", spec["seed"])
    inputs = {"input": SEQUENCES["normal"](samples, spec["time_steps"], spec["features"], seed)}
    rng = np.random.default_rng(seed_for("states", spec["seed"]))
    for name in state_names(spec):
        inputs[name + "_in"] = rng.uniform(-1, 1, (samples, spec["units"])).astype(np.float32)
    return inputs


def is_bounded(spec: dict[str, Any]) -> bool:
    """Whether `harness.recurrence.float32_bound` knows the spec: a single layer in one direction, its last step."""
    return bool(spec["layers"] == 1 and not spec["bidirectional"] and not spec["return_sequences"])


def state_names(spec: dict[str, Any]) -> list[str]:
    """The states that cross the border of the model, without `_in` and `_out`; empty without state transfer."""
    if spec["state"] != "transfer":
        return []
    return ["state_h", "state_c"] if spec["cell"] == "lstm" else ["state_h"]


def _in_windows(model: Traced, row: dict[str, np.ndarray], steps: int) -> dict[str, np.ndarray]:
    carried = {name: array for name, array in row.items() if name != "input"}
    outputs: dict[str, np.ndarray] = {}
    for start in range(0, row["input"].shape[1], steps):
        outputs = model(dict(carried, input=row["input"][:, start : start + steps]))
        carried = {name: outputs[name.replace("_in", "_out")] for name in carried}
    return outputs


def rows_of(inputs: dict[str, np.ndarray]) -> list[dict[str, np.ndarray]]:
    count = len(next(iter(inputs.values())))
    return [{name: array[row : row + 1] for name, array in inputs.items()} for row in range(count)]


def stack(rows: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}
