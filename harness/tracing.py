"""The Keras pair as graphs: traced once in a process, and run looped and unrolled (runs in a child with TensorFlow)."""

from __future__ import annotations

import contextlib
from hashlib import sha256
from typing import Any, Iterator, NamedTuple

import numpy as np

from harness.datasets import SEQUENCES, seed_for
from harness.model import FLOAT32, FLOAT64, build, is_bounded, set_weights, state_names, weight_names


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
