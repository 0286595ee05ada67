"""Operations of one kind are decoded once; nothing of one of them shows in another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.npu import UnsupportedStreamError, load
from harness.npu.commands import OPERATIONS, PARAMETERS, PAYLOADS, U85_PAYLOADS, Commands, parse
from harness.npu.decoding import decode_operations

if TYPE_CHECKING:
    from harness.npu.operations import Step
    from harness.npu.program import Architecture

    from .workshop import Workshop

MODEL = "gru_transfer_32x8"
FIRST_WORD, LAST_WORD = 5, 99
Settings = dict[str, int]


@pytest.fixture(params=["u55-128", "u65-512", "u85-256"])
def example(request: pytest.FixtureRequest, workshop: Workshop) -> tuple[Architecture, Commands]:
    program = load(workshop.compiled(MODEL, request.param).read_bytes())
    return program.architecture, parse(program.streams[0].words, u85=program.architecture.is_u85)


def set_before(commands: Commands, operation: str) -> tuple[Settings, int]:
    """Registers as the last one of these operations finds them, and its parameter."""
    last = max(number for number, name in enumerate(commands.names) if name == operation)
    pairs = list(zip(commands.names, commands.values, strict=True))[:last]
    return {name: value for name, value in pairs if name not in OPERATIONS.values()}, commands.values[last]


def last_step(architecture: Architecture, *parts: tuple[Settings, str, int]) -> Step | str:
    """What becomes of the last of some operations, with the registers that are set before each."""
    names: list[str] = []
    values: list[int] = []
    operations: list[int] = []
    for settings, operation, value in parts:
        names += [*settings, operation]
        values += [*settings.values(), value]
        operations.append(len(names) - 1)
    words = [FIRST_WORD] * (len(names) - 1) + [LAST_WORD]
    try:
        return decode_operations(Commands(words, names, values, operations), architecture)[-1]
    except UnsupportedStreamError as error:
        return str(error)


@pytest.mark.parametrize("operation", ["CONV", "POOL", "ELEMENTWISE"])
def test_an_operation_is_decoded_as_if_it_were_the_only_one(
    example: tuple[Architecture, Commands], operation: str
) -> None:
    """Whatever bit of whatever register has changed since the one before."""
    architecture, commands = example
    settings, parameter = set_before(commands, operation)
    original = last_step(architecture, (settings, operation, parameter))
    payloads = U85_PAYLOADS if architecture.is_u85 else PAYLOADS
    shown = set()
    for name in (*PARAMETERS.values(), *payloads.values()):
        for bit in range(32 if name in PARAMETERS.values() else 0, 48):
            changed = {name: settings.get(name, 0) ^ 1 << bit}
            alone = last_step(architecture, ({**settings, **changed}, operation, parameter))
            second = last_step(architecture, (settings, operation, parameter), (changed, operation, parameter))
            assert second == alone, f"{name}, bit {bit}"
            shown |= {name} if alone != original else set()
    assert {"IFM_ZERO_POINT", "OFM_BASE0", "OFM_ZERO_POINT", "OFM_PRECISION", "ACTIVATION"} <= shown
    assert (
        operation != "CONV" or {"IFM_BASE0", "WEIGHT_BASE", "WEIGHT_LENGTH", "SCALE_BASE", "OFM_BLK_DEPTH_M1"} <= shown
    )


def test_operations_of_another_mode_are_of_another_kind(example: tuple[Architecture, Commands]) -> None:
    architecture, commands = example
    settings, _ = set_before(commands, "ELEMENTWISE")
    for mode in range(12):
        alone = last_step(architecture, (settings, "ELEMENTWISE", mode << 32))
        for other in range(5):
            first, second = (settings, "ELEMENTWISE", other << 32), ({}, "ELEMENTWISE", mode << 32)
            assert last_step(architecture, first, second) == alone


def test_of_two_errors_the_one_that_decoding_finds_first_is_told(example: tuple[Architecture, Commands]) -> None:
    """In an operation of a known kind, as in one that is alone."""
    architecture, commands = example
    settings, parameter = set_before(commands, "ELEMENTWISE")
    names = ("IFM_SCALE", "OFM_SCALE") if architecture.is_u85 else ("OPA_SCALE", "OPB_SCALE")
    wrong = dict.fromkeys(names, 0xFFFF << 32)
    alone = last_step(architecture, ({**settings, **wrong}, "ELEMENTWISE", parameter))
    second = last_step(architecture, (settings, "ELEMENTWISE", parameter), (wrong, "ELEMENTWISE", parameter))
    assert second == alone
    assert not architecture.is_u85 or f"word {LAST_WORD}: rounding of IFM_SCALE" in str(second)
