"""One time step of each recurrent cell in float64: forward, and back with its rounding errors in float32.

Equations and weight layout are those of Keras: GRU gates z, r, h; LSTM gates i, f, c, o; kernels
(features, gates * units), recurrent kernels (units, gates * units); activations tanh and sigmoid.

In shapes: n sequences, F features, u units, G gates, R output components. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.rounding import Rounded, activation_error, rounding_error, sigmoid_error, spread

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.rounding import Array

    States = tuple[Array, ...]
    """What a cell carries from step to step, each (n, u): (h,), or (h, c) for LSTM."""
    Rows = tuple[Array, ...]
    """For each state, the derivatives of R output components by it: (n, R, u)."""


class Weights(NamedTuple):
    """kernel (F, G * u), recurrent (u, G * u), bias (2, G * u): on the inputs, and on the state or zeros."""

    kernel: Array
    recurrent: Array
    bias: Array


class Equations(NamedTuple):
    """One cell: its numbers of gates and states, whether its bias has two rows, and its two functions.

    step(weights, x (n, F), states) gives the states after the step. pull_back(weights, x, states, rows) gives
    the rows as seen from before the step, by the transposed Jacobian, and a bound of what the rounding errors
    of this step alone move each output component: (n, R).
    """

    gates: int
    states: int
    two_biases: bool
    step: Callable[[Weights, Array, States], States]
    pull_back: Callable[[Weights, Array, States, Rows], tuple[Rows, Array]]


def _sigmoid(x: Array) -> Array:
    """Overflow for neither sign, and keep the relative precision of small results."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, decay) / (1.0 + decay)


def _sums(w: Weights, x: Array, h: Array) -> tuple[Array, Array]:
    """Add up what reaches the gates, (n, G * u) each: from the inputs and from the state."""
    return x @ w.kernel + w.bias[0], h @ w.recurrent + w.bias[1]


def _magnitudes(w: Weights, x: Array, h: Array) -> Array:
    """Add up all magnitudes: no intermediate result of the gates' sums is larger, in any order."""
    absolute = Weights(np.abs(w.kernel), np.abs(w.recurrent), np.abs(w.bias))
    total: Array = np.add(*_sums(absolute, np.abs(x), np.abs(h)))
    return total


def _roundings(x: Array, h: Array) -> int:
    """Count in each sum a product a feature and a unit, two biases, and the product with a reset gate."""
    return int(x.shape[1] + h.shape[1] + 3)


def _each_row(values: Array) -> Array:
    """Shape (n, k) as (n, 1, k), to multiply the rows of (n, R, k)."""
    return values[:, np.newaxis]


def _rnn_step(w: Weights, x: Array, states: States) -> States:
    return (np.tanh(np.add(*_sums(w, x, states[0]))),)


def _rnn_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (after,) = _rnn_step(w, x, states)
    to_sums = rows[0] * _each_row(1.0 - after**2)
    error = rounding_error(Rounded(to_sums, _magnitudes(w, x, states[0]), _roundings(x, states[0])))
    return (to_sums @ w.recurrent.T,), error + spread(rows[0], activation_error(after))


def _lstm_gates(w: Weights, x: Array, h: Array) -> tuple[Array, Array, Array, Array]:
    i, f, g, o = np.split(np.add(*_sums(w, x, h)), 4, axis=1)
    return _sigmoid(i), _sigmoid(f), np.tanh(g), _sigmoid(o)


def _lstm_step(w: Weights, x: Array, states: States) -> States:
    i, f, g, o = _lstm_gates(w, x, states[0])
    c = f * states[1] + i * g
    return o * np.tanh(c), c


def _lstm_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    h, c = states
    i, f, g, o = _lstm_gates(w, x, h)
    kept, added = f * c, i * g
    squashed = np.tanh(kept + added)
    to_squashed = rows[0] * _each_row(o)
    to_c = rows[1] + to_squashed * _each_row(1.0 - squashed**2)
    to_gates = np.concatenate([to_c * _each_row(v) for v in (g, c, i)] + [rows[0] * _each_row(squashed)], axis=2)
    slopes = np.concatenate([i * (1.0 - i), f * (1.0 - f), 1.0 - g**2, o * (1.0 - o)], axis=1)
    to_sums = to_gates * _each_row(slopes)
    activations = [sigmoid_error(i), sigmoid_error(f), activation_error(g), sigmoid_error(o)]

    error = rounding_error(
        Rounded(to_sums, _magnitudes(w, x, h), _roundings(x, h)),
        Rounded(to_c, np.abs(kept) + np.abs(added), 3),
        Rounded(rows[0], np.abs(o * squashed), 1),
    )
    error += spread(to_gates, np.concatenate(activations, axis=1)) + spread(to_squashed, activation_error(squashed))
    return (to_sums @ w.recurrent.T, to_c * _each_row(f)), error


