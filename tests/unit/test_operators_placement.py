"""Whole models are placed as predicted, and what cannot be predicted is said to be unknown."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from constraint_row import U55, U85
from placement_stages import TARGETS
from predicting import named_model, predicted, value

from harness.engine import Engine
from harness.jobs import Job

FAMILY_OF = {"u55": U55, "u65": U55, "u85": U85}
pytestmark = pytest.mark.usefixtures("prediction_stages")


@pytest.mark.parametrize(
    "sample", ["gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain", "gru_float", "gru_looped_float"]
)
@pytest.mark.parametrize("target", TARGETS)
def test_a_recurrent_model_is_placed_as_predicted(engine: Engine, samples: Path, sample: str, target: str) -> None:
    agree(engine, samples / f"{sample}.tflite", target)


@pytest.mark.parametrize("sample", ["small_cnn", "conv", "depthwise", "average_pool", "max_pool", "min_max", "softmax"])
@pytest.mark.parametrize("target", TARGETS)
def test_a_convolutional_model_is_placed_as_predicted(engine: Engine, samples: Path, sample: str, target: str) -> None:
    agree(engine, samples.parent / "npu" / "data" / f"{sample}.tflite", target)


def test_an_operator_that_is_kept_off_the_npu_is_not_where_it_was_predicted(engine: Engine, samples: Path) -> None:
    differing = differences(engine, samples / "gru_transfer.tflite", "u55", ignore_ops="TANH")
    assert Counter(name for name, *_ in differing) == {"TANH": 3}


def agree(engine: Engine, path: Path, target: str) -> None:
    assert differences(engine, path, target) == []


def differences(engine: Engine, path: Path, target: str, **options: str) -> list[tuple[str, str, str]]:
    """Name, predicted and compiled placement of the operators that are not where they were predicted."""
    names = dict(zip(("accelerator", "system_config", "memory_mode"), TARGETS[target], strict=True))
    inputs = {"model": engine.store.add_file(path)}
    placement = value(engine.observe(Job("compilation", {**names, **options}, inputs)))["placement"]
    on_cpu = {(operator["subgraph"], operator["tensor"]) for operator in placement["on_cpu"]}
    found = [
        (operator["name"], operator["families"][FAMILY_OF[target]]["placement"], "cpu" if key in on_cpu else "npu")
        for operator in predicted(engine, path)["operators"]
        for key in [(operator["subgraph"], operator["tensor"])]
    ]
    assert found
    return [entry for entry in found if entry[1] != entry[2]]


def test_a_sentence_that_nobody_knows_is_counted_and_not_guessed(engine: Engine, samples: Path) -> None:
    inputs = {"model": engine.store.add_file(samples / "gru_float_chain.tflite")}
    prediction = value(engine.observe(Job("predict_in_words", {"text": "The moon must be full."}, inputs)))
    placements = Counter(operator["families"][U55]["placement"] for operator in prediction["operators"])
    # What is violated is on the CPU whatever the moon does; a DEQUANTIZE has no constraints at all.
    assert set(placements) == {"cpu", "unknown"}
    assert prediction["undecided"][U55] == {"The moon must be full.": len(prediction["operators"]) - 1}
    assert prediction["undecided"][U55] == prediction["undecided"][U85]


def test_an_operator_without_what_the_sentence_is_about_is_undecided(engine: Engine) -> None:
    prediction = named_model(engine, [["CONV_2D", "a"]])
    (operator,) = prediction["operators"]
    assert operator["families"][U55]["placement"] == "unknown"
    assert any(text.startswith("Weight tensors") for text in prediction["undecided"][U55])


def test_a_damaged_file_is_refused(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:4000])
    outcome = engine.observe(Job("operators", {}, {"model": engine.store.add_file(path)}))
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
