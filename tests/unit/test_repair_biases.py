"""An operator whose bias is at another scale gets its own; values come nearer, and what cannot be proven stays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.engine import Engine
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage

SHARED = {"dtype": "int16", "given": [0.001, 0.004, 0.001], "weights": [0.02], "factor": 1.0, "seed": 0}
VALUES = [700_000, -250_001, 3, 0]


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("shared_bias", "spoiled_bias"):
        monkeypatch.setitem(STAGES, name, Stage(f"bias_stages:{name}", LITERT))


def shared(engine: Engine, **changes: object) -> dict[str, Any]:
    value: dict[str, Any] = engine.observe(Job("shared_bias", {**SHARED, "values": VALUES, **changes})).value
    return value


def biases(said: dict[str, Any]) -> list[dict[str, Any]]:
    """The bias of each operator."""
    (graph,) = said["model"]["subgraphs"]
    return [graph["tensors"][operator["inputs"][2]] for operator in graph["operators"]]


def error(runs: dict[str, Any], meant: dict[str, Any], output: str) -> float:
    return float(np.abs(runs[output] - meant[output]).max())


def test_each_operator_adds_what_the_bias_says(engine: Engine) -> None:
    said = shared(engine)
    assert said["refused"] == []
    (change,) = said["changes"]
    assert change == "bias bias of y_1 got the scale that kernels assume, off by a factor of up to 4 before"
    for runs in said["kernels"].values():
        lsb = {name: np.abs(array).max() / 32767 for name, array in said["meant"].items()}
        assert error(runs["before"], said["meant"], "y_1") > 1000 * lsb["y_1"]
        for output, array in runs["after"].items():
            assert error(runs["after"], said["meant"], output) < 2 * lsb[output]
            assert output == "y_1" or np.array_equal(array, runs["before"][output])


def test_operators_that_need_the_same_scales_share_one_bias(engine: Engine) -> None:
    said = shared(engine, given=[0.001, 0.004, 0.004, 0.002])
    assert len(said["changes"]) == 3
    first, second, third, fourth = biases(said)
    assert second == third
    assert len({bias["buffer"] for bias in (first, second, fourth)}) == 3
    assert [bias["scales"] for bias in (first, second, fourth)] == [
        [pytest.approx(scale * 0.02, rel=1e-6)] for scale in (0.001, 0.004, 0.002)
    ]


def test_a_bias_that_nothing_uses_any_more_is_gone(engine: Engine) -> None:
    said = shared(engine, given=[0.001], factor=3.0)
    assert [bias["name"] for bias in biases(said)] == ["bias_4"]
    names = [tensor["name"] for tensor in said["model"]["subgraphs"][0]["tensors"]]
    assert "bias" not in names


def test_channels_have_scales_of_their_own(engine: Engine) -> None:
    said = shared(engine, weights=[0.02, 0.001, 0.3, 0.05])
    assert len(said["changes"]) == 1
    assert biases(said)[1]["scales"] == pytest.approx([0.004 * scale for scale in (0.02, 0.001, 0.3, 0.05)], rel=1e-6)


@pytest.mark.parametrize("dtype", ["int8", "int16"])
def test_sound_biases_stay(engine: Engine, dtype: str) -> None:
    said = shared(engine, given=[0.001, 0.001], dtype=dtype)
    assert (said["untouched"], said["changes"], said["refused"]) == (True, [], [])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dtype": "int8", "given": [0.004, 0.001], "values": [2**30, 0, 0, 0]}, "y_1 overflows int32 at the scale"),
        ({"given": [0.004, 0.001], "values": [2**38, 0, 0, 0]}, "y_1 overflows int64 at the scale"),
    ],
    ids=["int32", "int64"],
)
def test_a_bias_that_would_overflow_is_left_alone(engine: Engine, changes: dict[str, Any], reason: str) -> None:
    said = shared(engine, **changes)
    assert (said["untouched"], said["changes"]) == (True, [])
    (refusal,) = said["refused"]
    assert reason in refusal


def spoiled(engine: Engine, spoil: str) -> dict[str, Any]:
    value: dict[str, Any] = engine.observe(Job("spoiled_bias", {"spoil": spoil})).value
    return value


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("a zero point", "is no constant of int32 or int64 around zero"),
        ("computed", "is no constant of int32 or int64 around zero"),
        ("infinite weights", "has scales that are no product"),
        ("a scale of nothing", "has scales that are no product"),
        ("two scales of the input", "has scales that are no product"),
        ("too many scales", "has 3 values for 4 scales"),
    ],
)
def test_what_the_proof_does_not_cover_is_left_alone(engine: Engine, spoil: str, reason: str) -> None:
    said = spoiled(engine, spoil)
    assert (said["untouched"], said["changes"]) == (True, [])
    assert said["refused"]
    assert all(reason in refusal for refusal in said["refused"])


def test_a_bias_that_says_no_scale_is_none_of_ours(engine: Engine) -> None:
    assert spoiled(engine, "no scale") == {"untouched": True, "changes": [], "refused": []}


def test_the_same_operator_with_another_scale_is_mended(engine: Engine) -> None:
    said = spoiled(engine, "another scale")
    assert said["refused"] == []
    assert "off by a factor of up to 1.5 before" in said["changes"][0]
