"""The rounding oracle computes each operator as LiteRT's reference kernels do, and shows what is wrong in a model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rounding_stages import FLOAT_STEP
from single_operators import CASES, FURTHER, SINGLES, WRONG

from harness.engine import Engine
from harness.expected import MOVES, OPERATORS
from harness.jobs import Job
from harness.outcome import Outcome
from harness.stages import LITERT, STAGES, Stage

ROUNDING_IN_KERNELS_LSB = 1
SAMPLES = ("gru_transfer", "lstm_transfer", "gru_float_chain", "lstm_float_chain")


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compare_single", "compare_sample", "refuse", "watch"):
        monkeypatch.setitem(STAGES, name, Stage(f"rounding_stages:{name}", LITERT))


def observe(engine: Engine, path: Path, stage: str, **arguments: str) -> Outcome:
    return engine.observe(Job(stage, arguments, {"model": engine.store.add_file(path)}))


def test_every_operator_is_tried() -> None:
    assert set(SINGLES) == set(OPERATORS)


@pytest.mark.parametrize("case", [*SINGLES, *FURTHER])
def test_operators_are_those_of_the_reference_kernels(engine: Engine, case: str) -> None:
    outcomes = [engine.submit(Job("compare_single", {"case": case, "seed": seed})) for seed in range(3)]
    distances = [outcome.result().value["lsb"] for outcome in outcomes]
    allowed = 0 if CASES[case][0] in MOVES else ROUNDING_IN_KERNELS_LSB
    assert max(distances) <= allowed + FLOAT_STEP


@pytest.mark.parametrize("name", SAMPLES)
def test_whole_models_differ_by_what_kernels_round(engine: Engine, samples: Path, name: str) -> None:
    outcome = observe(engine, samples / f"{name}.tflite", "compare_sample")
    assert outcome.value["sqnr_db"] > 30  # measured: 37 to 47


@pytest.mark.parametrize("case", WRONG)
def test_kernels_that_do_not_compute_what_the_scales_say_are_told(engine: Engine, case: str) -> None:
    assert engine.observe(Job("compare_single", {"case": case, "seed": 0})).value["lsb"] > 10


@pytest.mark.parametrize(
    ("cut", "sentence"),
    [
        ("a foreign operator", "does not know the operator ELU"),
        ("a foreign activation", "does not know the fused activation 4 of ADD"),
        ("an infinite scale", "has a scale that is not finite"),
        ("a short constant", "is no int8 (24, 4)"),
        ("another input", "input another is missing: give (8,) for each sequence"),
        ("a reversed shape", "TANH gives [(1, 8)] where the model says [(8, 1)]"),
        ("computed weights", "FULLY_CONNECTED with constant weights only"),
        ("an ellipsis", "STRIDED_SLICE without ellipsis"),
    ],
)
def test_what_the_oracle_cannot_compute_is_named(engine: Engine, samples: Path, cut: str, sentence: str) -> None:
    outcome = observe(engine, samples / "gru_transfer.tflite", "refuse", cut=cut)
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert sentence in outcome.detail


def test_a_whole_model_is_not_refused(engine: Engine, samples: Path) -> None:
    assert observe(engine, samples / "gru_transfer.tflite", "refuse", cut="none").done


def test_watched_tensors_are_on_their_grid_with_rounding_and_off_it_without(engine: Engine, samples: Path) -> None:
    seen = observe(engine, samples / "gru_transfer.tflite", "watch").value
    assert len(seen["candidates"]) == 3
    for name in seen["candidates"]:
        steps = seen["rounded"][name] * 128  # TANH in int8 has the scale 1/128
        assert steps.shape == (5, 8)
        np.testing.assert_array_equal(steps, np.rint(steps))
        rough = seen["unrounded"][name] * 128
        assert 0 < np.abs(rough - steps).max() < 12
        assert np.abs(rough - np.rint(rough)).max() > 0.4


def test_a_loaded_model_gives_the_same_each_time(engine: Engine, samples: Path) -> None:
    seen = observe(engine, samples / "gru_transfer.tflite", "watch").value
    assert set(seen["loaded"]) == set(seen["rounded"])
    for name, array in seen["rounded"].items():
        np.testing.assert_array_equal(seen["loaded"][name], array)
