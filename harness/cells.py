"""One time step of each recurrent cell in float64: forward, and back with its rounding errors in float32.

Equations and weight layout are those of Keras: GRU gates z, r, h; LSTM gates i, f, c, o; kernels
(features, gates * units), recurrent kernels (units, gates * units); activations tanh and sigmoid.

In shapes: n sequences, F features, u units, G gates, R output components. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.rounding import Errors, Rounded, activation_error, moved, sigmoid_error

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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

    step(weights, what the inputs add to the gates (n, G * u), states) gives the states after the step.
    pull_back(weights, x (n, F), states, rows) gives the rows as seen from before the step, by the transposed
    Jacobian, and a bound of what the rounding errors of this step alone move each output component: (n, R).
    """

    gates: int
    states: int
    two_biases: bool
    step: Callable[[Weights, Array, States], States]
    pull_back: Callable[[Weights, Array, States, Rows], tuple[Rows, Array]]


def from_inputs(w: Weights, x: Array) -> Array:
    """What inputs (n, F) add to the gates: (n, G * u)."""
    return _product(x, w.kernel, w.bias[0])


def _from_state(w: Weights, h: Array) -> Array:
    """What a state (n, u) adds to the gates: (n, G * u)."""
    return _product(h, w.recurrent, w.bias[1])


def _product(values: Array, kernel: Array, bias: Array) -> Array:
    sums: Array = values @ kernel
    sums += bias
    return sums


def sigmoid(x: Array) -> Array:
    """Keep the relative precision of small results; 0 where exp(-x) is too large for a float64."""
    with np.errstate(over="ignore"):
        values: Array = 1.0 / (1.0 + np.exp(-x))
    return values


def _parts(values: Array, count: int) -> list[Array]:
    """Views of the equal parts, (..., u) each, of (..., count * u)."""
    units = values.shape[-1] // count
    return [values[..., start : start + units] for start in range(0, count * units, units)]


def _magnitudes(w: Weights, x: Array, h: Array) -> Array:
    """Add up all magnitudes: no intermediate result of the gates' sums is larger, in any order."""
    absolute = Weights(np.abs(w.kernel), np.abs(w.recurrent), np.abs(w.bias))
    return from_inputs(absolute, np.abs(x)) + _from_state(absolute, np.abs(h))


def _roundings(x: Array, h: Array) -> int:
    """Count in each sum a product a feature and a unit, two biases, and the product with a reset gate."""
    return int(x.shape[1] + h.shape[1] + 3)


def _rounded_sums(w: Weights, x: Array, h: Array, factors: Sequence[Array]) -> list[Rounded]:
    """The sum that reaches each gate, with what its values do, (n, u)."""
    magnitudes = _parts(_magnitudes(w, x, h), len(factors))
    return [Rounded(factor, largest, _roundings(x, h)) for factor, largest in zip(factors, magnitudes)]


def _each_row(values: Array) -> Array:
    """Shape (n, k) as (n, 1, k), to multiply the rows of (n, R, k)."""
    return values[:, np.newaxis]


def _by_state(recurrent: Array, *factors: Array) -> Array:
    """Derive by the state what gates lead to, transposed, (n, u, u), given the factors (n, u) of their sums."""
    parts = _parts(recurrent, len(factors))
    derivatives = sum((part * _each_row(factor) for part, factor in zip(parts, factors)), np.zeros(()))
    transposed: Array = derivatives.swapaxes(1, 2)
    return transposed


def _rnn_step(w: Weights, given: Array, states: States) -> States:
    return (np.tanh(given + _from_state(w, states[0])),)


def _rnn_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (after,) = _rnn_step(w, from_inputs(w, x), states)
    slope = 1.0 - after**2
    rounded = Rounded(slope, _magnitudes(w, x, states[0]), _roundings(x, states[0]))
    error = moved(Errors(rows[0], [rounded], [(1.0, activation_error(after))]))
    return (rows[0] @ _by_state(w.recurrent, slope),), error


def _lstm_gates(w: Weights, given: Array, h: Array) -> tuple[Array, Array, Array, Array]:
    sums, inner = given + _from_state(w, h), 2 * h.shape[1]
    i, f = _parts(sigmoid(sums[:, :inner]), 2)
    g, o = _parts(sums[:, inner:], 2)
    return i, f, np.tanh(g), sigmoid(o)


def _lstm_step(w: Weights, given: Array, states: States) -> States:
    i, f, g, o = _lstm_gates(w, given, states[0])
    c = f * states[1] + i * g
    return o * np.tanh(c), c


