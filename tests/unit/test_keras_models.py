"""Keras models of somebody's own: unrolled, proved, quantized and compared; what cannot be is said in one sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.checks import computes_the_same_unrolled, does_not_saturate, follows_the_float_model, keeps_the_metric
from harness.engine import Engine
from harness.evidence import Metric, QuantizationErrors, Unrolling
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.stages import KERAS, STAGES, Stage
from harness.store import File

HERE = Path(__file__).parent
ROWS = {
    "mixed": {"audio": (6, 3)},
    "with_state": {"audio in": (4, 3), "state.h": (4,)},
    "twice_the_same": {"audio": (4, 3)},
    "tokens": {"tokens": (5,)},
}
WRONG = {
    "open_steps": "input 'audio' has the open shape (None, None, 3): build the model with a fixed number of time steps",
    "stateful": "layer 'lstm' is stateful=True, which no unrolled model keeps: make the state an input and an output",
    "masked": "layer 'masking' masks time steps",
    "own_cell": "layer 'rnn' has the cell Cell, of which no unrolled form is known to be equal",
    "subclassed": "Subclassed has no inputs yet: begin it with keras.Input((time steps, features))",
    "own_call": "OwnCall computes in a call() of its own: build it with the functional API",
    "unbuilt": "Sequential has no inputs yet",
    "diverged": "weight sequential/gru/gru_cell/kernel has NaN or infinity: the training diverged",
    "raises": "the function raised RuntimeError: the weights are elsewhere",
    "leaves": "the function raised SystemExit: 3",
    "nothing": "the function returned NoneType: return a Keras model",
    "needs_an_argument": "the function raised TypeError: needs_an_argument() missing 1 required positional argument",
    "no_such_function": "module own_models has no function no_such_function",
}
UNFIT = {
    "another name": ({"x": (6, 3)}, "the data have 'x', but the model's inputs are 'audio' (6, 3)"),
    "another shape": ({"audio": (5, 3)}, "array 'audio' has rows of shape (5, 3), the input takes (6, 3)"),
}
WRONG_METRICS = {
    "only_a_number": ' returned 0.5: return a number and "higher" or "lower", which is better',
    "no_direction": " returned (0.5, 'up'): return a number",
    "not_a_number": " returned (nan, 'lower'): return a number",
    "fails": " raised KeyError: 'labels'",
    "no_such_function": ": module own_metrics has no function no_such_function",
}


def loading(function: str) -> Job:
    return Job("keras_model", {"function": f"own_models:{function}", "folder": str(HERE)})


def npz(engine: Engine, shapes: dict[str, tuple[int, ...]], **more: Any) -> File:  # noqa: ANN401 - any array
    rng = np.random.default_rng(0)
    stream = io.BytesIO()
    arrays = {
        name: rng.integers(0, 9, (60, *shape)) if name == "tokens" else rng.standard_normal((60, *shape))
        for name, shape in shapes.items()
    }
    np.savez(stream, **arrays, **more)
    return engine.store.add_content(stream.getvalue(), "data.npz")


def jobs(engine: Engine, name: str) -> dict[str, Job]:
    """What is asked about a model, by the words of the stages."""
    model, rows = Field(loading(name), "model"), npz(engine, ROWS[name])
    conversion = Job("keras_conversion", {}, {"model": model, "representative": rows})
    tflite = Field(Job("repair", {}, {"model": Field(conversion, "model")}), "model")
    expected = Job("keras_outputs", {"held_out": True}, {"model": model, "data": rows})
    both = {"inputs": Field(expected, "inputs"), "expected": Field(expected, "outputs")}
    return {
        "unrolling": Job("unrolling", {}, {"model": model, "representative": rows}),
        "expected": expected,
        "inspection": Job("inspection", {}, {"model": tflite}),
        "error": Job("float_error", {"words": "held-out rows"}, {"model": tflite, **both}),
        "conversion": conversion,
    }


@pytest.fixture(scope="module")
def answers(engine: Engine) -> dict[str, dict[str, Outcome]]:
    """All that is asked about all models, at once."""
    asked = {name: jobs(engine, name) for name in ROWS}
    engine.submit_all(job for of_model in asked.values() for job in of_model.values())
    return {name: {word: engine.observe(job) for word, job in of_model.items()} for name, of_model in asked.items()}


@pytest.mark.parametrize("name", ROWS)
def test_looped_and_unrolled_are_one_function(answers: dict[str, dict[str, Outcome]], name: str) -> None:
    outputs = Unrolling.from_plain(answers[name]["unrolling"].value)
    verdict = computes_the_same_unrolled(outputs)
    assert verdict, str(verdict)
    assert {array.dtype.name for array in outputs.looped_64.values()} == {"float64"}
    assert all(np.abs(outputs.looped_64[key] - array).max() > 0 for key, array in outputs.looped.items())


def test_every_recurrent_layer_is_named(answers: dict[str, dict[str, Outcome]]) -> None:
    assert answers["mixed"]["unrolling"].value["recurrent"] == ["forward_gru", "backward_gru", "lstm"]
    assert answers["with_state"]["unrolling"].value["recurrent"] == ["simple_rnn", "gru"]


@pytest.mark.parametrize("name", ROWS)
def test_the_quantized_model_follows_the_float_model(answers: dict[str, dict[str, Outcome]], name: str) -> None:
    errors = QuantizationErrors.from_plain(answers[name]["error"].value)
    verdict = follows_the_float_model(errors)
    assert verdict, str(verdict)
    assert does_not_saturate(errors)
    assert (errors.unexplained == "") == (name != "tokens")
    assert errors.sequences == 12


def test_inputs_and_outputs_keep_their_names(answers: dict[str, dict[str, Outcome]]) -> None:
    graph = answers["with_state"]["inspection"].value["subgraphs"][0]
    names = [[graph["tensors"][index]["name"] for index in graph[side]] for side in ("inputs", "outputs")]
    assert [sorted(side) for side in names] == [["audio_in", "state_h"], ["scores", "state_out"]]
    assert not any(tensor["dtype"] == "float32" for tensor in graph["tensors"])
    assert not any(operator["name"] == "WHILE" for operator in graph["operators"])


def test_rows_that_judge_did_not_calibrate(answers: dict[str, dict[str, Outcome]]) -> None:
    assert answers["mixed"]["conversion"].value["rows"] == [60, 48]
    whole = np.random.default_rng(0).standard_normal((60, 6, 3)).astype(np.float32)
    np.testing.assert_array_equal(answers["mixed"]["expected"].value["inputs"]["audio"], whole[4::5])


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_judged_is_one_sentence(engine: Engine, name: str) -> None:
    outcome = engine.observe(loading(name))
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert WRONG[name] in outcome.detail
    assert "\n" not in outcome.detail


@pytest.mark.parametrize("name", UNFIT)
def test_data_that_do_not_fit_are_one_sentence(engine: Engine, name: str) -> None:
    shapes, sentence = UNFIT[name]
    inputs = {"model": Field(loading("mixed"), "model"), "representative": npz(engine, shapes)}
    for stage in ("keras_conversion", "unrolling"):
        outcome = engine.observe(Job(stage, {}, inputs))
        assert (outcome.kind, outcome.error) == ("refused", "DatasetError")
        assert sentence in outcome.detail


def test_a_layer_of_the_users_own_comes_with_the_function(engine: Engine) -> None:
    rows = npz(engine, {"audio": (4, 3)})
    inputs = {"model": Field(loading("own_layer"), "model"), "representative": rows}
    assert computes_the_same_unrolled(Unrolling.from_plain(engine.observe(Job("unrolling", {}, inputs)).value))


CODE = {
    "with_lambda": "Lambda 'twice' holds Python code, which is not run",
    "own_layer": "it needs Twice 'twice' of own_models, which a .keras file does not hold: name a function",
}


@pytest.mark.parametrize("name", CODE)
def test_code_of_a_file_runs_only_where_it_is_allowed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(STAGES, "saved", Stage("own_models:saved", KERAS))
    content = {"content": Field(Job("saved", {"function": name}), "content")}
    refused = engine.observe(Job("keras_model", {}, content))
    assert (refused.kind, refused.error) == ("refused", "ModelError")
    assert CODE[name] in refused.detail
    allowed = Job("keras_model", {"allow_code": True, "folder": str(HERE), "run": "this one"}, content)
    inputs = {"model": Field(allowed, "model"), "representative": npz(engine, {"audio": (4, 3)})}
    outputs = Unrolling.from_plain(engine.observe(Job("unrolling", {}, inputs)).value)
    assert computes_the_same_unrolled(outputs)
    astray = engine.observe(Job("keras_model", {"allow_code": True}, content))
    assert astray.done or "Could not locate class 'Twice'" in astray.detail


def metric_job(engine: Engine, answers: dict[str, dict[str, Outcome]], metric: str) -> Job:
    scores = answers["mixed"]["expected"].value["outputs"]["dense_1"]
    shapes = ROWS["mixed"]
    labels = {"label": np.arange(60) % 3}
    data = npz(engine, shapes, **labels)
    assert scores.shape == (12, 3)
    asked = jobs(engine, "mixed")
    tflite = asked["error"].inputs["model"]
    expected = Job("keras_outputs", {"held_out": False}, {"model": Field(loading("mixed"), "model"), "data": data})
    both = {"inputs": Field(expected, "inputs"), "expected": Field(expected, "outputs")}
    arguments = {"metric": f"own_metrics:{metric}", "folder": str(HERE)}
    return Job("metric", arguments, {"model": tflite, "data": data, **both})


def test_a_metric_judges_the_float_and_the_quantized_model(
    engine: Engine, answers: dict[str, dict[str, Outcome]]
) -> None:
    share = Metric.from_plain(engine.observe(metric_job(engine, answers, "agreement")).value)
    assert (share.better, share.rows) == ("higher", 60)
    assert 0 < share.before < 1
    assert abs(share.loss) <= 0.1
    score = Metric.from_plain(engine.observe(metric_job(engine, answers, "largest_score")).value)
    assert keeps_the_metric(score)
    assert 0 < abs(score.loss) < 0.05
    assert score.loss == score.after - score.before


@pytest.mark.parametrize("name", WRONG_METRICS)
def test_a_metric_that_gives_no_number_is_one_sentence(
    engine: Engine, answers: dict[str, dict[str, Outcome]], name: str
) -> None:
    outcome = engine.observe(metric_job(engine, answers, name))
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert outcome.detail.startswith(f"metric own_metrics:{name}{WRONG_METRICS[name]}")


def test_a_float_tflite_is_a_float_model(
    engine: Engine, samples: Path, whole: Callable[[Outcome], Any], answers: dict[str, dict[str, Outcome]]
) -> None:
    del whole, answers
    data = npz(engine, {"input": (3, 4)})
    model = {name: engine.store.add_file(samples / f"{name}.tflite") for name in ("gru_float", "gru_float_chain")}
    expected = Job(
        "float_outputs_of_data", {}, {"model": model["gru_float"], "data": data, "judged": model["gru_float_chain"]}
    )
    both = {"inputs": Field(expected, "inputs"), "expected": Field(expected, "outputs")}
    outcome = engine.observe(
        Job("float_error", {"words": "rows of the data"}, {"model": model["gru_float_chain"], **both})
    )
    assert follows_the_float_model(QuantizationErrors.from_plain(outcome.value))
    quantized = {"model": model["gru_float_chain"], "data": data, "judged": model["gru_float_chain"]}
    refused = engine.observe(Job("float_outputs_of_data", {}, quantized))
    assert refused.detail == "the float model is quantized: give the model before quantization"
    states = {"model": model["gru_float"], "data": npz(engine, {"input": (3, 4), "state_h_in": (8,)})}
    other = engine.observe(
        Job("float_outputs_of_data", {}, {**states, "judged": engine.store.add_file(samples / "gru_transfer.tflite")})
    )
    assert (
        "it is not clear how 'input' (3, 4) of one model and 'state_h_in' (8,), 'input' (3, 4) of the other"
        in other.detail
    )
