"""The derived float32 bound: honest evaluations lie within it, faults lie far outside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from float32_evaluation import (
    GATES,
    ORDERS,
    SHAPES,
    Activations,
    Model,
    Shape,
    build_model,
    evaluate,
    shape_id,
    sigmoid,
)

from harness.recurrence import float32_bound, run_model
from harness.rounding import ACTIVATION_ROUNDINGS, UNIT_ROUNDOFF, Errors, Rounded, moved, sigmoid_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Array = NDArray[np.floating]


def _oracle(model: Model) -> dict[str, Array]:
    cell, weights, head, inputs, states, reset_after = model
    return run_model(cell, weights, head, inputs, states, reset_after=reset_after)


def _bound(model: Model) -> dict[str, Array]:
    cell, weights, head, inputs, states, reset_after = model
    return float32_bound(cell, weights, head, inputs, states, reset_after=reset_after)


def _worst(model: Model, *evaluations: dict[str, Array]) -> float:
    """Find the largest share of its bound that any component of any evaluation takes."""
    expected, bound = _oracle(model), _bound(model)
    shares = (np.abs(measured[name] - expected[name]) / bound[name] for measured in evaluations for name in expected)
    return max(float(share.max()) for share in shares)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_float32_lies_within_the_bound_in_every_order(shape: Shape, order: str) -> None:
    model = build_model(shape)
    assert _worst(model, evaluate(model, ORDERS[order])) < 1


@pytest.mark.parametrize("loudness", [0.0, 1e-3, 10.0, 300.0, 3e4])
@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_silence_and_saturation_lie_within_the_bound(shape: Shape, loudness: float) -> None:
    """Gates that close to less than the smallest float32 numbers included: those flush to zero."""
    model = build_model(shape)
    model = model._replace(inputs=model.inputs * np.float32(loudness))
    with np.errstate(over="ignore"):  # exp(-x) on the way to a sigmoid of 0
        assert _worst(model, evaluate(model, ORDERS["as_written"])) < 1


@pytest.mark.parametrize("weight", [0.1, -0.03])
@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_roundings_that_all_repeat_lie_within_the_bound(shape: Shape, weight: float) -> None:
    """Units that are all equal, on a constant input: the opposite of the independence that the bound assumes."""
    model = build_model(shape)
    kernel, recurrent, bias = (np.full_like(array, weight) for array in model.weights)
    states = [np.full_like(state, 0.2) for state in model.states]
    same = model._replace(weights=[kernel, recurrent, bias], inputs=np.full_like(model.inputs, 0.3), states=states)
    assert _worst(same, *(evaluate(same, dot) for dot in ORDERS.values())) < 1


@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_bound_is_near_what_float32_does(shape: Shape) -> None:
    model = build_model(shape)
    worst = _worst(model, *(evaluate(model, dot) for dot in ORDERS.values()))
    # Measured: 0.007 (GRU, long retention, 100 steps) to 0.03 (SimpleRNN, 4 units). Most of the gap is what
    # activations with the largest admitted error could add, as the next test shows.
    assert worst > 0.005


@pytest.mark.parametrize("shape", SHAPES, ids=shape_id)
def test_activations_at_the_limit_of_their_error_come_near_the_bound(shape: Shape) -> None:
    model = build_model(shape)
    for sign in (-1, 1):
        # Less the 4 units of roundoff by which NumPy's own may be off (3.9 measured for this sigmoid).
        factor = np.float32(1 + sign * (ACTIVATION_ROUNDINGS - 4) * UNIT_ROUNDOFF)
        biased = Activations(lambda x, f=factor: sigmoid(x) * f, lambda x, f=factor: np.tanh(x) * f)
        worst = _worst(model, evaluate(model, ORDERS["blas"], biased))
        assert 0.03 < worst < 1  # measured: 0.04 (GRU, 96 units) to 0.7 (SimpleRNN, 4 units)


def test_sigmoid_that_returns_exp_below_its_cutoff_lies_within_its_error() -> None:
    x = np.linspace(-100, -9, 2001)
    exact = 1 / (1 + np.exp(-x))
    assert (np.exp(x) - exact <= sigmoid_error(exact)).all()
    assert np.exp(-8.0) - 1 / (1 + np.exp(8.0)) > sigmoid_error(np.array([1 / (1 + np.exp(8.0))]))[0]


def _swap_gates(model: Model, first: int, second: int) -> Model:
    gates = list(range(GATES[model.cell]))
    gates[first], gates[second] = gates[second], gates[first]
    units = model.weights[1].shape[0]
    columns = np.concatenate([np.arange(g * units, (g + 1) * units) for g in gates])
    return model._replace(weights=[array[..., columns] for array in model.weights])


def _drop_recurrent_bias(model: Model) -> Model:
    kernel, recurrent, bias = model.weights
    return model._replace(weights=[kernel, recurrent, np.stack([bias[0], np.zeros_like(bias[1])])])


def _flip_reset(model: Model) -> Model:
    kernel, recurrent, bias = model.weights
    return model._replace(weights=[kernel, recurrent, bias.sum(axis=0)], reset_after=False)


def _shift_a_step(model: Model) -> Model:
    return model._replace(inputs=np.roll(model.inputs, 1, axis=1))


def _swap_initial_states(model: Model) -> Model:
    return model._replace(states=model.states[::-1])


FAULTS: dict[str, tuple[str, Callable[[Model], Model]]] = {
    "gru_gates_z_and_r_swapped": ("gru", lambda model: _swap_gates(model, 0, 1)),
    "gru_recurrent_bias_dropped": ("gru", _drop_recurrent_bias),
    "gru_reset_before_for_after": ("gru", _flip_reset),
    "gru_steps_shifted": ("gru", _shift_a_step),
    "lstm_gates_f_and_c_swapped": ("lstm", lambda model: _swap_gates(model, 1, 2)),
    "lstm_gates_i_and_o_swapped": ("lstm", lambda model: _swap_gates(model, 0, 3)),
    "lstm_initial_h_and_c_swapped": ("lstm", _swap_initial_states),
    "lstm_steps_shifted": ("lstm", _shift_a_step),
    "rnn_steps_shifted": ("rnn", _shift_a_step),
    "rnn_last_step_missing": ("rnn", lambda model: model._replace(inputs=model.inputs[:, :-1])),
}


@pytest.mark.parametrize("units", [32, 96])
@pytest.mark.parametrize("fault", FAULTS)
def test_faults_exceed_the_bound_by_orders_of_magnitude(fault: str, units: int) -> None:
    cell, apply = FAULTS[fault]
    model = build_model(Shape(cell, units, 8))
    assert _worst(model, evaluate(apply(model), ORDERS["blas"])) > 1000  # measured: 1700 to a million


def test_states_that_are_returned_in_the_wrong_order_exceed_the_bound() -> None:
    model = build_model(Shape("lstm", 32, 28))
    measured = evaluate(model, ORDERS["blas"])
    swapped = {**measured, "state_h_out": measured["state_c_out"], "state_c_out": measured["state_h_out"]}
    assert _worst(model, swapped) > 10_000


def test_half_precision_exceeds_the_bound() -> None:
    model = build_model(Shape("gru", 32, 8))
    rough = model._replace(weights=[np.float32(np.float16(array)) for array in model.weights])
    assert _worst(model, evaluate(rough, ORDERS["blas"])) > 10


def test_bound_contracts_where_the_cell_forgets() -> None:
    """A hundred steps of a contractive cell bound no worse than twenty: its errors are forgotten."""
    short, long = (_bound(build_model(Shape("lstm", 16, steps)))["state_h_out"].max() for steps in (20, 100))
    assert long < 3 * short


def test_probable_error_replaces_the_certain_one_only_where_it_is_smaller() -> None:
    few = moved(Errors(np.ones((1, 1, 2)), [Rounded(1.0, np.full((1, 2), 3.0), 4)]))
    assert few == pytest.approx(UNIT_ROUNDOFF * 2 * 3 * 4)
    many = moved(Errors(np.ones((1, 1, 400)), [Rounded(1.0, np.full((1, 400), 3.0), 100)]))
    assert many == pytest.approx(UNIT_ROUNDOFF * 9 * 3 * 200)
