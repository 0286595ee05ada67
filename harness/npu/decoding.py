"""From commands to operations: registers are sticky, an operation reads what is set when it starts.

Field layouts: the register description in Arm's Vela package, and its verbose output for the U85.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Callable

from .activations import activation
from .commands import PARAMETER_BIT, Commands
from .errors import UnsupportedStreamError
from .features import feature_map, operand
from .operations import (
    DOUBLE,
    NATURAL,
    FeatureMap,
    Kernel,
    Operation,
    Range,
    Scale,
    Step,
    Transfer,
    Wait,
    Weights,
)
from .program import INTERNAL, Architecture
from .registers import Registers

POOL_MODES = {0: "MAX", 1: "AVERAGE", 2: "REDUCE_SUM"}
U85_POOL_MODES = {**POOL_MODES, 3: "SUM"}
ELEMENTWISE_MODES = dict(enumerate(("MUL", "ADD", "SUB", "MIN", "MAX", "LRELU", "ABS", "CLZ", "SHR", "SHL")))
UNARY = ("LRELU", "ABS", "CLZ")
_ROUNDING = {0: DOUBLE, 2: NATURAL}
_U85_ROUNDING = {0: DOUBLE, 1: NATURAL}
_RESERVED_SCALE_MODE = 3
_LARGEST_KERNEL = 1 << 16
_KNOWN_ACCUMULATOR_BITS = 0x0703
_OPERAND_BITS = {"int8": 20, "uint8": 20, "int16": 15}
_KERNEL_SIZE = itemgetter("KERNEL_HEIGHT_M1", "KERNEL_WIDTH_M1")
_PADS = itemgetter("IFM_PAD_TOP", "IFM_PAD_LEFT", "IFM_PAD_BOTTOM", "IFM_PAD_RIGHT")
_IGNORED = ("STOP", "IRQ", "PMU_MASK")
_MICROBLOCK_POSITIONS = {0: 1, 1: 2, 2: 4, 3: 4, 4: 8, 5: 16}


def decode_operations(commands: Commands, architecture: Architecture) -> list[Step]:
    """Kernel operations, transfers and waits in stream order.

    Raises UnsupportedStreamError, with the word offset, for what is not implemented and for a register that
    is read but was never set.
    """
    values: dict[str, int] = {}
    steps: list[Step] = []
    first = 0
    for at in commands.operations:
        values.update(zip(commands.names[first:at], commands.values[first:at]))
        first, name, word = at + 1, commands.names[at], commands.words[at]
        if name in _STEPS:
            parameter = commands.values[at] >> PARAMETER_BIT
            steps.append(_STEPS[name](Registers(values, word, name, parameter, architecture)))
        elif name not in _IGNORED:
            raise UnsupportedStreamError(f"operation {name}", word)
    return steps


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
    rounding = _rounding(registers)
    scale = registers.scale("OFM_SCALE", rounding) if registers.short("OFM_PRECISION") & 0x100 else None
    return Operation(
        registers.word,
        registers.operation,
        mode,
        ifm,
        None,
        ofm,
        kernel,
        activation(registers, ofm.dtype),
        rounding,
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
    return feature_map(registers, "IFM", (*_input_size(ofm.shape, kernel), depth))


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
    scales = _operand_scales(registers, mode, ifm.dtype)
    shared = _operation(registers, mode, ifm, ofm, Kernel())
    return shared._replace(ifm2=ifm2, swapped=swapped, operand_scales=scales)


def _operand_scales(registers: Registers, mode: str, dtype: str) -> tuple[Scale, Scale] | None:
    if registers.architecture.is_u85:
        return _u85_operand_scales(registers, mode)
    if mode not in ("ADD", "SUB") or dtype == "int32":
        return None
    how = registers.short("IFM_PRECISION") >> 8 & 3
    if how == 0:
        low = [registers.read(name) & 0xFFFF for name in ("OPA_SCALE", "OPB_SCALE")]
        return Scale(low[0], 0, DOUBLE), Scale(low[1], 0, DOUBLE)
    if how == _RESERVED_SCALE_MODE or dtype not in _OPERAND_BITS:
        raise UnsupportedStreamError(f"operand scale mode {how} of {dtype}", registers.word)
    bits = _OPERAND_BITS[dtype]
    scale = registers.scale("OPA_SCALE", DOUBLE)
    scaled = Scale(scale.multiplier, scale.shift + bits, DOUBLE, bits)
    plain = Scale(1 << (bits - 1), 0, DOUBLE)
    return (scaled, plain) if how == 1 else (plain, scaled)


def _u85_operand_scales(registers: Registers, mode: str) -> tuple[Scale, Scale] | None:
    found = []
    for name in ("IFM_SCALE", "IFM2_SCALE"):
        scale = registers.scale(name, DOUBLE)
        if registers.short(name) >> 13:
            raise UnsupportedStreamError(f"rounding of {name}", registers.word)
        if scale.multiplier != 1 or scale.shift:
            if mode not in ("ADD", "SUB"):
                raise UnsupportedStreamError(f"{name} of ELEMENTWISE {mode}", registers.word)
            scale = scale._replace(shift=scale.shift + scale.doubling)
        else:
            scale = Scale(1, 0, DOUBLE)
        found.append(scale)
    return (found[0], found[1]) if any(scale.multiplier != 1 for scale in found) else None


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


def _rounding(registers: Registers) -> str:
    u85 = registers.architecture.is_u85
    code = registers.short("OFM_SCALE") >> 13 if u85 else registers.short("OFM_PRECISION") >> 14
    names = _U85_ROUNDING if u85 else _ROUNDING
    if code not in names:
        raise UnsupportedStreamError(f"OFM rounding mode {code}", registers.word)
    return names[code]


def _weights(registers: Registers) -> Weights:
    u85 = registers.architecture.is_u85
    if u85 and registers.short("WEIGHT_FORMAT"):
        raise UnsupportedStreamError("fast or sparse weights", registers.word)
    cores = registers.architecture.cores
    streams = tuple(_weight_range(registers, "WEIGHT", core) for core in range(cores))
    scales = tuple(_weight_range(registers, "SCALE", core) for core in range(1 if u85 else cores))
    microblock = 0
    if u85:
        code = registers.short("ACC_FORMAT") >> 8 & 7
        if code not in _MICROBLOCK_POSITIONS:
            raise UnsupportedStreamError(f"micro-block {code}", registers.word)
        microblock = registers.architecture.macs // 8 // _MICROBLOCK_POSITIONS[code]
    return Weights(streams, scales, registers.short("OFM_BLK_DEPTH_M1") + 1, microblock)


def _weight_range(registers: Registers, kind: str, core: int) -> Range:
    name = f"{kind}{core or ''}"
    region = registers.short(f"{kind}_REGION")
    return Range(region, registers.long(f"{name}_BASE"), registers.long(f"{name}_LENGTH"))


_STEPS: dict[str, Callable[[Registers], Step]] = {
    "CONV": _convolution,
    "DEPTHWISE": _convolution,
    "POOL": _pool,
    "ELEMENTWISE": _elementwise,
    "DMA_START": _transfer,
    "DMA_WAIT": _wait,
    "KERNEL_WAIT": _wait,
}