def _lstm_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    h, c = states
    i, f, g, o = _lstm_gates(w, from_inputs(w, x), h)
    kept, added = f * c, i * g
    squashed = np.tanh(kept + added)
    to_c = rows[0] * _each_row(o * (1.0 - squashed**2))
    to_c += rows[1]
    of_c, of_h = (g * i * (1.0 - i), c * f * (1.0 - f), i * (1.0 - g**2)), squashed * o * (1.0 - o)
    *sums_of_c, sum_of_h = _rounded_sums(w, x, h, [*of_c, of_h])

    error = moved(
        Errors(
            to_c,
            [*sums_of_c, Rounded(1.0, np.abs(kept) + np.abs(added), 3)],
            [(g, sigmoid_error(i)), (c, sigmoid_error(f)), (i, activation_error(g))],
        ),
        Errors(
            rows[0],
            [sum_of_h, Rounded(1.0, np.abs(o * squashed), 1)],
            [(squashed, sigmoid_error(o)), (o, activation_error(squashed))],
        ),
    )
    inner = 3 * h.shape[1]
    for_c, for_h = w.recurrent[:, :inner], w.recurrent[:, inner:]
    to_h = to_c @ _by_state(for_c, *of_c)
    to_h += rows[0] @ _by_state(for_h, of_h)
    to_c *= _each_row(f)
    return (to_h, to_c), error


def _gru_gates(w: Weights, given: Array, h: Array) -> tuple[Array, Array, Array, Array]:
    """Compute z, r, and what the candidate gets from the inputs and, where r comes after, from the state."""
    from_state = _from_state(w, h)
    inner = 2 * h.shape[1]
    z, r = _parts(sigmoid(given[:, :inner] + from_state[:, :inner]), 2)
    return z, r, given[:, inner:], from_state[:, inner:]


def _gru_after_step(w: Weights, given: Array, states: States) -> States:
    z, r, from_input, from_state = _gru_gates(w, given, states[0])
    return (z * states[0] + (1.0 - z) * np.tanh(from_input + r * from_state),)


def _gru_before_candidate(w: Weights, h: Array, r: Array, from_input: Array) -> Array:
    candidate: Array = np.tanh(from_input + (r * h) @ w.recurrent[:, 2 * h.shape[1] :])
    return candidate


def _gru_before_step(w: Weights, given: Array, states: States) -> States:
    z, r, from_input, _ = _gru_gates(w, given, states[0])
    return (z * states[0] + (1.0 - z) * _gru_before_candidate(w, states[0], r, from_input),)


def _gru_after_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (h,), (row,) = states, rows
    z, r, from_input, from_state = _gru_gates(w, from_inputs(w, x), h)
    g = np.tanh(from_input + r * from_state)
    of_g = (1.0 - z) * (1.0 - g**2)
    of_r = of_g * from_state
    sums = [(h - g) * z * (1.0 - z), of_r * r * (1.0 - r), of_g]
    error = moved(
        Errors(
            row,
            # Before or after the product, r only shrinks what the state adds to the candidate, and is taken as 1 here.
            [*_rounded_sums(w, x, h, sums), _rounded_mix(h, z, g)],
            [(h - g, sigmoid_error(z)), (of_r, sigmoid_error(r)), (1.0 - z, activation_error(g))],
        )
    )
    return (row * _each_row(z) + row @ _by_state(w.recurrent, *sums[:2], of_g * r),), error


def _gru_before_pull_back(w: Weights, x: Array, states: States, rows: Rows) -> tuple[Rows, Array]:
    (h,), (row,) = states, rows
    z, r, from_input, _ = _gru_gates(w, from_inputs(w, x), h)
    g = _gru_before_candidate(w, h, r, from_input)
    of_z, of_r, of_g = (h - g) * z * (1.0 - z), h * r * (1.0 - r), (1.0 - z) * (1.0 - g**2)
    for_z, for_r, for_g = _parts(w.recurrent, 3)
    to_reset = row @ _by_state(for_g, of_g)
    sum_of_z, sum_of_r, sum_of_g = _rounded_sums(w, x, h, [of_z, of_r, of_g])
    error = moved(
        Errors(
            row,
            [sum_of_z, sum_of_g, _rounded_mix(h, z, g)],
            [(h - g, sigmoid_error(z)), (1.0 - z, activation_error(g))],
        ),
        Errors(to_reset, [sum_of_r], [(h, sigmoid_error(r))]),
    )
    through_gates = row @ _by_state(for_z, of_z) + to_reset @ _by_state(for_r, of_r)
    return (row * _each_row(z) + to_reset * _each_row(r) + through_gates,), error


def _rounded_mix(h: Array, z: Array, g: Array) -> Rounded:
    """The new state, z h + (1 - z) g."""
    return Rounded(1.0, np.abs(z * h) + np.abs((1.0 - z) * g), 4)


EQUATIONS: dict[str, Equations] = {
    "gru": Equations(gates=3, states=1, two_biases=False, step=_gru_before_step, pull_back=_gru_before_pull_back),
    "gru_reset_after": Equations(
        gates=3, states=1, two_biases=True, step=_gru_after_step, pull_back=_gru_after_pull_back
    ),
    "lstm": Equations(gates=4, states=2, two_biases=False, step=_lstm_step, pull_back=_lstm_pull_back),
    "rnn": Equations(gates=1, states=1, two_biases=False, step=_rnn_step, pull_back=_rnn_pull_back),
}
