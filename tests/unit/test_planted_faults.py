"""Faults that are planted in real files are found by the claim that is about them, and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checks import Verdict, computes_in_integers, has_exact_bias_scales, shares_weights
from harness.engine import Engine
from harness.evidence import ModelView
from harness.jobs import Field, Job
from harness.stages import LITERT, STAGES, Stage

FAULTS: dict[str, tuple[str, str, str, Callable[[ModelView], Verdict], str]] = {
    "a duplicated weight buffer": ("gru_transfer", "gru_transfer", "copied weights", shares_weights, "in 2 copies"),
    "a wrong bias scale": ("lstm_float_chain", "lstm_float_chain", "bias scale", has_exact_bias_scales, "up to 1.5"),
    "a float SPLIT island": ("gru_transfer", "gru_float_chain", "none", computes_in_integers, "SPLIT"),
}
"""A sound file, the file and the cut that make it a wrong one, the claim, and words of its verdict."""


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "operation", Stage("surgery:operate", LITERT))


def view(engine: Engine, path: Path, cut: str) -> ModelView:
    operated = Job("operation", {"cut": cut}, {"model": engine.store.add_file(path)})
    return ModelView.from_plain(engine.observe(Job("inspection", {}, {"model": Field(operated, "model")})).value)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_and_named(engine: Engine, samples: Path, fault: str) -> None:
    sound, wrong, cut, claim, words = FAULTS[fault]
    assert claim(view(engine, samples / f"{sound}.tflite", "none"))
    verdict = claim(view(engine, samples / f"{wrong}.tflite", cut))
    assert not verdict
    assert words in str(verdict)
