"""GRU, LSTM and SimpleRNN in float64 NumPy: the oracle, and how far float32 may lie from it.

Weights are Keras's, in its layout and order: kernel (features, gates * units), recurrent kernel (units,
gates * units), bias (gates * units,), or (2, gates * units) for a GRU with reset_after. Cells are "gru",
"lstm" and "rnn"; inputs are (n sequences, time steps, features); states are h, for LSTM h and c, (n, units)
each. Functions raise ValueError, with the shapes, where these do not fit. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.cells import EQUATIONS, Equations, Weights, from_inputs
from harness.rounding import SMALLEST_NORMAL, UNIT_ROUNDOFF, Errors, Rounded, activation_error, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike

    from harness.cells import Rows, States
    from harness.rounding import Array

    Arrays = Sequence[ArrayLike] | Mapping[str, ArrayLike]
    """Weights in Keras's order, or by Keras's names: kernel, recurrent_kernel, bias."""

OUTPUT = "output"
STATE_OUTPUTS = ("state_h_out", "state_c_out")

SEQUENCES_AT_ONCE = 8
"""Bounds the memory of `float32_bound`: its largest arrays hold 8 * (2 units + classes) * units numbers."""

ROWS_AT_ONCE = 256
"""Inputs of one product with the kernel: fewer take longer each, more no longer fit into the cache."""

_INPUT_AXES = ("sequences", "time steps", "features")


class CellRun(NamedTuple):
    """last (n, u): h after the last step; states: all final states; hidden (n, T, u): h after every step."""

    last: Array
    states: States
    hidden: Array


class _Problem(NamedTuple):
    equations: Equations
    weights: Weights
    inputs: Array
    initial: States


def run_cell(
    cell: str,
    weights: Arrays,
    inputs: ArrayLike,
    initial_state: Sequence[ArrayLike] | None = None,
    *,
    reset_after: bool = True,
) -> CellRun:
    """Run one recurrent layer over all time steps in float64, from `initial_state` or from zeros."""
    trajectory = _trajectory(_prepare(cell, weights, inputs, initial_state, reset_after=reset_after))
    hidden = np.stack([states[0] for states in trajectory[1:]], axis=1)
    return CellRun(hidden[:, -1], trajectory[-1], hidden)


def run_states(cell: str, weights: Arrays, inputs: ArrayLike, *, reset_after: bool = True) -> States:
    """All states of one recurrent layer before the first step, zeros, and after each: (n, 1 + time steps, u) each."""
    trajectory = _trajectory(_prepare(cell, weights, inputs, None, reset_after=reset_after))
    return tuple(np.stack(parts, axis=1) for parts in zip(*trajectory))


def softmax_head(weights: Arrays, h: ArrayLike) -> Array:
    """Apply a Dense layer with softmax, kernel (u, classes) and bias (classes,): (n, u) to (n, classes)."""
    values = np.asarray(h, dtype=np.float64)
    kernel, bias = _head(weights, values.shape[-1])
    logits = values @ kernel + bias
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    probabilities: Array = powers / powers.sum(axis=-1, keepdims=True)
    return probabilities


def run_model(  # noqa: PLR0913 - each of them defines the result, and no two belong together
    cell: str,
    weights: Arrays,
    head_weights: Arrays,
    inputs: ArrayLike,
    initial_state: Sequence[ArrayLike] | None = None,
    *,
    reset_after: bool = True,
) -> dict[str, Array]:
    """Run a recurrent layer and its softmax head: `output`, `state_h_out` and, for LSTM, `state_c_out`."""
    states = _trajectory(_prepare(cell, weights, inputs, initial_state, reset_after=reset_after))[-1]
    return {OUTPUT: softmax_head(head_weights, states[0]), **dict(zip(STATE_OUTPUTS, states))}


def float32_bound(  # noqa: PLR0913 - those of run_model
    cell: str,
    weights: Arrays,
    head_weights: Arrays,
    inputs: ArrayLike,
    initial_state: Sequence[ArrayLike] | None = None,
    *,
    reset_after: bool = True,
) -> dict[str, Array]:
    """Bound how far a float32 evaluation, in any order of summation, may lie from each value of `run_model`.

    A forward error bound to first order. The rounding errors of each step (`harness.rounding`: sums,
    products, activations) are carried to the outputs by the exact derivatives, the product of the Jacobians
    of all later steps, and what the steps contribute is added up by magnitude: |J_{T<-t}| e_t, summed over
    t. The magnitude is that of the product of Jacobians, not the product of magnitudes, so that the bound
    contracts where the cell does (linearization by reverse accumulation, as in Linnainmaa, BIT 16, 1976).
    Within a step roundings count as independent; between steps they do not, since a constant input repeats
    them.

    Weights, inputs and initial state count as exact: give the float32 values that were used. First order
    leaves out products of errors. Where a bound comes near the size of the values themselves, the
    recurrence amplifies rounding so much that no comparison in float32 can judge it.
    """
    problem = _prepare(cell, weights, inputs, initial_state, reset_after=reset_after)
    head = _head(head_weights, len(problem.weights.recurrent))
    starts = range(0, len(problem.inputs), SEQUENCES_AT_ONCE)
    parts = [_bound_of(_sequences(problem, start), head) for start in starts]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _prepare(
    cell: str,
    weights: Arrays,
    inputs: ArrayLike,
    initial_state: Sequence[ArrayLike] | None,
    *,
    reset_after: bool,
) -> _Problem:
    if cell not in ("gru", "lstm", "rnn"):
        raise ValueError(f'unknown cell {cell!r}: choose "gru", "lstm" or "rnn"')
    values = np.asarray(inputs, dtype=np.float64)
    if len(values.shape) != len(_INPUT_AXES) or 0 in values.shape:
        raise ValueError(f"inputs are {values.shape}: give ({', '.join(_INPUT_AXES)}), none of them 0")
    equations = EQUATIONS["gru_reset_after" if cell == "gru" and reset_after else cell]
    checked = _cell_weights(equations, weights, values.shape[2])
    shape = (len(values), len(checked.recurrent))
    return _Problem(equations, checked, values, _initial_states(equations, initial_state, shape))


def _cell_weights(equations: Equations, weights: Arrays, features: int) -> Weights:
    kernel, recurrent, bias = _in_order(weights, ("kernel", "recurrent_kernel", "bias"))
    units = len(recurrent)
    width = equations.gates * units
    bias_shape = (2, width) if equations.two_biases else (width,)
    _require_shapes([kernel, recurrent, bias], [(features, width), (units, width), bias_shape])
    return Weights(kernel, recurrent, bias if equations.two_biases else np.stack([bias, np.zeros(width)]))


def _head(weights: Arrays, units: int) -> tuple[Array, Array]:
    kernel, bias = _in_order(weights, ("kernel", "bias"))
    _require_shapes([kernel, bias], [(units, bias.size), (bias.size,)])
    return kernel, bias


def _initial_states(
    equations: Equations,
    given: Sequence[ArrayLike] | None,
    shape: tuple[int, int],
) -> States:
    if given is None:
        return (np.zeros(shape),) * equations.states
    states = tuple(np.asarray(state, dtype=np.float64) for state in given)
    _require_shapes(states, [shape] * equations.states)
    return states


def _in_order(weights: Arrays, names: Sequence[str]) -> list[Array]:
    given = [weights[name] for name in names] if isinstance(weights, Mapping) else list(weights)
    if len(given) != len(names):
        raise ValueError(f"{len(given)} weight arrays: give {', '.join(names)}")
    return [np.asarray(array, dtype=np.float64) for array in given]


def _require_shapes(arrays: Sequence[Array], expected: Sequence[tuple[int, ...]]) -> None:
    found = [array.shape for array in arrays]
    if found != list(expected):
        raise ValueError(f"shapes are {found}: expected {list(expected)}")


def _trajectory(problem: _Problem) -> list[States]:
    """List the states before the first step and after each."""
    trajectory = [problem.initial]
    for given in _given(problem):
        trajectory.append(problem.equations.step(problem.weights, given, trajectory[-1]))
    return trajectory


def _given(problem: _Problem) -> Iterator[Array]:
    """What the inputs add to the gates at each step, (n, gates * u): computed for as many steps as fit at once."""
    count, steps, features = problem.inputs.shape
    together = max(1, ROWS_AT_ONCE // count)
    for start in range(0, steps, together):
        x = problem.inputs[:, start : start + together].reshape(-1, features)
        yield from from_inputs(problem.weights, x).reshape(count, -1, problem.weights.kernel.shape[1]).swapaxes(0, 1)


def _sequences(problem: _Problem, start: int) -> _Problem:
    part = slice(start, start + SEQUENCES_AT_ONCE)
    initial = tuple(state[part] for state in problem.initial)
    return problem._replace(inputs=problem.inputs[part], initial=initial)


def _bound_of(problem: _Problem, head: tuple[Array, Array]) -> dict[str, Array]:
    trajectory = _trajectory(problem)
    rows, error = _outputs(trajectory[-1], head)
    for step in reversed(range(len(trajectory) - 1)):
        x = problem.inputs[:, step]
        rows, added = problem.equations.pull_back(problem.weights, x, trajectory[step], rows)
        error = error + added
    classes, units = head[1].size, trajectory[-1][0].shape[1]
    pieces = np.split(error, range(classes, error.shape[1], units), axis=1)
    return dict(zip((OUTPUT, *STATE_OUTPUTS), pieces))


def _outputs(states: States, head: tuple[Array, Array]) -> tuple[Rows, Array]:
    """Derive all outputs, the head's and the states, by the final states; with the errors of the head."""
    head_rows, head_error = _head_rows(states[0], head)
    count, classes, units = head_rows.shape
    rows = tuple(np.zeros((count, classes + len(states) * units, units)) for _ in states)
    for index, row in enumerate(rows):
        first = classes + index * units
        row[:, first : first + units] = np.eye(units)
    rows[0][:, :classes] = head_rows
    return rows, np.pad(head_error, ((0, 0), (0, len(states) * units)))


def _head_rows(h: Array, head: tuple[Array, Array]) -> tuple[Array, Array]:
    """Derive the softmax by h, (n, classes, u), and bound the head's own rounding errors, (n, classes)."""
    kernel, bias = head
    logits = h @ kernel + bias
    p = softmax_head(head, h)
    by_logits = p[:, :, np.newaxis] * (np.eye(p.shape[1]) - p[:, np.newaxis])
    magnitudes = np.abs(h) @ np.abs(kernel) + np.abs(bias)
    shift = np.abs(logits - logits.max(axis=1, keepdims=True))
    power_error = activation_error(p) + UNIT_ROUNDOFF * p * shift
    # Each power, the sum of the powers, and the division of one by the other.
    own = power_error + p * (power_error.sum(axis=1, keepdims=True) + UNIT_ROUNDOFF * (p.shape[1] + 2))
    error = moved(Errors(by_logits, [Rounded(1.0, magnitudes, len(kernel) + 1)])) + own + SMALLEST_NORMAL
    return by_logits @ kernel.T, error
