"""Changes of a compiled program, one a mutant, drawn with a seed.

They fall before the last CONV. After it comes the softmax, which normalizes: some changes change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from harness.npu.commands import PARAMETER_BIT, parse
from harness.npu.operations import Operation, Range, Transfer, Weights
from harness.npu.planning import operations_of
from harness.npu.program import READ_ONLY, Program, Stream
from harness.npu.scales import RECORD_BYTES
from harness.npu.weights import decode

Mutate = Callable[[np.random.Generator, Program], Program]
Encode = Callable[[list[int]], bytes]
"""Compresses weights, as Vela's codec does."""


class Command(NamedTuple):
    word: int
    name: str
    parameter: int
    payload: int


def commands_of(program: Program) -> list[Command]:
    words, names, values, _ = parse(program.streams[0].words, u85=program.architecture.is_u85)
    halves = (divmod(value, 1 << PARAMETER_BIT) for value in values)
    return [Command(*rest, *half) for *rest, half in zip(words, names, halves, strict=True)]


def nth(program: Program, name: str, number: int = 0) -> Command:
    return [command for command in commands_of(program) if command.name == name][number]


def with_words(program: Program, words: np.ndarray) -> Program:
    (stream,) = program.streams
    return program._replace(segments=(Stream(words, stream.inputs, stream.outputs),))


def replaced(
    program: Program, command: Command, *, parameter: int | None = None, payload: int | None = None
) -> Program:
    words = program.streams[0].words.copy()
    if parameter is not None:
        words[command.word] = int(words[command.word]) & 0xFFFF | (parameter & 0xFFFF) << 16
    if payload is not None:
        words[command.word + 1] = payload & 0xFFFFFFFF
    return with_words(program, words)


def dropped(program: Program, command: Command) -> Program:
    return with_words(program, np.delete(program.streams[0].words, command.word))


def _candidates(program: Program, *names: str) -> list[Command]:
    commands = commands_of(program)
    end = max(command.word for command in commands if command.name == "CONV")
    return [command for command in commands if command.name in names and command.word < end]


def _pick(rng: np.random.Generator, program: Program, *names: str) -> Command:
    found = _candidates(program, *names)
    return found[rng.integers(len(found))]


def _other_payload(rng: np.random.Generator, program: Program, *names: str) -> Program:
    """Give one write the payload of a different write of the same register."""
    values = {name: sorted({c.payload for c in _candidates(program, name)}) for name in names}
    chosen = _pick(rng, program, *(name for name in names if len(values[name]) > 1))
    others = [value for value in values[chosen.name] if value != chosen.payload]
    return replaced(program, chosen, payload=others[rng.integers(len(others))])


def swapped_base(rng: np.random.Generator, program: Program) -> Program:
    return _other_payload(rng, program, "IFM_BASE0", "IFM2_BASE0", "OFM_BASE0")


def wrong_base(rng: np.random.Generator, program: Program) -> Program:
    chosen = _pick(rng, program, "IFM_BASE0", "IFM2_BASE0", "OFM_BASE0")
    return replaced(program, chosen, payload=chosen.payload + 16 * int(rng.integers(1, 8)))


def zero_point(rng: np.random.Generator, program: Program) -> Program:
    chosen = _pick(rng, program, "IFM_ZERO_POINT", "IFM2_ZERO_POINT", "OFM_ZERO_POINT")
    return replaced(program, chosen, parameter=chosen.parameter + int(rng.choice([-1, 1])))


def operand_scale(rng: np.random.Generator, program: Program) -> Program:
    """Exchange which operand of an addition is scaled; the U85 has no such mode, but a scale for each."""
    if program.architecture.is_u85:
        return _other_payload(rng, program, "IFM_SCALE", "IFM2_SCALE")
    scaled = [c for c in _candidates(program, "IFM_PRECISION") if c.parameter >> 8 & 3]
    chosen = scaled[rng.integers(len(scaled))]
    return replaced(program, chosen, parameter=chosen.parameter ^ 0x300)


def swapped_scale_base(rng: np.random.Generator, program: Program) -> Program:
    return _other_payload(rng, program, "SCALE_BASE")


def swapped_weight_base(rng: np.random.Generator, program: Program) -> Program:
    return _other_payload(rng, program, "WEIGHT_BASE")


def table_number(rng: np.random.Generator, program: Program) -> Program:
    first_bit = 5 if program.architecture.is_u85 else 0
    used = [c for c in _candidates(program, "ACTIVATION") if c.parameter & 31]
    chosen = used[rng.integers(len(used))]
    return replaced(program, chosen, parameter=chosen.parameter ^ int(rng.integers(1, 8)) << first_bit)


def _table_loads(program: Program) -> list[Transfer]:
    steps = operations_of(program, program.streams[0])
    return [step for step in steps if isinstance(step, Transfer) and step.target.internal]


def table_source(rng: np.random.Generator, program: Program) -> Program:
    """Load the look-up table of another operation."""
    loads = _table_loads(program)
    chosen = loads[rng.integers(len(loads))]
    content = program.read_only
    different = [
        load.source.base
        for load in loads
        if _content(content, load.source.base, chosen) != _content(content, chosen.source.base, chosen)
    ]
    source = [c for c in commands_of(program) if c.name == "DMA0_SRC" and c.word < chosen.word][-1]
    return replaced(program, source, payload=different[rng.integers(len(different))])


