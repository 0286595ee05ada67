"""Names of the commands of a register command stream, and its words as a list of commands.

A word holds a code in bits [9:0] and a parameter in [31:16]; bits [15:14] tell whether a payload follows.
Names and codes: the register description `ethos_u55_regs` of Arm's Vela package, and its verbose output.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .errors import UnsupportedStreamError

OPERATIONS: dict[int, str] = {
    0x000: "STOP",
    0x001: "IRQ",
    0x002: "CONV",
    0x003: "DEPTHWISE",
    0x005: "POOL",
    0x006: "ELEMENTWISE",
    0x007: "RESIZE",
    0x010: "DMA_START",
    0x011: "DMA_WAIT",
    0x012: "KERNEL_WAIT",
    0x013: "PMU_MASK",
}
PARAMETERS: dict[int, str] = {
    0x100: "IFM_PAD_TOP",
    0x101: "IFM_PAD_LEFT",
    0x102: "IFM_PAD_RIGHT",
    0x103: "IFM_PAD_BOTTOM",
    0x104: "IFM_DEPTH_M1",
    0x105: "IFM_PRECISION",
    0x107: "IFM_UPSCALE",
    0x108: "IFM_BROADCAST",
    0x109: "IFM_ZERO_POINT",
    0x10A: "IFM_WIDTH0_M1",
    0x10B: "IFM_HEIGHT0_M1",
    0x10C: "IFM_HEIGHT1_M1",
    0x10D: "IFM_IB_END",
    0x10F: "IFM_REGION",
    0x111: "OFM_WIDTH_M1",
    0x112: "OFM_HEIGHT_M1",
    0x113: "OFM_DEPTH_M1",
    0x114: "OFM_PRECISION",
    0x115: "OFM_BLK_WIDTH_M1",
    0x116: "OFM_BLK_HEIGHT_M1",
    0x117: "OFM_BLK_DEPTH_M1",
    0x118: "OFM_ZERO_POINT",
    0x11A: "OFM_WIDTH0_M1",
    0x11B: "OFM_HEIGHT0_M1",
    0x11C: "OFM_HEIGHT1_M1",
    0x11F: "OFM_REGION",
    0x120: "KERNEL_WIDTH_M1",
    0x121: "KERNEL_HEIGHT_M1",
    0x122: "KERNEL_STRIDE",
    0x123: "PARALLEL_MODE",
    0x124: "ACC_FORMAT",
    0x125: "ACTIVATION",
    0x126: "ACTIVATION_MIN",
    0x127: "ACTIVATION_MAX",
    0x128: "WEIGHT_REGION",
    0x129: "SCALE_REGION",
    0x12D: "AB_START",
    0x12E: "WEIGHT_FORMAT",
    0x12F: "BLOCKDEP",
    0x130: "DMA0_SRC_REGION",
    0x131: "DMA0_DST_REGION",
    0x132: "DMA0_SIZE0",
    0x133: "DMA0_SIZE1",
    0x180: "IFM2_BROADCAST",
    0x181: "IFM2_SCALAR",
    0x185: "IFM2_PRECISION",
    0x189: "IFM2_ZERO_POINT",
    0x18A: "IFM2_WIDTH0_M1",
    0x18B: "IFM2_HEIGHT0_M1",
    0x18C: "IFM2_HEIGHT1_M1",
    0x18D: "IFM2_IB_START",
    0x18F: "IFM2_REGION",
}
PAYLOADS: dict[int, str] = {
    **{
        base + number: f"{name}_BASE{number}"
        for base, name in ((0, "IFM"), (16, "OFM"), (128, "IFM2"))
        for number in range(4)
    },
    **{
        base + 4 + number: f"{name}_STRIDE_{axis}"
        for base, name in ((0, "IFM"), (16, "OFM"), (128, "IFM2"))
        for number, axis in enumerate("XYC")
    },
    0x20: "WEIGHT_BASE",
    0x21: "WEIGHT_LENGTH",
    0x22: "SCALE_BASE",
    0x23: "SCALE_LENGTH",
    0x24: "OFM_SCALE",
    0x25: "OPA_SCALE",
    0x26: "OPB_SCALE",
    0x27: "OP_SCALAR",
    0x30: "DMA0_SRC",
    0x31: "DMA0_DST",
    0x32: "DMA0_LEN",
    0x33: "DMA0_SKIP0",
    0x34: "DMA0_SKIP1",
    0x90: "WEIGHT1_BASE",
    0x91: "WEIGHT1_LENGTH",
    0x92: "SCALE1_BASE",
    0x93: "SCALE1_LENGTH",
}
U85_PAYLOADS: dict[int, str] = {
    **{code: name for code, name in PAYLOADS.items() if not name.startswith("SCALE1")},
    0x25: "IFM_SCALE",
    0x26: "IFM2_SCALE",
    0x92: "WEIGHT2_BASE",
    0x93: "WEIGHT2_LENGTH",
    0x94: "WEIGHT3_BASE",
    0x95: "WEIGHT3_LENGTH",
}


STOP = 0x000
PARAMETER_BIT = 32
_WITH_PAYLOAD = 0x10 << 10
_CODE_AND_KIND = 0xFFFF
_HALF = 16
_WITHOUT_PAYLOAD = {**OPERATIONS, **PARAMETERS}
_NAMES, _U85_NAMES = (
    {**_WITHOUT_PAYLOAD, **{_WITH_PAYLOAD | code: name for code, name in payloads.items()}}
    for payloads in (PAYLOADS, U85_PAYLOADS)
)
"""By the lower half of a word: the code, and whether a payload follows."""


class Commands(NamedTuple):
    """The commands of a stream, up to and with STOP: an entry for each in every list."""

    words: list[int]
    """Offsets in the stream, in words."""
    names: list[str]
    values: list[int]
    """The payload, and from PARAMETER_BIT on the parameter: of an address or a length, what it is."""
    operations: list[int]
    """Numbers of the commands that do not set a register."""


def parse(words: np.ndarray, *, u85: bool) -> Commands:
    """Split a stream into commands, up to STOP; raise UnsupportedStreamError where that fails."""
    wide = words.astype(np.int64)
    starts = _starts((wide & _CODE_AND_KIND) >= _WITH_PAYLOAD)
    codes = wide[starts] & _CODE_AND_KIND
    count = int(np.argmax(codes == STOP)) + 1 if STOP in codes else len(codes)
    codes, starts = codes[:count], starts[:count]
    names = _names(codes.tolist(), starts, _U85_NAMES if u85 else _NAMES)
    with_payload = codes >= _WITH_PAYLOAD
    if starts[-1:].tolist() == [len(words) - 1] and with_payload[-1]:
        raise UnsupportedStreamError(f"{names[-1]}: the payload is missing", len(words) - 1)
    if names[-1:] != ["STOP"]:
        raise UnsupportedStreamError("the stream ends without STOP", len(words))
    values = wide[starts] >> _HALF << PARAMETER_BIT
    values[with_payload] |= wide[starts[with_payload] + 1]
    return Commands(starts.tolist(), names, values.tolist(), np.flatnonzero(codes <= max(OPERATIONS)).tolist())


def _names(codes: list[int], starts: np.ndarray, names: dict[int, str]) -> list[str]:
    try:
        return list(map(names.__getitem__, codes))
    except KeyError as error:
        code = error.args[0]
    word = int(starts[codes.index(code)])
    raise UnsupportedStreamError(f"unknown command {code & 0x3FF:#05x} (kind {code >> 10:#x})", word)


def _starts(with_payload: np.ndarray) -> np.ndarray:
    """Where commands begin; `with_payload` tells for each word whether a payload follows if it begins one.

    After a word without a payload, be it a command or itself a payload, a command begins; of words with
    payloads that follow, every second one begins a command.
    """
    places = np.arange(len(with_payload))
    before = np.maximum.accumulate(np.concatenate([[-1], np.where(with_payload, -1, places)[:-1]]))
    return np.flatnonzero((places - before) % 2)
