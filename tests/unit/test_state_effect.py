"""A QUANTIZE on a state output gives what the host's rescale gives, on random scales, kernels and the NPU."""

from __future__ import annotations

from typing import Any

import pytest

from harness.checks import state_quantize_is_exact
from harness.engine import Engine
from harness.evidence import StateEffect
from harness.jobs import Job
from harness.kernels import installed
from harness.stages import LITERT, STAGES, VELA, Stage

SCALES, ZEROS = [0.05, 0.03, 0.04], [3, -7, 11]


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "state_effect_of", Stage("state_stages:state_effect_of", LITERT))
    monkeypatch.setitem(STAGES, "rescaled_on_the_npu", Stage("state_stages:rescaled_on_the_npu", VELA))


def effect(engine: Engine, **changes: object) -> dict[str, Any]:
    arguments = {"dtype": "int8", "scales": SCALES, "zeros": ZEROS, **changes}
    value: dict[str, Any] = engine.observe(Job("state_effect_of", arguments)).value
    return value


def test_the_effect_of_the_repair_is_the_rescale(engine: Engine) -> None:
    said = effect(engine)
    assert len(said["changes"]) == 1
    seen = StateEffect.from_plain(said["effect"])
    assert seen.states == ("h_out",)
    assert set(seen.kernels) == set(installed()) >= {"litert_reference", "litert_default"}
    assert {output: distance.values for output, distance in seen.kernels["litert_reference"].items()} == {
        "h_out": 26 * 16,
        "y": 26 * 16,
    }
    assert state_quantize_is_exact(seen)


def test_a_model_that_computes_something_else_is_seen(engine: Engine) -> None:
    said = effect(engine, spoil=True)
    assert not state_quantize_is_exact(StateEffect.from_plain(said["effect"]))


@pytest.mark.parametrize("dtype", ["int8", "int16"])
@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u65-256", "ethos-u85-256"])
def test_the_npu_computes_the_rescale(engine: Engine, dtype: str, accelerator: str) -> None:
    said = engine.observe(Job("rescaled_on_the_npu", {"dtype": dtype, "accelerator": accelerator, "count": 12})).value
    assert said["values"] > 3000
    assert said["differing"] == 0
