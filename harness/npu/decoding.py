"""From commands to operations: registers are sticky, an operation reads what is set when it starts.

Field layouts: the register description in Arm's Vela package, and its verbose output for the U85.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Callable, Dict, Optional, Tuple, Union

from .activations import activation
from .commands import PARAMETER_BIT, Commands
from .errors import UnsupportedStreamError
from .features import as_set, feature_map, operand
from .operations import (
    FeatureMap,
    Kernel,
    Operation,
    Range,
    Step,
    Transfer,
    Wait,
    Weights,
)
from .program import INTERNAL, Architecture
from .registers import Registers
from .scaling import ofm_scale, operand_scales, rounding

POOL_MODES = {0: "MAX", 1: "AVERAGE", 2: "REDUCE_SUM"}
U85_POOL_MODES = {**POOL_MODES, 3: "SUM"}
ELEMENTWISE_MODES = dict(enumerate(("MUL", "ADD", "SUB", "MIN", "MAX", "LRELU", "ABS", "CLZ", "SHR", "SHL")))
ELEMENTWISE = "ELEMENTWISE"
UNARY = ("LRELU", "ABS", "CLZ")
_LARGEST_KERNEL = 1 << 16
_KNOWN_ACCUMULATOR_BITS = 0x0703
_KERNEL_SIZE = itemgetter("KERNEL_HEIGHT_M1", "KERNEL_WIDTH_M1")
_PADS = itemgetter("IFM_PAD_TOP", "IFM_PAD_LEFT", "IFM_PAD_BOTTOM", "IFM_PAD_RIGHT")
_IGNORED = ("STOP", "IRQ", "PMU_MASK")
_MICROBLOCK_POSITIONS = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 5: 16}

Templates = Dict[Tuple[Optional[Union[str, int]], ...], Operation]
"""Operations by their kind, see `Registers.kind`."""


def decode_operations(commands: Commands, architecture: Architecture) -> list[Step]:
    """Kernel operations, transfers and waits in stream order.

    Raises UnsupportedStreamError, with the word offset, for what is not implemented and for a register that
    is read but was never set.
    """
    values: dict[str, int] = {}
    templates: Templates = {}
    steps: list[Step] = []
    first = 0
    for at in commands.operations:
        values.update(zip(commands.names[first:at], commands.values[first:at]))
        first, name = at + 1, commands.names[at]
        registers = Registers(values, commands.words[at], name, commands.values[at] >> PARAMETER_BIT, architecture)
        if name in _KERNEL_OPERATIONS:
            steps.append(_kernel_operation(registers, templates))
        elif name in _OTHER_STEPS:
            steps.append(_OTHER_STEPS[name](registers))
        elif name not in _IGNORED:
            raise UnsupportedStreamError(f"operation {name}", registers.word)
    return steps


def _kernel_operation(registers: Registers, templates: Templates) -> Operation:
    """Decode the first operation of each kind; the others differ from it in what the time steps of a network differ."""
    kind, decode = registers.kind(), _KERNEL_OPERATIONS[registers.operation]
    if kind not in templates:
        templates[kind] = decode(registers)
        return templates[kind]
    try:
        return _as_set(templates[kind], registers)
    except UnsupportedStreamError:
        # Of several errors, decoding finds the first one.
        return decode(registers)


def _as_set(template: Operation, registers: Registers) -> Operation:
    """The operation of this kind with the addresses, zero points and scales that the registers hold."""
    ifm, ifm2, weights = template.ifm, template.ifm2, template.weights
    if weights is not None:
        streams, scales = _weight_ranges(registers)
        weights = weights._replace(streams=streams, scales=scales)
    return template._replace(
        word=registers.word,
        ifm=as_set(ifm, registers, "IFM"),
        ifm2=None if ifm2 is None else as_set(ifm2, registers, "IFM2"),
        ofm=as_set(template.ofm, registers, "OFM"),
        rounding=rounding(registers),
        scale=ofm_scale(registers),
        operand_scales=operand_scales(registers, template.mode, ifm.dtype) if template.kind == ELEMENTWISE else None,
        weights=weights,
    )


def _wait(registers: Registers) -> Wait:
    return Wait(registers.word, registers.operation, registers.parameter)


def _transfer(registers: Registers) -> Transfer:
    length = registers.long("DMA0_LEN")
    source, target = (_dma_end(registers, end, length) for end in ("SRC", "DST"))
    if source.internal:
        raise UnsupportedStreamError("DMA from internal memory", registers.word)
    return Transfer(registers.word, source, target)


def _dma_end(registers: Registers, end: str, length: int) -> Range:
    region = registers.short(f"DMA0_{end}_REGION", known=0x107)
    number, internal = region & 7, bool(region & 0x100)
    if internal and number != INTERNAL:
        raise UnsupportedStreamError(f"internal memory region {number}", registers.word)
    return Range(number, registers.long(f"DMA0_{end}"), length, internal)


def _operation(registers: Registers, mode: str, ifm: FeatureMap, ofm: FeatureMap, kernel: Kernel) -> Operation:
    """Decode what all kernel operations share."""
    if registers.architecture.is_u85:
        # Accumulators that are kept for, or taken from, another operation are among the other bits.
        registers.short("ACC_FORMAT", known=_KNOWN_ACCUMULATOR_BITS)
    how, scale = rounding(registers), ofm_scale(registers)
    return Operation(
        registers.word,
        registers.operation,
        mode,
        ifm,
        None,
        ofm,
        kernel,
        activation(registers, ofm.dtype),
        how,
        scale,
        operand_scales=None,
        swapped=False,
        weights=None,
    )


def _ofm(registers: Registers) -> FeatureMap:
    return feature_map(registers, "OFM", registers.ofm_shape())


def _ifm(registers: Registers, ofm: FeatureMap, kernel: Kernel, *, own_depth: bool) -> FeatureMap:
    """The IFM of a kernel; without a depth of its own it is as deep as the OFM."""
    depth = registers.short("IFM_DEPTH_M1") + 1 if own_depth else ofm.shape[2]
    height, width = _input_size(ofm.shape, kernel)
    if height < 1 or width < 1:
        raise UnsupportedStreamError(f"padding leaves an IFM of {height} x {width}", registers.word)
    return feature_map(registers, "IFM", (height, width, depth))


def _convolution(registers: Registers) -> Operation:
    if registers.parameter:
        raise UnsupportedStreamError("convolution with weights from IFM2", registers.word)
    kernel, ofm = _kernel(registers), _ofm(registers)
    ifm = _ifm(registers, ofm, kernel, own_depth=registers.operation == "CONV")
    return _operation(registers, "", ifm, ofm, kernel)._replace(weights=_weights(registers))


def _pool(registers: Registers) -> Operation:
    mode = registers.mode(U85_POOL_MODES if registers.architecture.is_u85 else POOL_MODES)
    kernel, ofm = _kernel(registers), _ofm(registers)
    return _operation(registers, mode, _ifm(registers, ofm, kernel, own_depth=mode == "REDUCE_SUM"), ofm, kernel)


def _elementwise(registers: Registers) -> Operation:
    mode = registers.mode(ELEMENTWISE_MODES)
    ofm = _ofm(registers)
    ifm = operand(registers, "IFM", ofm.shape)
    ifm2 = None if mode in UNARY else operand(registers, "IFM2", ofm.shape)
    u85 = registers.architecture.is_u85
    swapped = ifm2 is not None and not u85 and bool(registers.short("IFM2_BROADCAST") & 0x40)
    scales = operand_scales(registers, mode, ifm.dtype)
    shared = _operation(registers, mode, ifm, ofm, Kernel())
    return shared._replace(ifm2=ifm2, swapped=swapped, operand_scales=scales)


def _kernel(registers: Registers) -> Kernel:
    stride = registers.short("KERNEL_STRIDE", known=0x25F)
    step_y, step_x = 1 + (stride >> 1 & 1) + (stride >> 9 & 1) * 2, 1 + (stride & 1) + (stride >> 6 & 1) * 2
    dilation = 1 + (stride >> 4 & 1), 1 + (stride >> 3 & 1)
    height, width = (value >> PARAMETER_BIT for value in registers.all(_KERNEL_SIZE))
    size = height // dilation[0] + 1, width // dilation[1] + 1
    if size[0] * size[1] > _LARGEST_KERNEL:
        raise UnsupportedStreamError(f"kernel of {size[0]} x {size[1]}", registers.word)
    top, left, bottom, right = (value >> PARAMETER_BIT for value in registers.all(_PADS))
    return Kernel(size, (step_y, step_x), dilation, (top, left, bottom, right), bool(stride & 4))


def _input_size(ofm: tuple[int, int, int], kernel: Kernel) -> tuple[int, int]:
    """There is no register for it: what the kernel reaches, less the padding."""
    top, left, bottom, right = kernel.pads
    reach = [(size - 1) * step + taps for size, step, taps in zip(ofm, kernel.stride, kernel.dilated)]
    return reach[0] - top - bottom, reach[1] - left - right


def _weights(registers: Registers) -> Weights:
    u85 = registers.architecture.is_u85
    if u85 and registers.short("WEIGHT_FORMAT"):
        raise UnsupportedStreamError("fast or sparse weights", registers.word)
    streams, scales = _weight_ranges(registers)
    microblock = 0
    if u85:
        code = registers.short("ACC_FORMAT") >> 8 & 7
        if code not in _MICROBLOCK_POSITIONS:
            raise UnsupportedStreamError(f"micro-block {code}", registers.word)
        microblock = registers.architecture.macs // 8 // _MICROBLOCK_POSITIONS[code]
    return Weights(streams, scales, registers.short("OFM_BLK_DEPTH_M1") + 1, microblock)


def _weight_ranges(registers: Registers) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
    """Of weight streams and scale records."""
    cores = registers.architecture.cores
    streams = tuple(_weight_range(registers, "WEIGHT", core) for core in range(cores))
    records = 1 if registers.architecture.is_u85 else cores
    return streams, tuple(_weight_range(registers, "SCALE", core) for core in range(records))


def _weight_range(registers: Registers, kind: str, core: int) -> Range:
    name = f"{kind}{core or ''}"
    region = registers.short(f"{kind}_REGION")
    return Range(region, registers.long(f"{name}_BASE"), registers.long(f"{name}_LENGTH"))


_KERNEL_OPERATIONS: dict[str, Callable[[Registers], Operation]] = {
    "CONV": _convolution,
    "DEPTHWISE": _convolution,
    "POOL": _pool,
    ELEMENTWISE: _elementwise,
}
_OTHER_STEPS: dict[str, Callable[[Registers], Step]] = {
    "DMA_START": _transfer,
    "DMA_WAIT": _wait,
    "KERNEL_WAIT": _wait,
}
