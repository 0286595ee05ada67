"""What a command stream asks for, one value an operation: every register that matters, decoded."""

from __future__ import annotations

from typing import NamedTuple, Union

MEMORY, CHAINED, SCALAR = "memory", "chained", "scalar"
DOUBLE, NATURAL = "double", "natural"


class Range(NamedTuple):
    """Bytes of a region; `internal` is the shared buffer RAM that holds the look-up tables."""

    region: int
    base: int
    length: int
    internal: bool = False

    @property
    def span(self) -> slice:
        """Addresses of its bytes."""
        return slice(self.base, self.base + self.length)


class FeatureMap(NamedTuple):
    """Where a feature map lies, and how its values are to be read."""

    shape: tuple[int, int, int]
    """Height, width, depth."""
    dtype: str
    zero_point: int
    storage: str
    """MEMORY, CHAINED (in buffer `region`, U85) or SCALAR (`scalar`, from a register)."""
    region: int = 0
    scalar: int = 0
    bases: tuple[int, int, int, int] = (0, 0, 0, 0)
    tile: tuple[int, int, int] = (0, 0, 0)
    """Height of tile 0, height of tile 1, width of tile 0."""
    strides: tuple[int, int, int] = (0, 0, 0)
    """Bytes from row to row, column to column, and brick to brick."""
    bricks: bool = False
    """NHCWB16: channels in bricks of 16."""
    axes: tuple[int, int, int] = (0, 1, 2)
    """In which order of the axes an OFM is stored (U85)."""

    @property
    def stored_shape(self) -> tuple[int, int, int]:
        """Height, width, depth as they lie in memory."""
        height, width, depth = self.axes
        return self.shape[height], self.shape[width], self.shape[depth]


class Scale(NamedTuple):
    """value * multiplier / 2**shift, after a shift to the left by `doubling` bits."""

    multiplier: int
    shift: int
    rounding: str
    doubling: int = 0


class Kernel(NamedTuple):
    """Sizes in elements, y before x."""

    size: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (0, 0, 0, 0)
    """Top, left, bottom, right."""
    part_kernel_first: bool = False

    @property
    def dilated(self) -> tuple[int, int]:
        (height, width), (step_y, step_x) = self.size, self.dilation
        return (height - 1) * step_y + 1, (width - 1) * step_x + 1


class Table(NamedTuple):
    """A look-up table of 256 entries for int8 or uint8 values."""

    memory: Range
    dtype: str
    """Of the entries."""


class Activation(NamedTuple):
    clamp: tuple[int, int] | None
    table: Table | None


class Weights(NamedTuple):
    """Compressed weights and scale records, one range a core, and what orders them."""

    streams: tuple[Range, ...]
    scales: tuple[Range, ...]
    block_depth: int
    microblock: int
    """U85: depth of an OFM micro-block; else 0, since the accelerator determines it."""


class Operation(NamedTuple):
    """A kernel operation."""

    word: int
    kind: str
    """CONV, DEPTHWISE, POOL or ELEMENTWISE."""
    mode: str
    """Of POOL (MAX, ...) and ELEMENTWISE (MUL, ...); else empty."""
    ifm: FeatureMap
    ifm2: FeatureMap | None
    ofm: FeatureMap
    kernel: Kernel
    activation: Activation
    rounding: str
    scale: Scale | None
    """Of the whole OFM; None: none, or one a channel."""
    operand_scales: tuple[Scale, Scale] | None
    """Of ADD and SUB, for the first and the second operand as computed (after a swap)."""
    swapped: bool
    """IFM2 is the first operand."""
    weights: Weights | None

    @property
    def name(self) -> str:
        return f"{self.kind} {self.mode}".strip()


def used_weights(operation: Operation) -> Weights:
    """Return the weights of a CONV or DEPTHWISE operation; another one has none and raises ValueError."""
    if operation.weights is None:
        raise ValueError(f"{operation.name} has no weights")
    return operation.weights


class Transfer(NamedTuple):
    """A DMA transfer."""

    word: int
    source: Range
    target: Range


class Wait(NamedTuple):
    """Until at most `outstanding` transfers (DMA_WAIT) or kernel operations (KERNEL_WAIT) are under way."""

    word: int
    kind: str
    outstanding: int


Step = Union[Operation, Transfer, Wait]
