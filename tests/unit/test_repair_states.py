"""A state output gets a QUANTIZE to the scale of its input; nothing else changes, and what is equal stays."""

from __future__ import annotations

from typing import Any

import pytest
from test_contract import C_IN, C_OUT, H_IN, H_OUT, X, Y, named

from harness.engine import Engine
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage

OUTPUTS, INPUTS = [Y, H_OUT, C_OUT], [X, H_IN, C_IN]


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "states_repaired", Stage("state_stages:states_repaired", LITERT))


def repaired(engine: Engine, outputs: list[Any], inputs: list[Any], **more: object) -> dict[str, Any]:
    value: dict[str, Any] = engine.observe(Job("states_repaired", {"outputs": outputs, "inputs": inputs, **more})).value
    return value


def ports(plain: dict[str, Any], side: str) -> list[dict[str, Any]]:
    (graph,) = plain["subgraphs"]
    return [graph["tensors"][index] for index in graph[side]]


def test_only_the_output_that_differs_is_rescaled(engine: Engine) -> None:
    said = repaired(engine, OUTPUTS, INPUTS)
    assert said["refused"] == []
    (change,) = said["changes"]
    assert change.startswith("state output state_h_out got a QUANTIZE to the scale 0.00700000022 and zero point -2 of")
    before, after = said["before"], said["after"]
    assert ports(after, "inputs") == ports(before, "inputs")
    y, hidden, cell = ports(after, "outputs")
    assert [y, cell] == [ports(before, "outputs")[0], ports(before, "outputs")[2]]
    target = ports(after, "inputs")[1]
    assert (hidden["name"], hidden["shape"], hidden["dtype"]) == ("state_h_out", [1, 32], "int8")
    assert (hidden["scales"], hidden["zero_points"]) == (target["scales"], target["zero_points"])
    *kept, last = after["subgraphs"][0]["operators"]
    assert kept == before["subgraphs"][0]["operators"]
    inner = after["subgraphs"][0]["tensors"][last["inputs"][0]]
    assert (last["name"], inner) == ("QUANTIZE", {**ports(before, "outputs")[1], "name": "state_h_out_unscaled"})


def test_the_signature_names_the_rescaled_output(engine: Engine) -> None:
    names = {name: name for name in ("y", "state_h_out", "state_c_out", "x", "state_h_in", "state_c_in")}
    after = repaired(engine, OUTPUTS, INPUTS, signature=names)["after"]
    tensors = after["subgraphs"][0]["tensors"]
    (signature,) = after["signatures"]
    assert {key: tensors[index]["name"] for key, index in signature["outputs"].items()} == {
        name: name for name in ("y", "state_h_out", "state_c_out")
    }


def test_a_repaired_state_needs_no_repair(engine: Engine) -> None:
    said = repaired(engine, OUTPUTS, INPUTS)
    assert (len(said["changes"]), said["again"]) == (1, [])


@pytest.mark.parametrize(
    ("outputs", "inputs", "more"),
    [
        ([Y, C_OUT], [X, C_IN], {}),
        ([Y], [X], {}),
        (OUTPUTS, INPUTS, {"pairs": []}),
        ([Y, named(H_OUT, "h", dtype="float32", scale=0)], [X, named(H_IN, "h_in", dtype="float32", scale=0)], {}),
    ],
    ids=["equal", "no states", "none by name", "float"],
)
def test_a_model_that_needs_nothing_comes_back_as_it_is(
    engine: Engine, outputs: list[Any], inputs: list[Any], more: dict[str, Any]
) -> None:
    said = repaired(engine, outputs, inputs, **more)
    assert (said["untouched"], said["changes"], said["refused"]) == (True, [], [])


@pytest.mark.parametrize(
    ("outputs", "inputs", "more", "reason"),
    [
        ([Y, H_OUT, H_OUT], [X, H_IN], {"pairs": [["state_h_out", "state_h_in"]]}, "state_h_out is 2 outputs of the"),
        ([Y, H_OUT], [X, named(H_IN, "state_h_in", dtype="int16")], {}, "is int16 (1, 32): not one state"),
        (
            [Y, named(H_OUT, "p"), named(H_OUT, "q")],
            [X, named(H_IN, "a"), named(H_IN, "b")],
            {},
            "states without a partner: p, q, a, b",
        ),
        ([Y], [X, named(H_OUT, "h"), H_IN], {"pairs": [["h", "state_h_in"]], "through": "h"}, "h is an input of the"),
    ],
    ids=["an output twice", "two types", "no partner", "an input"],
)
def test_what_the_proof_does_not_cover_is_left_alone(
    engine: Engine, outputs: list[Any], inputs: list[Any], more: dict[str, Any], reason: str
) -> None:
    said = repaired(engine, outputs, inputs, **more)
    assert (said["untouched"], said["changes"]) == (True, [])
    (refusal,) = said["refused"]
    assert reason in refusal


@pytest.mark.parametrize(("dtype", "version"), [("int8", 1), ("int16", 2)])
def test_the_operator_has_the_version_of_its_type(engine: Engine, dtype: str, version: int) -> None:
    ends = [named(port, port[0], dtype=dtype, zero=0) for port in (H_OUT, H_IN)]
    said = repaired(engine, [Y, ends[0]], [X, ends[1]])
    assert said["after"]["subgraphs"][0]["operators"][-1]["name"] == "QUANTIZE"
    assert said["versions"][-1] == version
