"""States are paired by name, else by shape; their bytes are rescaled as the reference kernel of QUANTIZE does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.contract import fixed_point, fresh, rescale
from harness.engine import Engine, Outcome
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage

X, Y = ["x", [1, 8, 28], "int8", 0.1, 3], ["y", [1, 10], "int8", 1 / 256, -128]
H_OUT, H_IN = ["state_h_out", [1, 32], "int8", 0.0078125, 4], ["state_h_in", [1, 32], "int8", 0.0070, -2]
C_OUT, C_IN = ["state_c_out", [1, 32], "int8", 0.05, 0], ["state_c_in", [1, 32], "int8", 0.05, 0]


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "contract_of", Stage("state_stages:contract_of", LITERT))


def observed(engine: Engine, outputs: list[Any], inputs: list[Any], **more: object) -> Outcome:
    return engine.observe(Job("contract_of", {"outputs": outputs, "inputs": inputs, **more}))


def named(port: list[Any], name: str, **changes: object) -> list[Any]:
    fields = dict(zip(("name", "shape", "dtype", "scale", "zero"), port, strict=True), name=name, **changes)
    return list(fields.values())


def pairs(outcome: Outcome) -> list[tuple[str, str, str]]:
    return [(pair["state"], pair["output"], pair["input"]) for pair in outcome.value["pairs"]]


@pytest.mark.parametrize(
    ("output", "source", "stem"),
    [
        ("state_h_out", "state_h_in", "state_h"),
        ("out_h", "in_h", "h"),
        ("h", "h_in", "h"),
        ("H.Output", "H.Input", "h"),
        ("output/hidden:0", "serving_default_hidden_input:0", "hidden"),
        ("layer_2_h_out", "layer_2_h_in", "layer_2_h"),
    ],
)
def test_one_stem_is_one_state(engine: Engine, output: str, source: str, stem: str) -> None:
    # By their shapes alone, these could be the state as well.
    more = [named(H_OUT, "logits")], [named(H_IN, "features")]
    outcome = observed(engine, [Y, named(H_OUT, output), *more[0]], [X, named(H_IN, source), *more[1]])
    assert pairs(outcome)[0] == (stem, output, source)


def test_names_of_the_signature_come_first(engine: Engine) -> None:
    outputs, inputs = [Y, named(H_OUT, "call:1"), named(C_OUT, "call:2")], [X, named(H_IN, "a"), named(C_IN, "b")]
    names = {"y": "y", "call:1": "h_out", "call:2": "c_out", "x": "x", "a": "h_in", "b": "c_in"}
    outcome = observed(engine, outputs, inputs, signature=names)
    assert pairs(outcome) == [("h", "call:1", "a"), ("c", "call:2", "b")]
    chosen = observed(engine, outputs, inputs, signature=names, pairs=[["c_out", "h_in"]])
    assert pairs(chosen) == [("h", "call:2", "a")]


def test_a_shape_that_only_two_have_is_a_state(engine: Engine) -> None:
    outcome = observed(engine, [named(H_OUT, "Identity_1"), Y], [X, named(H_IN, "arg0")])
    assert pairs(outcome) == [("arg0", "Identity_1", "arg0")]
    assert outcome.value["unpaired"] == []


@pytest.mark.parametrize(
    ("outputs", "inputs", "unpaired"),
    [
        ([Y, named(H_OUT, "p"), named(H_OUT, "q")], [X, named(H_IN, "a"), named(H_IN, "b")], ["p", "q", "a", "b"]),
        ([named(H_OUT, "p"), named(H_OUT, "y")], [X, named(H_IN, "a")], ["p", "y", "a"]),
        ([Y], [X, H_IN], ["state_h_in"]),
        ([Y, named(H_OUT, "out_hidden")], [X], ["out_hidden"]),
        ([Y, named(H_OUT, "p"), named(X, "q")], [named(H_IN, "a"), X], ["p", "q", "a", "x"]),
    ],
    ids=["two alike", "an output too many", "no output", "no input", "no input left for the data"],
)
def test_what_cannot_be_told_is_named(
    engine: Engine, outputs: list[Any], inputs: list[Any], unpaired: list[str]
) -> None:
    outcome = observed(engine, outputs, inputs)
    assert (outcome.value["unpaired"], outcome.value["problems"]) == (unpaired, [])


@pytest.mark.parametrize(
    ("outputs", "inputs"),
    [
        ([Y], [X]),
        ([named(X, "output_1")], [named(X, "input_1")]),
        ([named(Y, "output_1"), named(X, "output_0")], [named(X, "input_0")]),
        ([Y], [named(X, "left"), named(X, "right")]),
    ],
    ids=["plain", "one to one", "numbers are no names", "two inputs"],
)
def test_a_model_without_states_has_none(engine: Engine, outputs: list[Any], inputs: list[Any]) -> None:
    assert observed(engine, outputs, inputs).value == {"pairs": [], "problems": [], "unpaired": []}


def test_given_pairs_are_all_that_there_are(engine: Engine) -> None:
    outputs, inputs = [Y, H_OUT, C_OUT], [X, H_IN, C_IN]
    assert len(pairs(observed(engine, outputs, inputs))) == 2
    crossed = observed(engine, outputs, inputs, pairs=[["state_c_out", "state_h_in"]])
    assert pairs(crossed) == [("state_h", "state_c_out", "state_h_in")]
    assert observed(engine, outputs, inputs, pairs=[]).value["pairs"] == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([["h", "state_h_in"]], "no output h for a state pair: its outputs are y, state_h_out"),
        ([["state_h_out", "h"]], "no input h for a state pair: its inputs are x, state_h_in"),
        ([["y", "state_h_in"], ["state_h_out", "state_h_in"]], "input state_h_in is in two state pairs"),
        ([["y", "x"], ["y", "state_h_in"]], "output y is in two state pairs"),
    ],
)
def test_a_wrong_name_is_refused(engine: Engine, given: list[list[str]], message: str) -> None:
    outcome = observed(engine, [Y, H_OUT], [X, H_IN], pairs=given)
    assert outcome.kind == "refused"
    assert message in outcome.detail


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shape": [1, 16]}, "state_h_out is int8 (1, 32), but state_h_in is int8 (1, 16): not one state"),
        ({"dtype": "int16"}, "but state_h_in is int16 (1, 32): not one state"),
        ({"scale": 0}, "only one of state_h_out and state_h_in is quantized"),
        ({"scale": float("inf")}, "state_h_in has scale"),
        ({"scale": 1e-8}, "no value of one is a value of the other"),
    ],
)
def test_a_pair_that_nothing_carries_over_is_a_problem(
    engine: Engine, changes: dict[str, object], message: str
) -> None:
    outcome = observed(engine, [Y, H_OUT], [X, named(H_IN, "state_h_in", **changes)])
    assert outcome.value["pairs"] == []
    (problem,) = outcome.value["problems"]
    assert message in problem


def test_wide_states_are_a_problem(engine: Engine) -> None:
    wide = [named(port, port[0], dtype="int32") for port in (H_OUT, H_IN)]
    assert (
        "is int32: a state is carried over as int8" in observed(engine, [Y, wide[0]], [X, wide[1]]).value["problems"][0]
    )


def test_states_in_float_are_copied(engine: Engine) -> None:
    plainly = [named(port, port[0], dtype="float32", scale=0) for port in (H_OUT, H_IN)]
    (pair,) = observed(engine, [Y, plainly[0]], [X, plainly[1]]).value["pairs"]
    assert (pair["equal"], pair["raw_error_lsb"], pair["output_scale"], fresh(pair)) == (True, 0, None, 0)
    values = np.array([0.25, -3], np.float32)
    assert rescale(values, pair) is values


def test_a_contract_tells_what_raw_bytes_cost(engine: Engine) -> None:
    (pair,) = observed(engine, [Y, H_OUT], [X, H_IN]).value["pairs"]
    values = np.arange(-128, 128)
    exact = np.clip((values - 4) * (0.0078125 / np.float64(np.float32(0.007))) - 2, -128, 127)
    off = np.abs(exact - values)
    assert not pair["equal"]
    assert pair["raw_error_lsb"] == round(off.max()) == 19
    assert pair["raw_error"] == pytest.approx(np.sqrt(np.mean(off**2)) * 0.007 / (255 * 0.0078125), rel=0.02)
    assert fresh(pair) == -2


def test_scales_that_differ_by_less_than_any_value_shows_are_equal(engine: Engine) -> None:
    almost = named(H_IN, "state_h_in", scale=float(np.nextafter(np.float32(0.0078125), np.float32(1))), zero=4)
    (pair,) = observed(engine, [Y, H_OUT], [X, almost]).value["pairs"]
    assert pair["output_scale"] != pair["input_scale"]
    assert (pair["equal"], pair["raw_error_lsb"], pair["raw_error"]) == (True, 0, 0.0)


def pair_of(ratio: float, dtype: str = "int8", zeros: tuple[int, int] = (0, 0)) -> dict[str, Any]:
    multiplier, shift = fixed_point(ratio)
    return {
        "dtype": dtype,
        "output_scale": ratio,
        "output_zero_point": zeros[0],
        "input_zero_point": zeros[1],
        "multiplier": multiplier,
        "shift": shift,
    }


@pytest.mark.parametrize(("ratio", "multiplier", "shift"), [(1.0, 2**30, 1), (0.5, 2**30, 0), (0.75, 3 * 2**29, 0)])
def test_a_ratio_is_a_multiplier_and_a_shift(ratio: float, multiplier: int, shift: int) -> None:
    assert fixed_point(ratio) == (multiplier, shift)
    assert fixed_point(np.nextafter(1.0, 0.0)) == (2**30, 1)


def test_a_rescale_rounds_ties_up_and_saturates() -> None:
    values = np.array([-128, -3, -1, 0, 1, 3, 127], np.int8)
    assert rescale(values, pair_of(0.5)).tolist() == [-64, -1, 0, 0, 1, 2, 64]
    assert rescale(values, pair_of(1.5)).tolist() == [-128, -4, -1, 0, 2, 5, 127]
    assert rescale(values, pair_of(1.0, zeros=(-3, 100))).tolist() == [-25, 100, 102, 103, 104, 106, 127]
    # Below one half, gemmlowp rounds twice: 0.4 to a half, and that to 1.
    assert rescale(np.array([1, -1], np.int8), pair_of(0.4)).tolist() == [1, -1]


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "harness.contract", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_says_that_bytes_may_be_copied(samples: Path) -> None:
    ran = command(samples / "gru_transfer.tflite")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "state_h: state_h_out -> state_h_in, int8 [1, 8], scale 0.00560185499, zero point -5" in ran.stdout
    assert ran.stdout.endswith("equal, copy the bytes; reset to -5\n")
    assert command(samples / "gru_float_chain.tflite").stdout.startswith("no states")


def test_the_command_says_what_raw_bytes_cost_and_writes_the_c(samples: Path, tmp_path: Path) -> None:
    header = tmp_path / "my state.h"
    ran = command(samples / "lstm_transfer.tflite", "--pair", "state_h_out=state_c_in", "--c", header)
    assert ran.returncode == 1
    first, graph, host = ran.stdout.splitlines()
    assert "not equal, copied bytes are off by up to " in first
    assert "python -m harness.repair IN.tflite OUT.tflite --states" in graph
    assert "--c" in host
    assert "static inline void my_state_state_c_carry(" in header.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pair", "a=b"), "gru_transfer.tflite: the model has no output a for a state pair"),
        (("--pair", "a"), "'a' is no pair: write OUT=IN"),
        (("--pair", "=a"), "'=a' is no pair: write OUT=IN"),
        (("--c", "/dev/null/x.h"), "cannot write /dev/null/x.h"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(samples: Path, arguments: tuple[str, ...], message: str) -> None:
    ran = command(samples / "gru_transfer.tflite", *arguments)
    assert ran.returncode == 2
    assert message in ran.stderr
