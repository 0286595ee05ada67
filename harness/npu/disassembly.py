"""A command stream as text: a line an operation, with shapes, addresses, scales, and the source operator."""

from __future__ import annotations

from typing import Dict, Iterator, Tuple

from .audit import compiled_channels
from .errors import StreamError
from .loader import load
from .operations import CHAINED, SCALAR, FeatureMap, Operation, Range, Scale, Step, Transfer
from .planning import leave_out, make_plan, operations_of
from .program import CpuOperators, Place, Program
from .source import Channel, SourceOperator, source_operators

Origins = Dict[Tuple[int, int], SourceOperator]


def disassemble(compiled: bytes, source: bytes | None = None) -> Iterator[str]:
    """Write lines of text. With the source .tflite, convolutions name their operator and time step.

    Raises ModelFormatError, and StreamError for commands that are not understood.
    """
    program = load(compiled)
    origins = {} if source is None else _origins(program, source)
    yield from _header(program)
    for number, segment in enumerate(program.segments):
        if isinstance(segment, CpuOperators):
            yield f"segment {number}: on the CPU, operator {', '.join(map(str, segment.operators))}"
            yield from _tensors("  in ", segment.inputs)
            yield from _tensors("  out", segment.outputs)
            continue
        yield f"segment {number}: {len(segment.words)} command words"
        for step in operations_of(program, segment):
            yield f"  {step.word:6d} {_line(step)}{_origin(origins.get((number, step.word)))}"


def _header(program: Program) -> Iterator[str]:
    architecture = program.architecture
    yield f"Ethos-{architecture.name.upper()}, cores: {architecture.cores}"
    yield f"region 0: {len(program.read_only)} bytes, read-only"
    for region, size in sorted(program.region_bytes.items()):
        yield f"region {region}: {size} bytes"
    yield from _tensors("input ", program.inputs)
    yield from _tensors("output", program.outputs)


def _tensors(role: str, places: tuple[Place, ...]) -> Iterator[str]:
    for place in places:
        shape = "x".join(map(str, place.shape)) or "scalar"
        yield f"{role} {place.name}: {place.dtype} {shape} at {place.region}:{place.offset:#x}"


def _origin(operator: SourceOperator | None) -> str:
    if operator is None:
        return ""
    step = f", step {operator.step} of {operator.steps}" if operator.steps > 1 else ""
    return f"  <- {operator.kind} {operator.output}{step}"


def _line(step: Step) -> str:
    if isinstance(step, Transfer):
        return f"DMA {_range(step.source)} -> {_range(step.target)}"
    if isinstance(step, Operation):
        return "  ".join(part for part in _parts(step) if part)
    return f"{step.kind} {step.outstanding}"


def _parts(step: Operation) -> list[str]:
    operands = [_feature(feature) for feature in (step.ifm, step.ifm2) if feature is not None]
    if step.swapped:
        operands.reverse()
    return [
        f"{step.name} {', '.join(operands)} -> {_feature(step.ofm)}",
        _kernel(step),
        _scales(step),
        "" if step.activation.clamp is None else "clamp {} to {}".format(*step.activation.clamp),
        ""
        if step.activation.table is None
        else f"table {step.activation.table.memory.base:#x} ({step.activation.table.dtype})",
        "" if step.weights is None else f"weights {' '.join(map(_range, step.weights.streams))}",
        "" if step.weights is None else f"scale records {' '.join(map(_range, step.weights.scales))}",
    ]


def _feature(feature: FeatureMap) -> str:
    if feature.storage == SCALAR:
        return f"{feature.dtype} {feature.scalar}"
    where = f"buffer {feature.region}" if feature.storage == CHAINED else f"{feature.region}:{feature.bases[0]:#x}"
    layout = " NHCWB16" if feature.bricks else ""
    return f"{feature.dtype} {'x'.join(map(str, feature.shape))} zp {feature.zero_point} at {where}{layout}"


def _kernel(step: Operation) -> str:
    kernel = step.kernel
    if kernel.size == (1, 1) and not any(kernel.pads):
        return ""
    text = "kernel {}x{}".format(*kernel.size)
    text += " stride {}x{}".format(*kernel.stride) if kernel.stride != (1, 1) else ""
    text += " dilation {}x{}".format(*kernel.dilation) if kernel.dilation != (1, 1) else ""
    return text + (" pads top {} left {} bottom {} right {}".format(*kernel.pads) if any(kernel.pads) else "")


def _scales(step: Operation) -> str:
    operands = "" if step.operand_scales is None else f"operands {' '.join(map(_scale, step.operand_scales))} "
    own = "" if step.scale is None else f"scale {_scale(step.scale)} "
    return f"{operands}{own}rounding {step.rounding}"


def _scale(scale: Scale) -> str:
    return f"{scale.multiplier}>>{scale.shift}" + (f" <<{scale.doubling}" if scale.doubling else "")


def _range(item: Range) -> str:
    region = "internal" if item.internal else str(item.region)
    return f"{region}:{item.base:#x}+{item.length}"


def _origins(program: Program, source: bytes) -> Origins:
    """Source operators of the convolutions, found by their channels; equal ones are taken in order."""
    try:
        convolutions = make_plan(program, leave_out).convolutions
    except StreamError:
        return {}
    users: dict[Channel, list[SourceOperator]] = {}
    for operator in source_operators(source):
        users.setdefault(operator.channels[0], []).append(operator)
    found: Origins = {}
    for item in convolutions:
        waiting = next((users[c.content] for c in compiled_channels(item)[:1] if users.get(c.content)), None)
        if waiting:
            found[item.segment, item.operation.word] = waiting.pop(0) if len(waiting) > 1 else waiting[0]
    return found
