"""Static checks of a compiled model: weights and scales against the source, waits, memory."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .errors import StreamError
from .flatbuffer import CUSTOM, read_model
from .hazards import find_hazards
from .loader import load
from .planning import Convolution, leave_out, make_plan, operations_of
from .program import Stream
from .source import Channel, SourceOperator, source_operators

if TYPE_CHECKING:
    from .program import Program

_MOST_SENTENCES = 20


class CompiledChannel(NamedTuple):
    place: str
    """Segment, word and channel, to be read aloud."""
    content: Channel
    generated: bool
    """Vela itself makes depthwise convolutions with weights of 1, of averages (MEAN)."""


def audit(source: bytes, compiled: bytes) -> dict[str, Any]:
    """Compare a compiled model with its source, and check what can be checked without inputs.

    Return `findings`, sentences by kind: `weights` (weight row, bias, scale and zero points of each channel),
    `hazards` (missing waits), `memory` (the first access or command that cannot be carried out); `channels`,
    how many were compared; `generated_channels`, those that Vela made by itself.
    Raises ModelFormatError for a file that cannot be read.
    """
    on_cpu = _outputs_on_cpu(compiled)
    return audit_program([item for item in source_operators(source) if item.output not in on_cpu], load(compiled))


def audit_program(expected: list[SourceOperator], program: Program) -> dict[str, Any]:
    """Do the same for a loaded program and the source operators that it must hold."""
    try:
        plan = make_plan(program, leave_out)
    except StreamError as error:
        findings: dict[str, list[str]] = {"weights": [], "hazards": [], "memory": [str(error)]}
        return {"channels": 0, "generated_channels": 0, "findings": findings}
    found = [channel for item in plan.convolutions for channel in compiled_channels(item)]
    weights = compare_channels([channel for item in expected for channel in item.channels], found)
    return {
        "channels": len(found),
        "generated_channels": sum(channel.generated for channel in found),
        "findings": {"weights": weights, "hazards": _hazards(program), "memory": []},
    }


def compiled_channels(found: Convolution) -> list[CompiledChannel]:
    """Describe the channels of one operation as the source would."""
    operation, values = found.operation, found.weights.values
    generated = operation.kind == "DEPTHWISE" and bool(np.all(values == 1))
    zero_points = operation.ifm.zero_point, operation.ofm.zero_point
    bias, multiplier, shift, _ = found.scales
    rows = zip(values, bias.tolist(), multiplier.tolist(), shift.tolist())
    return [
        CompiledChannel(
            f"segment {found.segment}, word {operation.word}, channel {number}",
            Channel(row.tobytes(), bias, multiplier, shift, *zero_points),
            generated,
        )
        for number, (row, bias, multiplier, shift) in enumerate(rows)
    ]


def compare_channels(expected: list[Channel], found: list[CompiledChannel]) -> list[str]:
    """Sentences about channels that no source operator explains, and about source channels that are missing.

    A source channel may appear more often than expected: Vela computes some operators in stripes.
    """
    known = Counter(expected)
    missing = known - Counter(channel.content for channel in found)
    strange = [channel for channel in found if channel.content not in known and not channel.generated]
    by_weights: dict[bytes, Channel] = {channel.weights: channel for channel in missing}
    sentences = [_explain(channel, by_weights.get(channel.content.weights)) for channel in strange]
    if missing:
        total, example = sum(missing.values()), next(iter(missing))
        sentences.append(f"{total} channels of the source are missing, one with {_described(example)}")
    return _shortened(sentences)


def _explain(channel: CompiledChannel, nearest: Channel | None) -> str:
    if nearest is None:
        return f"{channel.place}: no source operator has these weights ({_described(channel.content)})"
    pairs = zip(Channel._fields[1:], channel.content[1:], nearest[1:])
    differences = [
        f"{name.replace('_', ' ')} {is_} instead of {should}" for name, is_, should in pairs if is_ != should
    ]
    return f"{channel.place}: {', '.join(differences)}"


def _described(channel: Channel) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in zip(channel._fields[1:], channel[1:]))


def _shortened(sentences: list[str]) -> list[str]:
    rest = len(sentences) - _MOST_SENTENCES
    return sentences if rest <= 0 else [*sentences[:_MOST_SENTENCES], f"and {rest} more"]


def _hazards(program: Program) -> list[str]:
    return [
        f"segment {number}, word {hazard.word}: {hazard.message}"
        for number, segment in enumerate(program.segments)
        if isinstance(segment, Stream)
        for hazard in find_hazards(operations_of(program, segment), program)
    ]


def _outputs_on_cpu(compiled: bytes) -> set[str]:
    if compiled[:2] == b"PK":
        return set()
    graph = read_model(compiled).graphs[0]
    return {graph.tensors[index].name for item in graph.operators if item.code != CUSTOM for index in item.outputs}
