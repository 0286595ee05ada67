"""The float64 oracle against values worked out by hand, and against those of ONNX's node tests."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness import recurrence
from harness.recurrence import float32_bound, run_cell, run_model, run_states, softmax_head
from harness.rounding import UNIT_ROUNDOFF

if TYPE_CHECKING:
    from numpy.typing import NDArray

LN2, LN3 = math.log(2), math.log(3)
# sigmoid(ln 3) = 3/4, sigmoid(-ln 3) = 1/4, tanh(ln 2) = 3/5

NODES = json.loads((Path(__file__).parents[1] / "data" / "onnx_recurrent_nodes.json").read_text())["cases"]
ONNX_TO_KERAS_GATES = {"GRU": [0, 1, 2], "LSTM": [0, 2, 3, 1], "RNN": [0]}
KERAS_NAMES = {"GRU": "gru", "LSTM": "lstm", "RNN": "rnn"}


def _one_unit(cell: str, x: float, w: list[Any], states: list[float], *, reset_after: bool = True) -> list[float]:
    run = run_cell(cell, w, [[[x]]], [[[state]] for state in states], reset_after=reset_after)
    return [float(state[0, 0]) for state in run.states]


def test_simple_rnn_of_one_unit() -> None:
    # tanh(0.5 * 2 ln 2 + 3 * -ln 2 / 4 + 3 ln 2 / 4) = tanh(ln 2)
    assert _one_unit("rnn", 2 * LN2, [[[0.5]], [[3.0]], [0.75 * LN2]], [-0.25 * LN2]) == pytest.approx([0.6])


def test_gru_with_reset_after_of_one_unit() -> None:
    # z = sigmoid(ln 3), r = sigmoid(-ln 3), g = tanh(0 + r * (3 ln 2 + ln 2)), h' = 3/4 * 1 + 1/4 * 3/5
    weights = [[[LN3, -LN3, 0.0]], [[0.0, 0.0, 3 * LN2]], [[0.0, 0.0, 0.0], [0.0, 0.0, LN2]]]
    assert _one_unit("gru", 1.0, weights, [1.0]) == pytest.approx([0.9])


def test_gru_with_reset_before_of_one_unit() -> None:
    # g = tanh(0 + (r * 2) * ln 2 + ln 2 / 2), h' = 3/4 * 2 + 1/4 * 3/5
    weights = [[[LN3, -LN3, 0.0]], [[0.0, 0.0, LN2]], [0.0, 0.0, LN2 / 2]]
    assert _one_unit("gru", 1.0, weights, [2.0], reset_after=False) == pytest.approx([1.65])


def test_lstm_of_one_unit() -> None:
    # i = 3/4, f = 1/4, g = 3/5, o = 1/2; c' = 1/4 * c + 9/20 = ln 2, h' = 1/2 * tanh(ln 2)
    weights = [[[LN3, 0.0, LN2, 0.0]], [[0.0, -LN3, 0.0, 0.0]], [0.0, 0.0, 0.0, 0.0]]
    assert _one_unit("lstm", 1.0, weights, [1.0, 4 * (LN2 - 0.45)]) == pytest.approx([0.3, LN2])


def test_steps_are_taken_in_order_and_all_are_returned() -> None:
    run = run_cell("rnn", [[[1.0]], [[1.0]], [0.0]], [[[LN2], [LN2 - 0.6], [0.0]]])
    assert run.hidden[0, :, 0] == pytest.approx([0.6, 0.6, math.tanh(0.6)])
    assert np.array_equal(run.last, run.hidden[:, -1])
    assert np.array_equal(run.last, run.states[0])


def test_all_states_are_those_before_and_after_each_step() -> None:
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=shape) for shape in ((3, 16), (4, 16), (16,))]
    inputs = rng.normal(size=(2, 5, 3))
    run, states = run_cell("lstm", weights, inputs), run_states("lstm", weights, inputs)
    assert [state.shape for state in states] == [(2, 6, 4)] * 2
    assert not any(state[:, 0].any() for state in states)
    assert np.array_equal(states[0][:, 1:], run.hidden)
    assert all(np.array_equal(state[:, -1], last) for state, last in zip(states, run.states, strict=True))


@pytest.mark.parametrize("rows", [1, 4, 7, 1000])
def test_however_many_inputs_are_multiplied_at_once_each_step_gets_its_own(
    monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    rng = np.random.default_rng(5)
    weights = [rng.normal(size=shape) for shape in ((3, 12), (4, 12), (2, 12))]
    inputs = rng.normal(size=(2, 5, 3))
    monkeypatch.setattr(recurrence, "ROWS_AT_ONCE", rows)
    states: list[np.ndarray] | None = None
    for step in range(5):
        states = list(run_cell("gru", weights, inputs[:, step : step + 1], states).states)
        hidden = run_cell("gru", weights, inputs).hidden[:, step]
        assert np.allclose(hidden, states[0], rtol=0, atol=1e-14)


def test_closed_gates_keep_their_precision_and_do_not_overflow() -> None:
    # h' = z h + (1 - z) g with h = 1, g = 0: the gate itself
    gate = [[[1.0, 0.0, 0.0]], [[0.0, 0.0, 0.0]], [0.0, 0.0, 0.0]]
    assert _one_unit("gru", -600.0, gate, [1.0], reset_after=False) == pytest.approx([math.exp(-600)], rel=1e-12)
    assert _one_unit("gru", -800.0, gate, [1.0], reset_after=False) == [0.0]
    assert _one_unit("gru", 800.0, gate, [1.0], reset_after=False) == [1.0]


def test_softmax_head() -> None:
    kernel, bias = [[0.0, LN2, 0.0]], [0.0, 0.0, math.log(5)]
    assert softmax_head([kernel, bias], [[1.0]])[0] == pytest.approx([1 / 8, 2 / 8, 5 / 8])
    assert softmax_head({"kernel": kernel, "bias": bias}, [[0.0]])[0] == pytest.approx([1 / 7, 1 / 7, 5 / 7])
    assert softmax_head([[[5000.0, 0.0]], [0.0, 0.0]], [[1.0]])[0] == pytest.approx([1.0, 0.0])


@pytest.mark.parametrize("node", NODES, ids=[node["name"] for node in NODES])
def test_onnx_node_tests_give_the_same_values(node: dict[str, Any]) -> None:
    weights, inputs, states, reset_after = _from_onnx(node)
    run = run_cell(KERAS_NAMES[node["operator"]], weights, inputs, states, reset_after=reset_after)
    outputs = node["outputs"]
    assert np.allclose(run.hidden, np.swapaxes(outputs["Y"], 0, 1), rtol=0, atol=1e-14)
    assert np.allclose(run.states[0], outputs["Y_h"], rtol=0, atol=1e-14)
    if node["operator"] == "LSTM":
        assert np.allclose(run.states[1], outputs["Y_c"], rtol=0, atol=1e-14)


def test_onnx_values_tell_the_gates_apart() -> None:
    node = next(node for node in NODES if node["name"] == "lstm")
    weights, inputs, states, _ = _from_onnx(node, gates=[0, 1, 2, 3])
    run = run_cell("lstm", weights, inputs, states)
    assert np.abs(run.states[0] - node["outputs"]["Y_h"]).max() > 0.1


def _from_onnx(node: dict[str, Any], gates: list[int] | None = None) -> tuple[list[Any], Any, list[Any] | None, bool]:
    operator, inputs = node["operator"], {name: np.array(v) for name, v in node["inputs"].items()}
    reset_after = bool(node["attributes"].get("linear_before_reset"))
    order = gates or ONNX_TO_KERAS_GATES[operator]
    units = inputs["R"].shape[2]

    def reordered(by_gate: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.reshape(by_gate, (len(order), units, -1))[order].reshape(len(order) * units, -1)

    both = inputs.get("B", np.zeros((1, 2 * len(order) * units))).reshape(2, -1)
    bias = np.stack([reordered(row)[:, 0] for row in both])
    weights = [reordered(inputs["W"]).T, reordered(inputs["R"]).T, bias if reset_after else bias.sum(axis=0)]
    states = [inputs[name][0] for name in ("initial_h", "initial_c") if name in inputs]
    return weights, np.swapaxes(inputs["X"], 0, 1), states or None, reset_after


def test_weights_go_by_order_or_by_name() -> None:
    rng = np.random.default_rng(0)
    kernel, recurrent, bias = rng.normal(size=(2, 9)), rng.normal(size=(3, 9)), rng.normal(size=(2, 9))
    head, x = [rng.normal(size=(3, 4)), rng.normal(size=4)], rng.normal(size=(5, 6, 2))
    named = {"bias": bias, "recurrent_kernel": recurrent, "kernel": kernel}
    by_order = run_model("gru", [kernel, recurrent, bias], head, x)
    by_name = run_model("gru", named, {"bias": head[1], "kernel": head[0]}, x)
    assert list(by_order) == ["output", "state_h_out"]
    assert all(np.array_equal(by_order[name], by_name[name]) for name in by_order)


def test_bound_of_one_unit_over_two_steps() -> None:
    """Each step: h = tanh(ln 2) = 3/5, slope 16/25; the head: softmax(ln 3, 0) = 3/4, 1/4."""
    weights, head = [[[1.0]], [[0.5]], [0.0]], [[[LN3 / 0.6, 0.0]], [0.0, 0.0]]
    bound = float32_bound("rnn", weights, head, [[[LN2], [LN2 - 0.3]]])
    # 5 roundings (feature, unit, 3 more) of sums whose magnitudes add up to ln 2, and 16 of the tanh
    a_step = 5 * 0.64 * LN2 + 16 * 0.6
    state = a_step + 0.5 * 0.64 * a_step
    assert bound["state_h_out"][0, 0] / UNIT_ROUNDOFF == pytest.approx(state, rel=1e-12)

    slope = 3 / 16
    powers = [16 * 3 / 4, (16 + LN3) / 4]  # exp, and its argument shifted by the largest logit
    through_the_head = slope * LN3 / 0.6 * state + 2 * slope * LN3
    expected = [
        through_the_head + power + p * (sum(powers) + 4) for power, p in zip(powers, (3 / 4, 1 / 4), strict=True)
    ]
    assert bound["output"][0] / UNIT_ROUNDOFF == pytest.approx(expected, rel=1e-12)


def test_bound_has_the_names_and_shapes_of_the_outputs() -> None:
    weights = [np.zeros((2, 12)), np.zeros((3, 12)), np.zeros(12)]
    head = [np.zeros((3, 4)), np.zeros(4)]
    x = np.zeros((11, 2, 2))  # more sequences than are bounded at once
    outputs, bound = run_model("lstm", weights, head, x), float32_bound("lstm", weights, head, x)
    assert {name: value.shape for name, value in bound.items()} == {
        "output": (11, 4),
        "state_h_out": (11, 3),
        "state_c_out": (11, 3),
    }
    assert {name: value.shape for name, value in outputs.items()} == {n: v.shape for n, v in bound.items()}


GRU = [np.zeros((2, 9)), np.zeros((3, 9)), np.zeros((2, 9))]
INPUTS = np.zeros((1, 4, 2))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "peephole"}, "unknown cell 'peephole'"),
        ({"cell": "gru_reset_after"}, "unknown cell 'gru_reset_after'"),
        ({"inputs": INPUTS[0]}, "sequences, time steps, features"),
        ({"inputs": INPUTS[:, :0]}, "none of them 0"),
        ({"inputs": np.zeros((1, 4, 5))}, r"expected \[\(5, 9\), \(3, 9\), \(2, 9\)\]"),
        ({"reset_after": False}, r"expected .*\(9,\)\]"),
        ({"weights": GRU[:2]}, "2 weight arrays: give kernel, recurrent_kernel, bias"),
        ({"cell": "lstm"}, r"expected \[\(2, 12\)"),
        ({"initial_state": [np.zeros((2, 3))]}, r"expected \[\(1, 3\)\]"),
        ({"initial_state": [np.zeros((1, 3))] * 2}, r"expected \[\(1, 3\)\]"),
    ],
)
def test_what_does_not_fit_is_refused(arguments: dict[str, Any], message: str) -> None:
    given = {"cell": "gru", "weights": GRU, "inputs": INPUTS, **arguments}
    with pytest.raises(ValueError, match=message):
        run_cell(**given)


def test_head_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \[\(3, 4\), \(4,\)\]"):
        run_model("gru", GRU, [np.zeros((2, 4)), np.zeros(4)], INPUTS)
