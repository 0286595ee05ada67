"""One step of each cell: its transposed Jacobian, and its rounding errors, reached by evaluations made to err."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from float32_evaluation import ORDERS, STEPS, Activations, Model, sigmoid

from harness import rounding
from harness.cells import EQUATIONS, Weights

if TYPE_CHECKING:
    from float32_evaluation import Array, Dot


class Step(NamedTuple):
    """One step of a small cell in float64, and the rows of its own states."""

    model: Model
    weights: Weights
    states: list[Array]
    rows: tuple[Array, ...]

    def taken(self, dot: Dot, act: Activations) -> Array:
        step = STEPS[self.model.cell]
        return np.concatenate(step(self.model, self.model.inputs[:, 0], self.states, dot, act), axis=1)


def _step(name: str, bias_size: float) -> Step:
    equations, rng, units, features = EQUATIONS[name], np.random.default_rng(3), 3, 2
    width = equations.gates * units
    bias = bias_size * rng.normal(size=(2, width)) * [[1.0], [float(equations.two_biases)]]
    kernel, recurrent = rng.normal(size=(features, width)), rng.normal(size=(units, width))
    states = [rng.normal(size=(1, units)) for _ in range(equations.states)]
    given = [kernel, recurrent, bias if equations.two_biases else bias[0]]
    cell = name.partition("_")[0]
    model = Model(cell, given, [], rng.normal(size=(1, 1, features)), states, equations.two_biases)
    rows = np.split(np.eye(units * len(states))[np.newaxis], len(states), axis=2)
    return Step(model, Weights(kernel, recurrent, bias), states, tuple(rows))


def _pulled_back(name: str, step: Step) -> tuple[tuple[Array, ...], Array]:
    return EQUATIONS[name].pull_back(step.weights, step.model.inputs[:, 0], tuple(step.states), step.rows)


@pytest.mark.parametrize("name", EQUATIONS)
def test_pull_back_is_the_transposed_jacobian(name: str) -> None:
    step, move = _step(name, 1.0), 1e-6
    flat = np.concatenate(step.states, axis=1)

    def after(state: Array) -> Array:
        return step._replace(states=np.split(state, len(step.states), axis=1)).taken(ORDERS["blas"], Activations())

    columns = [(after(flat + move * e) - after(flat - move * e))[0] / (2 * move) for e in np.eye(flat.size)]
    rows, _ = _pulled_back(name, step)
    assert np.allclose(np.concatenate(rows, axis=2)[0], np.transpose(columns), atol=1e-8)


@pytest.mark.parametrize("name", EQUATIONS)
def test_step_error_is_what_the_worst_activations_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every other rounding counted as 0, the bound is reached, by one of all combinations of signs."""
    monkeypatch.setattr(rounding, "LAMBDA", 0.0)
    step, rng = _step(name, 1.0), np.random.default_rng(5)
    exact, (_, bound) = step.taken(ORDERS["blas"], Activations()), _pulled_back(name, step)

    def signed(error: Array) -> Array:
        return error * rng.choice([-1, 1], size=error.shape)

    wrong = Activations(
        lambda x: (y := sigmoid(x)) + signed(rounding.sigmoid_error(y)),
        lambda x: (y := np.tanh(x)) + signed(rounding.activation_error(y)),
    )
    reached = np.max([np.abs(step.taken(ORDERS["blas"], wrong) - exact) for _ in range(500)], axis=0)
    assert reached / bound == pytest.approx(np.ones(bound.shape), abs=1e-4)


@pytest.mark.parametrize("name", EQUATIONS)
def test_step_error_is_what_the_worst_sums_do(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With activations counted as exact, wrong sums come near the bound, by one of all combinations of signs."""
    monkeypatch.setattr(rounding, "ACTIVATION_ROUNDINGS", 0.0)
    monkeypatch.setattr(rounding, "SIGMOID_CUTOFF", 0.0)
    monkeypatch.setattr(rounding, "LAMBDA", np.inf)
    step, rng = _step(name, 0.0), np.random.default_rng(5)
    exact, (_, bound) = step.taken(ORDERS["blas"], Activations()), _pulled_back(name, step)
    roundings = 2 + 3 + 3  # features, units, two biases and a reset gate

    def wrong(a: Array, w: Array) -> Array:
        signs = rng.choice([-1, 1], size=(1, w.shape[1]))
        return a @ w + signs * roundings * rounding.UNIT_ROUNDOFF * (np.abs(a) @ np.abs(w))

    reached = np.max([np.abs(step.taken(wrong, Activations()) - exact) for _ in range(1000)], axis=0)
    assert (reached < bound * (1 + 1e-4)).all()
    # The rest: the products and sums after the activations, and r < 1, which the bound takes as 1. Reached with
    # these 8 roundings a sum: 0.34 (GRU) to 1 (SimpleRNN).
    assert (reached > 0.3 * bound).all()
