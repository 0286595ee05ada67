from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.npu import Executor, InputError, ModelFormatError, execute, load

from .workshop import TARGETS, Expected

if TYPE_CHECKING:
    from pathlib import Path

    from .workshop import Workshop

CELLS = ("rnn", "gru", "lstm")
OPERATORS = (
    "conv",
    "depthwise",
    "max_pool",
    "average_pool",
    "concat",
    "softmax",
    "add",
    "mul",
    "min_max",
    "small_cnn",
)
MEMORIES = {
    "sram_only": ("u55-128", ("Ethos_U55_Deep_Embedded", "Sram_Only")),
    "u65_shared_sram": ("u65-256", ("Ethos_U65_Embedded", "Shared_Sram")),
    "u85_sram_only": ("u85-256", ("Ethos_U85_SYS_Flash_High", "Sram_Only")),
    "u85_shared_sram": ("u85-512", ("Ethos_U85_SYS_Flash_High", "Shared_Sram")),
}


def assert_exact(compiled: Path, expected: Expected) -> None:
    """Bit by bit: rounded as the reference kernels do, and rounded as the stream says."""
    executor = Executor(load(compiled.read_bytes()))
    for rounding, outputs in (("reference", expected.reference), ("hardware", expected.double)):
        found = executor.run(expected.inputs, rounding)
        assert found.keys() == outputs.keys()
        for name, values in outputs.items():
            np.testing.assert_array_equal(found[name], values, f"{rounding}: {name}")


@pytest.mark.parametrize("accelerator", TARGETS)
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_networks_are_exact(workshop: Workshop, cell: str, accelerator: str) -> None:
    name = f"{cell}_transfer_32x8"
    assert_exact(workshop.compiled(name, accelerator), workshop.expected(name))


@pytest.mark.parametrize("accelerator", ["u55-128", "u55-32", "u65-512"])
@pytest.mark.parametrize("name", OPERATORS)
def test_other_operators_are_exact(workshop: Workshop, name: str, accelerator: str) -> None:
    assert_exact(workshop.compiled(name, accelerator), workshop.expected(name))


@pytest.mark.parametrize("memory", MEMORIES)
def test_memory_modes_are_exact(workshop: Workshop, memory: str) -> None:
    accelerator, mode = MEMORIES[memory]
    name = "gru_transfer_32x8"
    assert_exact(workshop.compiled(name, accelerator, memory=mode), workshop.expected(name))


@pytest.mark.parametrize("accelerator", ["u55-128", "u65-512", "u85-1024"])
def test_models_optimized_for_size_are_exact(workshop: Workshop, accelerator: str) -> None:
    name = "lstm_transfer_32x8"
    assert_exact(workshop.compiled(name, accelerator, "--optimise", "Size"), workshop.expected(name))


def test_hardware_rounding_differs_from_the_reference_kernels(workshop: Workshop) -> None:
    """If it did not, the two checks above would check the same thing."""
    expected = workshop.expected("rnn_transfer_32x8")
    assert any(np.any(expected.reference[name] != expected.double[name]) for name in expected.reference)


def test_the_raw_format_is_the_same_program(workshop: Workshop) -> None:
    expected = workshop.expected("rnn_transfer_32x8")
    compiled = workshop.compiled("rnn_transfer_32x8", "u55-128").read_bytes()
    raw = load(workshop.compiled("rnn_transfer_32x8", "u55-128", "--output-format", "raw").read_bytes())
    named = load(compiled).inputs
    order = {place.offset: expected.inputs[place.name] for place in named}
    found = Executor(raw).run({place.name: order[place.offset] for place in raw.inputs})
    by_size = {value[0].size: value.reshape(len(value), -1) for value in found.values()}
    assert len(by_size) == len(expected.double)
    for values in expected.double.values():
        np.testing.assert_array_equal(by_size[values[0].size], values)


def test_results_do_not_depend_on_the_batch(workshop: Workshop) -> None:
    expected = workshop.expected("gru_transfer_32x8")
    compiled = workshop.compiled("gru_transfer_32x8", "u85-256").read_bytes()
    for index in (0, 7, 31):
        one = {name: values[index : index + 1] for name, values in expected.inputs.items()}
        for name, values in execute(compiled, one).items():
            np.testing.assert_array_equal(values[0], expected.double[name][index])


def test_wrong_inputs_are_named(workshop: Workshop) -> None:
    executor = Executor(load(workshop.compiled("add", "u55-128").read_bytes()))
    a, b = sorted(place.name for place in executor.program.inputs)
    good = np.zeros((2, 11, 9, 6), np.int8)
    for inputs, message in (
        ({a: good}, "the model has"),
        ({a: good, b: good.astype(np.float32)}, "int8 expected"),
        ({a: good, b: good[:, :5]}, "has shape"),
        ({a: good, b: good[:1]}, "batch sizes differ"),
        ({a: good[:0], b: good[:0]}, "has shape"),
    ):
        with pytest.raises(InputError, match=message):
            executor.run(inputs)


def test_an_unknown_rounding_is_named(workshop: Workshop) -> None:
    with pytest.raises(InputError, match="hardware, reference"):
        execute(workshop.compiled("add", "u55-128").read_bytes(), {}, "up")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a .tflite"),
        (b"PK\x03\x04 no archive", "raw output"),
        (b"\x40\0\0\0TFL3" + bytes(8), "outside of the file"),
    ],
    ids=["empty", "archive", "offset"],
)
def test_other_files_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(ModelFormatError, match=message):
        load(data)


def test_damaged_files_load_or_raise(workshop: Workshop) -> None:
    compiled = workshop.compiled("softmax", "u55-128").read_bytes()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        damaged = bytearray(compiled[: int(rng.integers(1, len(compiled) + 1))])
        damaged[rng.integers(0, len(damaged))] ^= 1 << rng.integers(0, 8)
        try:
            load(bytes(damaged))
        except ModelFormatError:
            refused += 1
    assert refused > 100


def test_a_model_that_was_not_compiled_is_refused(workshop: Workshop) -> None:
    with pytest.raises(ModelFormatError, match="no ethos-u operator"):
        load(workshop.source("add"))


def test_nothing_here_imports_litert_or_vela() -> None:
    assert not {"tensorflow", "ai_edge_litert", "ethosu"} & set(sys.modules)
