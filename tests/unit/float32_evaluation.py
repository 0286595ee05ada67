"""Recurrent models in float32 NumPy, summed up in any order: written a second time, without the oracle.

Not a test: what test_rounding and test_cells compare with the bounds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.floating]
    Dot = Callable[[Array, Array], Array]
    Activation = Callable[[Array], Array]

GATES = {"gru": 3, "lstm": 4, "rnn": 1}
FEATURES, CLASSES = 28, 10


class Model(NamedTuple):
    cell: str
    weights: list[Array]
    head: list[Array]
    inputs: Array
    states: list[Array]
    reset_after: bool


class Shape(NamedTuple):
    cell: str
    units: int
    time_steps: int
    reset_after: bool = True
    retention: float = 0.0


SHAPES = [
    Shape("gru", 4, 3),
    Shape("gru", 32, 8),
    Shape("gru", 32, 8, reset_after=False),
    Shape("gru", 24, 100, retention=3.5),
    Shape("gru", 96, 28),
    Shape("lstm", 4, 3),
    Shape("lstm", 32, 28),
    Shape("lstm", 24, 100, retention=4.0),
    Shape("rnn", 4, 5),
    Shape("rnn", 64, 28),
]


def shape_id(shape: Shape) -> str:
    words = [shape.cell, f"u{shape.units}", f"t{shape.time_steps}"]
    return "_".join([*words, *["before"] * (not shape.reset_after), *["long"] * bool(shape.retention)])


def build_model(shape: Shape, seed: int = 0) -> Model:
    """Keras's initializers, biases that are not 0, and biases of the gates that keep the state."""
    rng = np.random.default_rng(seed)
    width = GATES[shape.cell] * shape.units
    limit = np.sqrt(6 / (FEATURES + width))
    two = shape.cell == "gru" and shape.reset_after
    bias = rng.normal(0, 0.2, (2, width) if two else (1, width))
    keeps = {"gru": slice(0, shape.units), "lstm": slice(shape.units, 2 * shape.units), "rnn": slice(0)}
    bias[0, keeps[shape.cell]] += shape.retention
    recurrent = np.linalg.qr(rng.normal(size=(width, shape.units)))[0].T
    weights = [rng.uniform(-limit, limit, (FEATURES, width)), recurrent, bias if two else bias[0]]
    head = [rng.normal(0, 1 / np.sqrt(shape.units), (shape.units, CLASSES)), rng.normal(0, 0.1, CLASSES)]
    inputs = rng.normal(size=(3, shape.time_steps, FEATURES))
    states = [rng.uniform(-1, 1, (3, shape.units)) for _ in range(1 + (shape.cell == "lstm"))]
    parts = [[np.float32(array) for array in arrays] for arrays in (weights, head, [inputs], states)]
    return Model(shape.cell, parts[0], parts[1], parts[2][0], parts[3], shape.reset_after)


def _one_by_one(order: Callable[[Array], NDArray[np.intp]]) -> Dot:
    """Make a float32 dot product that adds one product after the other, in an order chosen by them."""

    def dot(a: Array, w: Array) -> Array:
        products = a[:, :, np.newaxis] * w[np.newaxis]
        assert products.dtype == np.float32
        ordered = np.take_along_axis(products, order(products), axis=1)
        return np.add.accumulate(ordered, axis=1, dtype=np.float32)[:, -1]

    return dot


def _shuffled(products: Array) -> NDArray[np.intp]:
    return np.random.default_rng(7).permuted(_as_written(products), axis=1)


def _as_written(products: Array) -> NDArray[np.intp]:
    return np.broadcast_to(np.arange(products.shape[1])[:, np.newaxis], products.shape)


ORDERS: dict[str, Dot] = {
    "blas": lambda a, w: a @ w,
    "as_written": _one_by_one(_as_written),
    "backwards": _one_by_one(lambda products: _as_written(products)[:, ::-1]),
    "shuffled": _one_by_one(_shuffled),
    "largest_first": _one_by_one(lambda products: np.argsort(-np.abs(products), axis=1)),
    "positive_first": _one_by_one(lambda products: np.argsort(-products, axis=1)),
}


def sigmoid(x: Array) -> Array:
    return np.float32(1) / (np.float32(1) + np.exp(-x))


class Activations(NamedTuple):
    sigmoid: Activation = sigmoid
    tanh: Activation = np.tanh


def evaluate(model: Model, dot: Dot, act: Activations | None = None) -> dict[str, Array]:
    """Evaluate the model in float32, as a framework would."""
    act = act or Activations()
    states = list(model.states)
    step = STEPS[model.cell]
    for t in range(model.inputs.shape[1]):
        states = step(model, model.inputs[:, t], states, dot, act)
        assert all(state.dtype == np.float32 for state in states)
    logits = dot(states[0], model.head[0]) + model.head[1]
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    outputs = [powers / powers.sum(axis=1, keepdims=True), *states]
    return dict(zip(["output", "state_h_out", "state_c_out"], outputs, strict=False))


def _gru(model: Model, x: Array, states: list[Array], dot: Dot, act: Activations) -> list[Array]:
    (kernel, recurrent, bias), h = model.weights, states[0]
    units = h.shape[1]
    xz, xr, xh = np.split(dot(x, kernel) + (bias[0] if model.reset_after else bias), 3, axis=1)
    hz, hr = np.split(dot(h, recurrent[:, : 2 * units]), 2, axis=1)
    if model.reset_after:
        hz, hr = hz + bias[1, :units], hr + bias[1, units : 2 * units]
    z, r = act.sigmoid(xz + hz), act.sigmoid(xr + hr)
    if model.reset_after:
        inner = r * (dot(h, recurrent[:, 2 * units :]) + bias[1, 2 * units :])
    else:
        inner = dot(r * h, recurrent[:, 2 * units :])
    return [z * h + (np.float32(1) - z) * act.tanh(xh + inner)]


def _lstm(model: Model, x: Array, states: list[Array], dot: Dot, act: Activations) -> list[Array]:
    (kernel, recurrent, bias), (h, c) = model.weights, states
    i, f, g, o = np.split(dot(x, kernel) + dot(h, recurrent) + bias, 4, axis=1)
    c = act.sigmoid(f) * c + act.sigmoid(i) * act.tanh(g)
    return [act.sigmoid(o) * act.tanh(c), c]


def _rnn(model: Model, x: Array, states: list[Array], dot: Dot, act: Activations) -> list[Array]:
    kernel, recurrent, bias = model.weights
    return [act.tanh(dot(x, kernel) + bias + dot(states[0], recurrent))]


STEPS = {"gru": _gru, "lstm": _lstm, "rnn": _rnn}