def _content(read_only: bytes, base: int, transfer: Transfer) -> bytes:
    return read_only[base : base + transfer.source.length]


def dropped_transfer(rng: np.random.Generator, program: Program) -> Program:
    """Drop a transfer, but not one that loads again what is still there."""
    transfers = [step for step in operations_of(program, program.streams[0]) if isinstance(step, Transfer)]
    first = list({(step.source, step.target): step.word for step in reversed(transfers)}.values())
    chosen = first[rng.integers(len(first))]
    return dropped(program, next(c for c in commands_of(program) if c.word == chosen))


def dropped_wait(rng: np.random.Generator, program: Program) -> Program:
    return dropped(program, _pick(rng, program, "DMA_WAIT"))


def swapped_weights(rng: np.random.Generator, program: Program, encode: Encode) -> Program:
    """Exchange two different weights of one operation."""

    def swap(values: np.ndarray) -> None:
        first, second = rng.choice(np.flatnonzero(values), 2, replace=False)
        values[[first, second]] = values[[second, first]]

    return _with_other_weights(rng, program, encode, swap)


def weight_plus_one(rng: np.random.Generator, program: Program, encode: Encode) -> Program:
    def add(values: np.ndarray) -> None:
        values[rng.choice(np.flatnonzero(values))] += 1

    return _with_other_weights(rng, program, encode, add)


def _with_other_weights(
    rng: np.random.Generator, program: Program, encode: Encode, change: Callable[[np.ndarray], None]
) -> Program:
    """Change the weights of one operation and compress them again, into no more bytes."""
    _, where = _constant(rng, program, lambda weights: weights.streams)
    values = decode(program.read_only[where.span])
    for _ in range(100):
        changed = values.copy()
        change(changed)
        encoded = encode(changed.tolist())
        if not np.array_equal(changed, values) and len(encoded) <= where.length:
            return _with_constant(program, where.base, encoded + b"\xff" * (where.length - len(encoded)))
    raise AssertionError("no change fits")


def _constant(
    rng: np.random.Generator, program: Program, ranges: Callable[[Weights], tuple[Range, ...]]
) -> tuple[Operation, Range]:
    """An operation with weights, and its weights or scale records where these are read-only data."""
    steps = operations_of(program, program.streams[0])
    found = [(step, ranges(step.weights)[0]) for step in steps if isinstance(step, Operation) and step.weights]
    constant = [(step, where) for step, where in found if where.region == READ_ONLY]
    return constant[rng.integers(len(constant))]


def _with_constant(program: Program, base: int, content: bytes) -> Program:
    before, after = program.read_only[:base], program.read_only[base + len(content) :]
    return program._replace(read_only=before + content + after)


def channel_scale(rng: np.random.Generator, program: Program) -> Program:
    """The multiplier of one channel, a hundredth less."""
    at = _record(rng, program) + (4 if program.architecture.is_u85 else 5)
    multiplier = int.from_bytes(program.read_only[at : at + 4], "little")
    return _with_constant(program, at, (multiplier - multiplier // 100).to_bytes(4, "little"))


def bias_plus_one(rng: np.random.Generator, program: Program) -> Program:
    at = _record(rng, program)
    bias = int.from_bytes(program.read_only[at : at + 4], "little", signed=True)
    return _with_constant(program, at, (bias + 1).to_bytes(4, "little", signed=True))


def _record(rng: np.random.Generator, program: Program) -> int:
    """Where the record of one channel begins."""
    operation, where = _constant(rng, program, lambda weights: weights.scales)
    return where.base + RECORD_BYTES * int(rng.integers(operation.ofm.shape[2]))


MUTATIONS: dict[str, Mutate] = {
    "swapped_base": swapped_base,
    "wrong_base": wrong_base,
    "zero_point": zero_point,
    "operand_scale": operand_scale,
    "swapped_scale_base": swapped_scale_base,
    "swapped_weight_base": swapped_weight_base,
    "table_number": table_number,
    "table_source": table_source,
    "dropped_transfer": dropped_transfer,
    "dropped_wait": dropped_wait,
    "channel_scale": channel_scale,
    "bias_plus_one": bias_plus_one,
}


def dropped_operation(rng: np.random.Generator, program: Program) -> Program:
    return dropped(program, _pick(rng, program, "CONV", "POOL", "ELEMENTWISE"))


def elementwise_mode(rng: np.random.Generator, program: Program) -> Program:
    """Another one of MUL, ADD, SUB, MIN and MAX."""
    chosen = _pick(rng, program, "ELEMENTWISE")
    others = [mode for mode in range(5) if mode != chosen.parameter]
    return replaced(program, chosen, parameter=others[rng.integers(len(others))])


def broadcast(rng: np.random.Generator, program: Program) -> Program:
    chosen = _pick(rng, program, "IFM2_BROADCAST")
    return replaced(program, chosen, parameter=chosen.parameter ^ 1 << int(rng.integers(0, 3)))


def flipped_constant(rng: np.random.Generator, program: Program) -> Program:
    """Flip a bit of the weights, scale records or tables."""
    content = bytearray(program.read_only)
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(0, 8))
    return program._replace(read_only=bytes(content))


FURTHER_MUTATIONS: dict[str, Mutate] = {
    "dropped_operation": dropped_operation,
    "elementwise_mode": elementwise_mode,
    "broadcast": broadcast,
    "flipped_constant": flipped_constant,
}
"""Some of these change nothing that a model computes: an operation that is never read, a bit of padding."""
