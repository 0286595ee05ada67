"""What the executor refuses, and where: forbidden accesses, and everything that is not implemented."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.npu import Executor, MemoryAccessError, StreamError, UnsupportedStreamError, load

from .mutants import commands_of, dropped, nth, replaced, with_words

if TYPE_CHECKING:
    from harness.npu.program import Program

    from .workshop import Workshop

MODEL = "rnn_transfer_32x8"


@pytest.fixture
def program(workshop: Workshop) -> Program:
    return load(workshop.compiled(MODEL, "u55-128").read_bytes())


@pytest.mark.parametrize(
    ("register", "parameter", "payload", "message"),
    [
        ("IFM_REGION", 5, None, "region 5 is not mapped"),
        ("IFM_BASE0", None, 0x10000, "outside of region 1"),
        ("OFM_REGION", 0, None, "write to read-only data"),
        ("IFM_BASE0", None, 0xE0, "read before it is written"),
        ("OFM_HEIGHT_M1", 0xFFFF, None, "does not fit into region 1"),
        ("DMA0_LEN", None, 0xFFFFFFF0, "does not fit into read-only region 0"),
        ("WEIGHT_REGION", 1, None, "does not fit into region 1"),
        ("WEIGHT_BASE", None, 0x150, "weight"),
        ("SCALE_LENGTH", None, 16, "bytes of scale records"),
        ("DMA0_DST", None, 0x4000, "outside of look-up table memory"),
    ],
    ids=[
        "region",
        "bounds",
        "read_only",
        "unset",
        "height",
        "length",
        "weight_region",
        "weight_base",
        "scale_length",
        "table",
    ],
)
def test_forbidden_accesses_are_named(
    program: Program, register: str, parameter: int | None, payload: int | None, message: str
) -> None:
    command = nth(program, register)
    changed = replaced(program, command, parameter=parameter, payload=payload)
    with pytest.raises(StreamError, match=message) as caught:
        Executor(changed)
    assert caught.value.word > command.word


@pytest.mark.parametrize(("pads", "size"), [((2, 0), "-1 x 1"), ((0, 2), "1 x -1"), ((2, 2), "-1 x -1")])
def test_padding_that_leaves_nothing_is_named(program: Program, pads: tuple[int, int], size: str) -> None:
    for register, pad in zip(("IFM_PAD_TOP", "IFM_PAD_LEFT"), pads, strict=True):
        program = replaced(program, nth(program, register), parameter=pad)
    with pytest.raises(UnsupportedStreamError, match=f"padding leaves an IFM of {size}"):
        Executor(program)


def test_a_table_that_was_not_loaded_is_named(program: Program) -> None:
    with pytest.raises(MemoryAccessError, match="look-up table: byte 0x5800"):
        Executor(dropped(program, nth(program, "DMA_START")))


def test_computed_weights_are_refused(program: Program) -> None:
    """Weights must be constants; here they are the input of the network."""
    changed = replaced(program, nth(program, "WEIGHT_REGION"), parameter=1)
    changed = replaced(changed, nth(program, "WEIGHT_BASE"), payload=0)
    changed = replaced(changed, nth(program, "WEIGHT_LENGTH"), payload=16)
    with pytest.raises(MemoryAccessError, match="overwritten by computed values"):
        Executor(changed)


@pytest.mark.parametrize(
    ("register", "parameter", "message"),
    [
        ("IFM_UPSCALE", 1, "IFM upscaling"),
        ("ACTIVATION", 3, "activation function 3"),
        ("OFM_PRECISION", 0x4041, "OFM rounding mode 1"),
        ("IFM_PRECISION", 0x1001, "unknown bits"),
        ("IFM_PRECISION", 0x000D, "precision code 3"),
        ("KERNEL_STRIDE", 0x20, "unknown bits"),
        ("DMA0_SRC_REGION", 0x200, "unknown bits"),
        ("ACTIVATION", 0x4000, "clip range 4"),
        ("ACTIVATION", 0x8000, "unknown bits"),
    ],
)
def test_what_is_not_supported_raises(program: Program, register: str, parameter: int, message: str) -> None:
    with pytest.raises(UnsupportedStreamError, match=message):
        Executor(replaced(program, nth(program, register), parameter=parameter))


@pytest.mark.parametrize(
    ("register", "parameter", "message"),
    [
        ("ACC_FORMAT", 0x0210, "unknown bits"),
        ("ACC_FORMAT", 0x0700, "micro-block 7"),
        ("ACTIVATION", 0x1000, "int8 values without a clamp"),
        ("ACTIVATION", 9, "activation function 9"),
        ("IFM_PRECISION", 0x4001, "tiles of 3x1"),
        ("OFM_PRECISION", 0x0941, "OFM transposed in way 1"),
        ("WEIGHT_FORMAT", 1, "fast or sparse weights"),
    ],
)
def test_what_is_not_supported_on_the_u85_raises(
    workshop: Workshop, register: str, parameter: int, message: str
) -> None:
    program = load(workshop.compiled(MODEL, "u85-256").read_bytes())
    with pytest.raises(UnsupportedStreamError, match=message):
        Executor(replaced(program, nth(program, register), parameter=parameter))


def test_a_chained_value_that_was_not_made_is_named(workshop: Workshop) -> None:
    program = load(workshop.compiled(MODEL, "u85-256").read_bytes())
    chained = next(c for c in commands_of(program) if c.name == "IFM_PRECISION" and c.parameter >> 14 == 2)
    region = next(c for c in commands_of(program) if c.name == "IFM_REGION" and c.word > chained.word)
    with pytest.raises(MemoryAccessError, match="chaining buffer 1 holds no such feature map"):
        Executor(replaced(program, region, parameter=1))


def test_a_register_that_was_never_set_is_named(program: Program) -> None:
    with pytest.raises(UnsupportedStreamError, match="needs IFM_ZERO_POINT, which was never set"):
        Executor(dropped(program, nth(program, "IFM_ZERO_POINT")))


def test_an_unknown_command_and_a_missing_stop_are_named(program: Program) -> None:
    words = program.streams[0].words.copy()
    with pytest.raises(UnsupportedStreamError, match="without STOP"):
        Executor(with_words(program, words[:-1]))
    words[nth(program, "DMA_WAIT").word] = 0x03FF
    with pytest.raises(UnsupportedStreamError, match="unknown command 0x3ff"):
        Executor(with_words(program, words))


def test_fast_weights_of_the_u85_are_refused(workshop: Workshop) -> None:
    with pytest.raises(UnsupportedStreamError, match="fast or sparse weights"):
        Executor(load(workshop.compiled("small_cnn", "u85-256").read_bytes()))
