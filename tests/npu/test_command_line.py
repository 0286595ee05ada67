from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.npu.command_line import BAD_INPUT, FOUND, OK, main

from .workshop import TARGETS, run

if TYPE_CHECKING:
    from pathlib import Path

    from .workshop import Workshop

MODEL = "rnn_transfer_32x8"


@pytest.fixture
def inputs(workshop: Workshop, tmp_path: Path) -> Path:
    path = tmp_path / "in.npz"
    np.savez(path, **workshop.expected(MODEL).inputs)
    return path


@pytest.mark.parametrize("rounding", ["hardware", "reference"])
def test_run_writes_the_outputs(workshop: Workshop, inputs: Path, tmp_path: Path, rounding: str) -> None:
    expected = workshop.expected(MODEL)
    outputs = tmp_path / "out.npz"
    compiled = str(workshop.compiled(MODEL, "u55-128"))
    assert main(["run", compiled, "--inputs", str(inputs), "--outputs", str(outputs), "--rounding", rounding]) == OK
    with np.load(outputs) as found:
        wanted = expected.double if rounding == "hardware" else expected.reference
        assert sorted(found.files) == sorted(wanted)
        for name, values in wanted.items():
            np.testing.assert_array_equal(found[name], values)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.npz", "out.npz"]


@pytest.mark.parametrize("accelerator", ["u55-128", "u65-512", "u85-256"])
@pytest.mark.parametrize("name", ["rnn_none_32x8", "gru_none_32x8", "lstm_none_32x8"])
def test_operators_on_the_cpu_run_too(workshop: Workshop, tmp_path: Path, name: str, accelerator: str) -> None:
    assert_exact_in_a_child(workshop, name, accelerator, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("style", ["transfer", "none"])
@pytest.mark.parametrize("accelerator", TARGETS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_large_recurrent_networks_are_exact(
    large_workshop: Workshop, tmp_path: Path, cell: str, accelerator: str, style: str
) -> None:
    assert_exact_in_a_child(large_workshop, f"{cell}_{style}_256x28", accelerator, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("accelerator", TARGETS)
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_stateless_networks_are_exact(workshop: Workshop, tmp_path: Path, cell: str, accelerator: str) -> None:
    assert_exact_in_a_child(workshop, f"{cell}_none_32x8", accelerator, tmp_path)


def assert_exact_in_a_child(workshop: Workshop, name: str, accelerator: str, folder: Path) -> None:
    """Run in a child, since LiteRT runs the operators that stay on the CPU."""
    expected = workshop.expected(name)
    np.savez(folder / "in.npz", **expected.inputs)
    compiled = str(workshop.compiled(name, accelerator))
    for rounding, wanted in (("reference", expected.reference), ("hardware", expected.double)):
        target = folder / f"{rounding}.npz"
        arguments = ["--inputs", str(folder / "in.npz"), "--outputs", str(target), "--rounding", rounding]
        run("-m", "harness.npu", "run", compiled, *arguments)
        with np.load(target) as found:
            for output, values in wanted.items():
                np.testing.assert_array_equal(found[output], values)


def test_audit_is_silent_or_finds(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    compiled = str(workshop.compiled(MODEL, "u55-128"))
    assert main(["audit", str(workshop.models / f"{MODEL}.tflite"), compiled]) == OK
    assert "channels compared: 522" in capsys.readouterr().out
    assert main(["audit", str(workshop.models / "softmax.tflite"), compiled]) == FOUND
    assert "weights: segment 0" in capsys.readouterr().out


def test_disassemble_prints_text(workshop: Workshop, capsys: pytest.CaptureFixture[str]) -> None:
    compiled, source = workshop.compiled(MODEL, "u85-256"), workshop.models / f"{MODEL}.tflite"
    assert main(["disassemble", str(compiled), "--source", str(source)]) == OK
    text = capsys.readouterr().out
    assert "Ethos-U85-256" in text
    assert "buffer 0" in text
    assert "step 7 of 8" in text


def test_a_closed_pipe_ends_quietly(workshop: Workshop) -> None:
    command = [sys.executable, "-m", "harness.npu", "disassemble", str(workshop.compiled(MODEL, "u85-2048"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.readline()
        child.stdout.close()
        assert child.stderr.read() == ""


def test_bad_input_is_one_sentence(
    workshop: Workshop, inputs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled, source = str(workshop.compiled(MODEL, "u55-128")), str(workshop.models / f"{MODEL}.tflite")
    other, text, out = tmp_path / "other.npz", tmp_path / "text.npz", str(tmp_path / "out.npz")
    np.savez(other, x=np.zeros((1, 2), np.int8))
    text.write_text("not arrays")
    missing = str(tmp_path / "missing")
    cases = [
        (["run", missing, "--inputs", str(inputs), "--outputs", out], missing),
        (["run", source, "--inputs", str(inputs), "--outputs", out], "compile it with Vela"),
        (["run", compiled, "--inputs", missing, "--outputs", out], missing),
        (["run", compiled, "--inputs", str(text), "--outputs", out], "numpy.savez"),
        (["run", compiled, "--inputs", str(other), "--outputs", out], "serving_default_x:0"),
        (["run", compiled, "--inputs", str(inputs), "--outputs", str(text / "out.npz")], "choose another place"),
        (["audit", str(text), compiled], "not a .tflite"),
        (["disassemble", str(text)], "not a .tflite"),
    ]
    for arguments, named in cases:
        assert main(arguments) == BAD_INPUT, arguments
        message = capsys.readouterr().err
        assert message.count("\n") == 1, message
        assert named in message
    assert not (tmp_path / "out.npz").exists()


@pytest.mark.parametrize("arguments", [[], ["runs"], ["run", "x"], ["run", "x", "--rounding", "up"]])
def test_wrong_usage_is_one_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == BAD_INPUT
    assert capsys.readouterr().err.count("\n") == 1
