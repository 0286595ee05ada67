"""Golden vectors are a stream with the states fed back, and a header that a C compiler takes and reads alike."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from harness.npu import Executor, InputError, load
from harness.npu.command_line import BAD_INPUT, OK, main
from harness.npu.golden import Golden, c_header, make_golden

COMPILED = Path(__file__).parent.parent / "models" / "gru_compiled.tflite"
CC = shutil.which("cc") or "cc"
FLAGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror")
PRINT_ALL = """
#include <stdio.h>
#include "golden.h"

static void print(const char *role, const struct golden_tensor *tensors, int count) {
    for (int index = 0; index < count; index++) {
        const struct golden_tensor *tensor = &tensors[index];
        printf("%s %s", role, tensor->name);
        for (size_t at = 0; at < GOLDEN_WINDOWS * tensor->bytes; at++)
            printf(" %d", ((const uint8_t *)tensor->data)[at]);
        printf("\\n");
    }
}

int main(void) {
    print("inputs", golden_inputs, GOLDEN_INPUTS);
    print("outputs", golden_outputs, GOLDEN_OUTPUTS);
    return 0;
}
"""


def compiled_and_run(folder: Path) -> dict[str, bytes]:
    """The bytes of each tensor as a C program sees them, by role and name."""
    (folder / "main.c").write_text(PRINT_ALL)
    subprocess.run([CC, *FLAGS, "main.c", "-o", "main"], cwd=folder, check=True)
    printed = subprocess.run([folder / "main"], capture_output=True, text=True, check=True).stdout
    lines = [line.split(" ") for line in printed.splitlines()]
    return {f"{role}/{name}": bytes(map(int, values)) for role, name, *values in lines}


def test_the_states_are_fed_back_in_the_integers_of_the_input() -> None:
    program = load(COMPILED.read_bytes())
    golden = make_golden(program, 5)
    scales = {place.name: (place.scales[0], place.zero_points[0]) for place in (*program.inputs, *program.outputs)}
    (out_scale, out_zero), (in_scale, in_zero) = scales["state_h_out"], scales["state_h_in"]
    assert (golden.inputs["state_h_in"][0] == in_zero).all()
    real = (golden.outputs["state_h_out"][:-1].astype(float) - out_zero) * out_scale
    assert (
        np.abs(real - (golden.inputs["state_h_in"][1:].astype(float) - in_zero) * in_scale).max() <= in_scale / 2 + 1e-6
    )
    again = Executor(program).run(golden.inputs)
    for name, values in golden.outputs.items():
        np.testing.assert_array_equal(again[name], values)
    assert len(np.unique(golden.outputs["state_h_out"], axis=0)) == 5


def test_a_state_is_found_by_its_shape_or_named() -> None:
    """Whatever the names: what differs between `golden.h` and the firmware must be the computation, not the state."""
    renamed = load(COMPILED.read_bytes().replace(b"state_h_in", b"memory_old"))
    usual = make_golden(load(COMPILED.read_bytes()), 4)
    for named in (None, [["state_h_out", "memory_old"]]):
        golden = make_golden(renamed, 4, {"input": usual.inputs["input"]}, named)
        np.testing.assert_array_equal(golden.inputs["memory_old"], usual.inputs["state_h_in"])
        np.testing.assert_array_equal(golden.outputs["state_h_out"], usual.outputs["state_h_out"])
    with pytest.raises(InputError, match=r"\['input', 'memory_old'\] needed"):
        make_golden(renamed, 4, {"input": usual.inputs["input"]}, [])


def test_the_command_tells_the_states(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["golden", str(COMPILED), str(tmp_path)]) == OK
    assert capsys.readouterr().out == "state state_h: state_h_out becomes state_h_in\n"
    assert main(["golden", str(COMPILED), str(tmp_path), "--pair", "h=state_h_in"]) == BAD_INPUT
    assert "the model has no output h for a state pair" in capsys.readouterr().err


def test_the_command_writes_an_archive_and_a_header_that_agree(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    given = rng.integers(-128, 128, (6, 3, 4)).astype(np.int8)
    np.savez(tmp_path / "in.npz", input=given)
    arguments = ["golden", str(COMPILED), str(tmp_path / "out"), "--windows", "4", "--inputs", str(tmp_path / "in.npz")]
    assert main(arguments) == OK
    with np.load(tmp_path / "out" / "golden.npz") as arrays:
        np.testing.assert_array_equal(arrays["inputs/input"], given[:4])
        wanted = {name: arrays[name].tobytes() for name in arrays.files}
    assert sorted(wanted) == ["inputs/input", "inputs/state_h_in", "outputs/output", "outputs/state_h_out"]
    assert compiled_and_run(tmp_path / "out") == wanted


def test_every_type_and_name_becomes_c(tmp_path: Path) -> None:
    limits = {name: np.iinfo(name) for name in ("int16", "int32", "uint8")}
    inputs = {name: np.array([[info.min, info.max]], name) for name, info in limits.items()}
    inputs["serving default:0"] = np.array([[0.1, -3.0]], np.float32)
    golden = Golden(inputs, {'a"b': np.array([[1]], np.int8)})
    (tmp_path / "golden.h").write_text(c_header(golden, "u55-128"))
    (tmp_path / "main.c").write_text('#include "golden.h"\nint main(void) { return GOLDEN_INPUTS != 4; }\n')
    subprocess.run([CC, *FLAGS, "main.c", "-o", "main"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "main"], check=True)
    assert re.search(r'"a\\"b", golden_output_0_a_b, 1', (tmp_path / "golden.h").read_text())


def test_wrong_inputs_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = load(COMPILED.read_bytes())
    with pytest.raises(InputError, match=r"\['x'\] given; \['input'\] needed"):
        make_golden(program, 2, {"x": np.zeros((2, 3, 4), np.int8)})
    with pytest.raises(InputError, match="has 2 windows; 3 asked for"):
        make_golden(program, 3, {"input": np.zeros((2, 3, 4), np.int8)})
    with pytest.raises(SystemExit) as caught:
        main(["golden", str(COMPILED), str(tmp_path), "--windows", "0"])
    assert caught.value.code == BAD_INPUT
    assert "0 is not 1 or more" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["golden", str(COMPILED), str(tmp_path), "--windows", "many"])
    assert capsys.readouterr().err.count("\n") == 1
