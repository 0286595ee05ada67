"""The repair changes no value, leaves no float behind, and leaves alone whatever its proof does not cover."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine import Engine
from harness.evidence import ModelView
from harness.jobs import Field, Job
from harness.kernels import installed
from harness.outcome import Outcome
from harness.stages import LITERT, STAGES, Stage

Whole = Callable[[Outcome], Any]
CHAINS = ("gru_float_chain", "lstm_float_chain")
RANDOM_SAMPLES = 40


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, function in {"operation": "operate", "checked_repair": "repair_after", "comparison": "compare"}.items():
        monkeypatch.setitem(STAGES, name, Stage(f"surgery:{function}", LITERT))


def sample(engine: Engine, samples: Path, name: str, cut: str = "none") -> Field:
    """A sample model after a cut."""
    file = engine.store.add_file(samples / f"{name}.tflite")
    return Field(Job("operation", {"cut": cut}, {"model": file}), "model")


def repaired(model: Field) -> Job:
    return Job("repair", {}, {"model": model})


def view(engine: Engine, model: Field) -> ModelView:
    return ModelView.from_plain(engine.observe(Job("inspection", {}, {"model": model})).value)


def names(seen: ModelView) -> list[str]:
    return [operator.name for _, operator in seen.operators]


@pytest.mark.parametrize(("name", "gone"), [("gru_float_chain", 3), ("lstm_float_chain", 4)])
def test_the_float_chain_becomes_one_int8_split(engine: Engine, samples: Path, name: str, gone: int) -> None:
    before = sample(engine, samples, name)
    outcome = engine.observe(repaired(before))
    assert outcome.value["refused"] == []
    (change,) = outcome.value["changes"]
    assert f"became an int8 SPLIT: {gone + 1} float operators fewer, every value unchanged" in change
    seen, after = view(engine, before), view(engine, Field(repaired(before), "model"))
    assert len(names(after)) == len(names(seen)) - gone
    assert not {"QUANTIZE", "DEQUANTIZE"} & set(names(after))
    assert {tensor.dtype for tensor in after.tensors} <= {"int8", "int32"}
    assert names(after).count("SPLIT") == names(seen).count("SPLIT")


@pytest.mark.parametrize("kernel", installed())
@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("cut", ["none", "a shared DEQUANTIZE", "quantized twice", "a quantized output"])
def test_no_output_changes_by_a_bit(engine: Engine, samples: Path, name: str, cut: str, kernel: str) -> None:
    before = sample(engine, samples, name, cut)
    assert engine.observe(repaired(before)).value["changes"]
    models = {"first": before, "second": Field(repaired(before), "model")}
    arguments = {"seed": 7, "samples": RANDOM_SAMPLES, "kernel": kernel}
    compared = engine.observe(Job("comparison", arguments, models)).value
    first, second = compared["first"], compared["second"]
    assert set(first) == set(second) >= {"output"}
    for output in first:
        assert np.array_equal(first[output], second[output])
    assert len(np.unique(first["output"], axis=0)) > RANDOM_SAMPLES
    assert {-128, 127} <= set(np.unique(compared["inputs"]["input"]).tolist())


def test_the_comparison_sees_a_model_that_computes_something_else(engine: Engine, samples: Path) -> None:
    models = {name: sample(engine, samples, "gru_float_chain", cut) for name, cut in _DIFFERENT.items()}
    compared = engine.observe(Job("comparison", {"seed": 7, "samples": RANDOM_SAMPLES}, models)).value
    assert not np.array_equal(compared["first"]["output"], compared["second"]["output"])


_DIFFERENT = {"first": "none", "second": "swapped outputs"}


@pytest.mark.parametrize("name", CHAINS)
def test_the_interface_of_the_model_stays(engine: Engine, samples: Path, name: str) -> None:
    before = sample(engine, samples, name)
    job = Job("inspection", {}, {"model": Field(repaired(before), "model")})
    plain = engine.observe(job).value
    (signature,) = plain["signatures"]
    tensors = plain["subgraphs"][0]["tensors"]
    assert {key: tensors[index]["name"] for key, index in signature["inputs"].items()} == {"input": "input"}
    assert {key: tensors[index]["name"] for key, index in signature["outputs"].items()} == {"output": "output"}


@pytest.mark.parametrize("name", CHAINS)
def test_a_repaired_model_needs_no_repair(engine: Engine, samples: Path, whole: Whole, name: str) -> None:
    once = repaired(sample(engine, samples, name))
    twice = whole(engine.observe(repaired(Field(once, "model"))))
    assert twice == {"model": whole(engine.observe(once))["model"], "changes": [], "refused": []}


@pytest.mark.parametrize("name", ["gru_transfer", "lstm_transfer", "gru_compiled"])
def test_a_model_without_a_float_chain_comes_back_byte_for_byte(
    engine: Engine, samples: Path, whole: Whole, name: str
) -> None:
    path = samples / f"{name}.tflite"
    value = whole(engine.observe(Job("repair", {}, {"model": engine.store.add_file(path)})))
    assert value == {"model": path.read_bytes(), "changes": [], "refused": []}


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(
    ("cut", "reason"),
    [
        ("another scale", "requantized to another scale or zero point"),
        ("the next scale", "requantized to another scale or zero point"),
        ("another zero point", "requantized to another scale or zero point"),
        ("a graph output", "feeds something else than QUANTIZE: its float values are used"),
        ("a further user", "feeds something else than QUANTIZE: its float values are used"),
        ("no DEQUANTIZE", "is not fed by a DEQUANTIZE: its input is a float value"),
        ("another producer", "is not fed by a DEQUANTIZE: its input is a float value"),
        ("int16", "does not start from an int8 tensor with one scale"),
        ("quantized twice, once as output", "is quantized twice, once into an output of the graph"),
        ("two scales", "does not start from an int8 tensor with one scale"),
    ],
)
def test_what_the_proof_does_not_cover_is_left_alone(
    engine: Engine, samples: Path, name: str, cut: str, reason: str
) -> None:
    file = engine.store.add_file(samples / f"{name}.tflite")
    value = engine.observe(Job("checked_repair", {"cut": cut}, {"model": file})).value
    assert (value["untouched"], value["changes"]) == (True, [])
    (refusal,) = value["refused"]
    assert reason in refusal


def test_a_float_model_is_left_alone(engine: Engine, samples: Path) -> None:
    file = engine.store.add_file(samples / "gru_float.tflite")
    value = engine.observe(Job("checked_repair", {"cut": "none"}, {"model": file})).value
    assert value["untouched"]
    assert len(value["refused"]) == 3


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "harness.repair", *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


def test_the_command_writes_the_repaired_model(engine: Engine, samples: Path, whole: Whole, tmp_path: Path) -> None:
    path, written = samples / "gru_float_chain.tflite", tmp_path / "repaired.tflite"
    ran = command(path, written)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "became an int8 SPLIT" in ran.stdout
    stage = engine.observe(Job("repair", {}, {"model": engine.store.add_file(path)}))
    assert written.read_bytes() == whole(stage)["model"]


def test_the_command_says_what_it_left(samples: Path, tmp_path: Path) -> None:
    ran = command(samples / "gru_float.tflite", tmp_path / "same.tflite")
    assert ran.returncode == 1
    assert "nothing to repair\nleft as it is: float SPLIT" in ran.stdout
    assert (tmp_path / "same.tflite").read_bytes() == (samples / "gru_float.tflite").read_bytes()


def test_the_command_mends_the_states_that_are_named(samples: Path, tmp_path: Path) -> None:
    path, written = samples / "lstm_transfer.tflite", tmp_path / "repaired.tflite"
    assert command(path, written).stdout == "nothing to repair\n"
    assert command(path, written, "--states").stdout == "nothing to repair\n"
    ran = command(path, written, "--states", "--pair", "state_h_out=state_c_in")
    assert ran.returncode == 0
    assert ran.stdout.startswith(
        "state output state_h_out got a QUANTIZE to the scale 0.00763479853 and zero point -25 of"
    )
    assert written.read_bytes() != path.read_bytes()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pair", "state_h_out=state_h_in"), "--pair names a state to repair: give --states too"),
        (("--states", "--pair", "h=state_h_in"), "gru_transfer.tflite: the model has no output h for a state pair"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    samples: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    ran = command(samples / "gru_transfer.tflite", tmp_path / "out.tflite", *options)
    assert ran.returncode == 2
    assert message in ran.stderr
    assert not (tmp_path / "out.tflite").exists()


@pytest.mark.parametrize(
    ("content", "message"), [(None, "cannot be read: No such file or directory"), (b"text", "is not a TFLite file")]
)
def test_the_command_refuses_what_is_no_model(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "model.tflite"
    if content is not None:
        path.write_bytes(content)
    ran = command(path, tmp_path / "out.tflite")
    assert ran.returncode == 2
    assert f"{path}: " in ran.stderr
    assert message in ran.stderr
    assert not (tmp_path / "out.tflite").exists()
