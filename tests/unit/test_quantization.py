"""The quantization error of a sound conversion is what rounding explains; each planted fault shows where it should."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import conversion, quantization
from harness.engine import Engine
from harness.jobs import Field, Job
from harness.kernels import installed
from harness.oracle import float_outputs
from harness.outcome import Outcome
from harness.spec import Cell, Quantization, Retention, RnnSpec, StateStyle, Weights
from harness.stages import KERAS, LITERT, STAGES, Stage
from harness.tflite import indices, operator_name, read_model, text, write_model

Model = Graph = Any
"""Object trees of the schema."""

Whole = Callable[[Outcome], Any]
SOURCES = {*installed(), "rounded", "unrounded"}
ROUNDING_DB = 0.5
"""Kernels and rounding oracle differ by 0.28 dB at most where nothing is wrong and the weights are random."""

FUNCTION_DB = {8: 4.0, 16: 20.0}
"""What rounding the constants alone costs less than rounding everything where the graph computes the same function: in
int8 7 dB or more. Activations of 16 bits cost next to nothing: there, how far the constants alone are from float64."""

CLIPPING_DB = 20.0
"""What lies beyond the range of a tensor is 28 dB or more below its signal where calibration saw data like it."""

BIAS_FACTOR = 16


def spec_of(cell: Cell = Cell.LSTM, **further: Any) -> RnnSpec:  # noqa: ANN401 - fields of the spec
    return RnnSpec(cell=cell, units=16, time_steps=6, features=8, **further)


LSTM, GRU = (spec_of(cell, state=StateStyle.TRANSFER) for cell in (Cell.LSTM, Cell.GRU))
LONG = spec_of(state=StateStyle.TRANSFER, retention=Retention.LONG)
SOUND = {
    "lstm": LSTM,
    "gru": GRU,
    "gru_before": spec_of(Cell.GRU, reset_after=False),
    "rnn_int16x8": spec_of(Cell.RNN, state=StateStyle.TRANSFER, quantization=Quantization.INT16X8),
    "both_ways": spec_of(bidirectional=True),
    "layers": spec_of(Cell.GRU, layers=2, return_sequences=True),
}


def convert_clipped(spec: dict[str, Any], weights: dict[str, np.ndarray]) -> dict[str, Any]:
    """A conversion that is calibrated with inputs ten times too small; runs in a child of its own."""
    sound = conversion.representative_samples

    def clipped(*arguments: Any) -> list[dict[str, np.ndarray]]:  # noqa: ANN401 - passed on
        return [{**sample, "input": sample["input"] * np.float32(0.1)} for sample in sound(*arguments)]

    conversion.representative_samples = clipped
    return conversion.convert(spec, weights)


def judge_faulty(fault: str, spec: dict[str, Any], weights: dict[str, np.ndarray], model: bytes) -> dict[str, Any]:
    """Judge a model after a fault of `FAULTS` is planted into it, or into the weights of the float model."""
    tree = read_model(model)
    FAULTS[fault](tree, tree.subgraphs[0])
    if fault == "transposed gates":
        weights = {name: array if "head" in name else _transposed(array) for name, array in weights.items()}
    return quantization.judge(spec, weights, write_model(tree))


def _transposed(array: np.ndarray) -> np.ndarray:
    units = LSTM.units
    return np.concatenate([array[..., units : 2 * units], array[..., :units], array[..., 2 * units :]], axis=-1)


def _rescale_biases(tree: Model, graph: Graph) -> None:
    """Store every bias at a scale of its own; kernels take it for input scale x weight scale.

    Steps share the buffer of a bias, and each has a tensor of its own.
    """
    connected = [node for node in graph.operators if operator_name(tree, node) == "FULLY_CONNECTED"]
    places = {indices(node.inputs)[2] for node in connected if len(node.inputs) > 2 and node.inputs[2] >= 0}
    for tensor in (graph.tensors[place] for place in places):
        tensor.quantization.scale = tensor.quantization.scale * np.float32(BIAS_FACTOR)
    for buffer in (tree.buffers[place] for place in {graph.tensors[place].buffer for place in places}):
        values = np.frombuffer(bytes(buffer.data), np.int32)
        buffer.data = np.frombuffer(np.int32(np.rint(values / BIAS_FACTOR)).tobytes(), np.uint8)


def _swap_states(_tree: Model, graph: Graph) -> None:
    states = {text(graph.tensors[place].name): graph.tensors[place] for place in indices(graph.inputs)}
    states["state_h_in"].name, states["state_c_in"].name = "state_c_in", "state_h_in"


def _shift_a_step(tree: Model, graph: Graph) -> None:
    """Feed each step the input of the step before, and the first one the last."""
    unpack = next(operator for operator in graph.operators if operator_name(tree, operator) == "UNPACK")
    steps = indices(unpack.outputs)
    before = dict(zip(steps, [steps[-1], *steps[:-1]], strict=True))
    for operator in graph.operators:
        operator.inputs = [before.get(place, place) for place in indices(operator.inputs)]


FAULTS: dict[str, Callable[[Model, Graph], None]] = {
    "none": lambda _tree, _graph: None,
    "a bias at another scale": _rescale_biases,
    "swapped states": _swap_states,
    "an off-by-one time step": _shift_a_step,
    "transposed gates": lambda _tree, _graph: None,
}


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    stages = {
        "judging": Stage("harness.quantization:judge", LITERT),
        "chains": Stage("harness.quantization:feedback_chains", LITERT),
        "faulty_judging": Stage("test_quantization:judge_faulty", LITERT),
        "clipped_conversion": Stage("test_quantization:convert_clipped", (*KERAS, "ai-edge-litert")),
    }
    for name, stage in stages.items():
        monkeypatch.setitem(STAGES, name, stage)


def weights(spec: RnnSpec) -> Field:
    return Field(Job("weights", {"spec": spec.to_plain()}), "weights")


def converted(spec: RnnSpec, stage: str = "conversion") -> Field:
    return Field(Job(stage, {"spec": spec.to_plain()}, {"weights": weights(spec)}), "model")


def judge(engine: Engine, spec: RnnSpec, model: Field | None = None, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - options of the stage
    inputs = {"weights": weights(spec), "model": model or converted(spec)}
    stage = "faulty_judging" if "fault" in arguments else "judging"
    outcome = engine.observe(Job(stage, {"spec": spec.to_plain(), **arguments}, inputs))
    assert outcome.done, outcome.sentence
    judged: dict[str, Any] = copy.deepcopy(outcome.value)  # tests change what they get, and the engine shares it
    return judged


def unexplained_db(judged: dict[str, Any]) -> dict[str, float]:
    """How far the reference kernels stay behind the rounding oracle, for each output."""
    errors = judged["errors"]
    return {
        name: errors["rounded"][name]["sqnr_db"] - errors["litert_reference"][name]["sqnr_db"]
        for name in judged["signal"]
    }


def function_db(judged: dict[str, Any]) -> float:
    """How much nearer to float64 the graph is without rounding (int8), or how near (int16x8); the worst output."""
    return min(
        error["sqnr_db"] if judged["bits"] == 16 else 10 * np.log10(rounded["noise"][:64].sum() / error["noise"].sum())
        for error, rounded in zip(
            judged["errors"]["unrounded"].values(), judged["errors"]["rounded"].values(), strict=True
        )
    )


def computes_the_function(judged: dict[str, Any]) -> bool:
    return function_db(judged) > FUNCTION_DB[judged["bits"]]


@pytest.mark.parametrize("name", SOUND)
def test_the_error_of_a_sound_conversion_is_rounding(engine: Engine, name: str) -> None:
    judged = judge(engine, SOUND[name])
    assert set(judged["errors"]) == set(judged["agrees"]) == SOURCES
    assert set(judged["unmeasured"]) == {"litert_reference", "litert_default", "tflite_micro"} - SOURCES
    assert max(map(abs, unexplained_db(judged).values())) < ROUNDING_DB
    assert computes_the_function(judged)
    assert judged["bits"] == (16 if "int16" in name else 8)
    assert min(limit["clipping_db"] for limit in judged["limits"].values()) > CLIPPING_DB


@pytest.mark.parametrize("kind", ["burst", "autocorrelated"])
def test_other_kinds_of_sequences_are_judged(engine: Engine, kind: str) -> None:
    judged = judge(engine, GRU, kind=kind, sequences=100)
    assert (judged["data"], judged["sequences"], len(judged["signal"]["output"])) == (kind, 100, 100)
    assert max(map(abs, unexplained_db(judged).values())) < ROUNDING_DB


def test_a_bias_at_another_scale_is_no_rounding(engine: Engine) -> None:
    judged = judge(engine, GRU, fault="a bias at another scale")
    assert max(unexplained_db(judged).values()) > 10 * ROUNDING_DB
    assert computes_the_function(judged)  # what the scales say is right: it is the kernels that do not read them


@pytest.mark.parametrize("fault", ["swapped states", "an off-by-one time step", "transposed gates"])
def test_another_function_is_told_from_rounding(engine: Engine, fault: str) -> None:
    """A short memory forgets what was wrong in the state before it is judged: the model has a long one."""
    judged = judge(engine, LONG, fault=fault)
    assert function_db(judged) < FUNCTION_DB[8] / 2
    assert max(unexplained_db(judged).values()) < ROUNDING_DB  # the oracle runs the same wrong graph


def test_no_fault_is_found_where_none_is_planted(engine: Engine) -> None:
    assert computes_the_function(judge(engine, LONG, fault="none"))


def test_a_clipped_representative_dataset_saturates(engine: Engine) -> None:
    judged = judge(engine, GRU, converted(GRU, "clipped_conversion"))
    assert judged["limits"]["input"]["clipping_db"] < CLIPPING_DB / 2
    assert judged["limits"]["input"]["at_limits"] > 0.5
    assert max(map(abs, unexplained_db(judged).values())) < ROUNDING_DB  # the oracle saturates as kernels do


def test_figures_belong_together(engine: Engine) -> None:
    judged = judge(engine, LSTM)
    assert set(judged["signal"]) == set(judged["spread"]) == {"output", "state_h_out", "state_c_out"}
    assert set(judged["limits"]) == {*judged["signal"], "input", "state_h_in", "state_c_in"}
    for source, errors in judged["errors"].items():
        for name, error in errors.items():
            signal = judged["signal"][name][: len(error["noise"])]
            each = 10 * np.log10(signal / error["noise"])
            assert error["sqnr_db"] == pytest.approx(10 * np.log10(signal.sum() / error["noise"].sum()))
            assert (error["worst_sequence"], error["worst_db"]) == (np.argmin(each), pytest.approx(each.min()))
            assert each.min() <= error["low_db"] <= error["median_db"] <= error["high_db"] <= each.max()
        assert len(judged["agrees"][source]) == len(errors["output"]["noise"])
    assert 0.5 < judged["agrees"]["litert_reference"].mean() <= 1


def test_the_error_is_followed_step_by_step(engine: Engine) -> None:
    judged = judge(engine, LSTM)
    assert len(judged["hidden_db"]) == LSTM.time_steps
    assert judged["hidden_db"][-1] == pytest.approx(judged["errors"]["rounded"]["state_h_out"]["sqnr_db"])
    assert 15 < min(judged["hidden_db"]) < max(judged["hidden_db"]) < 50


def test_steps_that_a_graph_does_not_show_are_unknown(engine: Engine) -> None:
    steps = judge(engine, SOUND["gru_before"])["hidden_db"]
    assert [step is None for step in steps] == [False] * 5 + [True]
    assert judge(engine, SOUND["both_ways"])["hidden_db"] == []


@pytest.mark.parametrize(("name", "steps"), [("gru_transfer", 3), ("gru_float_chain", 2), ("lstm_transfer", 3)])
def test_the_recurrent_kernel_is_found(engine: Engine, samples: Path, name: str, steps: int) -> None:
    file = engine.store.add_file(samples / f"{name}.tflite")
    (chain,) = engine.observe(Job("chains", {}, {"model": file})).value
    assert len(chain) == len(set(chain)) == steps
    assert ("state_h_in" in chain) == name.endswith("transfer")


@pytest.mark.parametrize("name", ["both_ways", "layers", "lstm"])
def test_float64_is_what_keras_computes(engine: Engine, name: str) -> None:
    spec = SOUND[name]
    arguments = {"spec": spec.to_plain(), "samples": 3}
    keras = engine.observe(Job("float_outputs", arguments, {"weights": weights(spec)})).value
    ours, _ = float_outputs(spec.to_plain(), engine.observe(weights(spec).job).value["weights"], keras["inputs"])
    assert set(ours) == set(keras["looped"])
    for output, values in ours.items():
        np.testing.assert_allclose(values, keras["looped"][output], atol=1e-6)


def test_judging_and_calibration_share_no_sequence(engine: Engine) -> None:
    spec = LSTM.to_plain()
    arrays = engine.observe(weights(LSTM).job).value["weights"]
    calibrated = {sample["input"].tobytes() for sample in conversion.representative_samples(spec, arrays, b"")}
    windows, _ = quantization.judging_windows(spec, 100, "normal", b"")
    assert not calibrated & {window.tobytes() for window in windows.reshape(-1, 6, 8)}


@pytest.mark.parametrize(("steps", "windows"), [(28, 2), (7, 4)])
def test_digits_are_judged_at_each_of_their_windows(steps: int, windows: int) -> None:
    spec = RnnSpec(
        cell=Cell.GRU, units=4, time_steps=steps, state=StateStyle.TRANSFER, weights=Weights.MNIST
    ).to_plain()
    mnist = (Path(__file__).parents[2] / "data" / "mnist.npz").read_bytes()
    streams, positions = quantization.judging_windows(spec, 50, "normal", mnist)
    assert streams.shape == (50, windows, steps, 28)
    assert set(positions) == set(range(windows))
    assert len({stream.tobytes() for stream in streams}) == 50
