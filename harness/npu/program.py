"""What is executed: an architecture, memory regions, named tensors in them, and segments in order."""

from __future__ import annotations

from typing import Any, NamedTuple, Union

import numpy as np

from .errors import ModelFormatError

READ_ONLY, SCRATCH, SCRATCH_FAST, INTERNAL = 0, 1, 2, 3
LUT_BYTES = 2048
_PRODUCTS = {0: "u55", 1: "u65", 2: "u85"}
_MACS = {"u55": (32, 64, 128, 256), "u65": (256, 512), "u85": (128, 256, 512, 1024, 2048)}
# Depths of the queues: `architecture_features` in Arm's Vela package. Three kernel operations on the U85 is
# inferred: with three, Vela leaves out no wait and nearly all that it writes are needed; with four some lack.
_DMA_QUEUE = {"u55": 1, "u65": 2, "u85": 4}
_KERNEL_QUEUE = {"u55": 2, "u65": 2, "u85": 3}
_CORES = {("u65", 512): 2, ("u85", 512): 2, ("u85", 1024): 4, ("u85", 2048): 4}


class Architecture(NamedTuple):
    product: str
    macs: int
    cores: int
    lut_base: int
    """Internal address of the first look-up table."""
    dma_queue: int
    """DMA transfers that may be outstanding."""
    kernel_queue: int
    """Kernel operations that may be outstanding."""

    @property
    def name(self) -> str:
        return f"{self.product}-{self.macs}"

    @property
    def is_u85(self) -> bool:
        return self.product == "u85"


class Place(NamedTuple):
    """A tensor in a memory region."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    region: int
    offset: int
    scales: tuple[float, ...] = ()
    zero_points: tuple[int, ...] = ()
    tensor: int = -1
    """Number of the tensor in the .tflite."""

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Without the batch axis, which a compiled model fixes at 1."""
        return self.shape[1:] if self.shape[:1] == (1,) else self.shape

    @property
    def detail(self) -> dict[str, Any]:
        """As an interpreter of LiteRT describes a tensor: shape, dtype, quantization."""
        quantization = (self.scales or (0.0,))[0], (self.zero_points or (0,))[0]
        return {"shape": self.shape, "dtype": np.dtype(self.dtype), "quantization": quantization}

    @property
    def span(self) -> slice:
        """Addresses of its bytes."""
        return slice(self.offset, self.offset + self.byte_count)

    @property
    def byte_count(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64)) * np.dtype(self.dtype).itemsize


class Stream(NamedTuple):
    """One `ethos-u` operator: the words of its command stream and its tensors in the arena."""

    words: np.ndarray
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]


class CpuOperators(NamedTuple):
    """Operators between NPU segments, in order; places of their tensors in the arena."""

    operators: tuple[int, ...]
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]


Segment = Union[Stream, CpuOperators]


class Program(NamedTuple):
    architecture: Architecture
    read_only: bytes
    region_bytes: dict[int, int]
    """Writable regions and their sizes; a second number of the same region is in `aliases` instead."""
    aliases: dict[int, int]
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    segments: tuple[Segment, ...]
    model: bytes
    """The compiled .tflite, where CPU operators have to be taken from it; else empty."""

    @property
    def streams(self) -> list[Stream]:
        return [segment for segment in self.segments if isinstance(segment, Stream)]


def architecture(configuration: int) -> Architecture:
    """Decode the configuration word of a driver payload. Raises ModelFormatError for an unknown NPU.

    Fields: [3:0] log2 of MACs a cycle, [15:8] KB of shared buffer RAM of all cores, [31:28] product.
    """
    product = _PRODUCTS.get(configuration >> 28, "")
    macs = 1 << (configuration & 15)
    if macs not in _MACS.get(product, ()):
        raise ModelFormatError(f"configuration word {configuration:#010x} names no Ethos-U55, U65 or U85")
    cores = _CORES.get((product, macs), 1)
    shram = (configuration >> 8 & 0xFF) * 1024 // cores
    lut_base = 0 if product == "u85" else shram - LUT_BYTES
    return Architecture(product, macs, cores, lut_base, _DMA_QUEUE[product], _KERNEL_QUEUE[product])