def _gru_gates(w: Weights, x: Array, h: Array) -> tuple[Array, Array, Array, Array]:
    """Compute z, r, and what the candidate gets from the inputs and, where r comes after, from the state."""
    from_input, from_state = _sums(w, x, h)
    inner = 2 * h.shape[1]
    z, r = np.split(_sigmoid(from_input[:, :inner] + from_state[:, :inner]), 2, axis=1)
    return z, r, from_input[:, inner:], from_state[:, inner:]


def _gru_after_step(w: Weights, x: Array, states: States) -> States:
    z, r, from_input, from_state = _gru_gates(w, x, states[0])
    return (z * states[0] + (1.0 - z) * np.tanh(from_input + r * from_state),)


def _gru_before_candidate(w: Weights, h: Array, r: Array, from_input: Array) -> Array:
    candidate: Array = np.tanh(from_input + (r * h) @ w.recurrent[:, 2 * h.shape[1] :])
    return candidate


def _gru_before_step(w: Weights, x: Array, states: States) -> States:
    z, r, from_input, _ = _gru_gates(w, x, states[0])
    return (z * states[0] + (1.0 - z) * _gru_before_candidate(w, states[0], r, from_input),)


def _gru_after_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (h,), (row,) = states, rows
    z, r, from_input, from_state = _gru_gates(w, x, h)
    g = np.tanh(from_input + r * from_state)
    to_z, to_g = row * _each_row(h - g), row * _each_row(1.0 - z)
    to_candidate = to_g * _each_row(1.0 - g**2)
    to_r = to_candidate * _each_row(from_state)
    to_sums = [to_z * _each_row(z * (1.0 - z)), to_r * _each_row(r * (1.0 - r)), to_candidate]
    to_products = np.concatenate([*to_sums[:2], to_candidate * _each_row(r)], axis=2)
    error = _gru_error(w, x, (h, z, r, g), (row, to_z, to_r, to_g), to_sums)
    return (row * _each_row(z) + to_products @ w.recurrent.T,), error


def _gru_before_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (h,), (row,) = states, rows
    z, r, from_input, _ = _gru_gates(w, x, h)
    g = _gru_before_candidate(w, h, r, from_input)
    to_z, to_g = row * _each_row(h - g), row * _each_row(1.0 - z)
    to_candidate = to_g * _each_row(1.0 - g**2)
    for_gates, for_candidate = np.split(w.recurrent, [2 * h.shape[1]], axis=1)
    to_reset = to_candidate @ for_candidate.T
    to_r = to_reset * _each_row(h)
    to_sums = [to_z * _each_row(z * (1.0 - z)), to_r * _each_row(r * (1.0 - r)), to_candidate]
    error = _gru_error(w, x, (h, z, r, g), (row, to_z, to_r, to_g), to_sums)
    before = row * _each_row(z) + to_reset * _each_row(r) + np.concatenate(to_sums[:2], axis=2) @ for_gates.T
    return (before,), error


def _gru_error(w: Weights, x: Array, values: States, rows: Rows, to_sums: list[Array]) -> Array:
    """Bound what the roundings of z, r, candidate g and mix z h + (1 - z) g move, given the rows to each.

    Before or after the product, r only shrinks what the state adds to the candidate, and is taken as 1 here.
    """
    (h, z, r, g), (row, to_z, to_r, to_g) = values, rows
    error = rounding_error(
        Rounded(np.concatenate(to_sums, axis=2), _magnitudes(w, x, h), _roundings(x, h)),
        Rounded(row, np.abs(z * h) + np.abs((1.0 - z) * g), 4),
    )
    error += spread(to_z, sigmoid_error(z)) + spread(to_r, sigmoid_error(r))
    return error + spread(to_g, activation_error(g))


EQUATIONS: dict[str, Equations] = {
    "gru": Equations(gates=3, states=1, two_biases=False, step=_gru_before_step, pull_back=_gru_before_pull_back),
    "gru_reset_after": Equations(
        gates=3, states=1, two_biases=True, step=_gru_after_step, pull_back=_gru_after_pull_back
    ),
    "lstm": Equations(gates=4, states=2, two_biases=False, step=_lstm_step, pull_back=_lstm_pull_back),
    "rnn": Equations(gates=1, states=1, two_biases=False, step=_rnn_step, pull_back=_rnn_pull_back),
}
