"""Reading and writing feature maps while a batch runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, NamedTuple

import numpy as np

from .addressing import Index, byte_count, byte_index
from .errors import MemoryAccessError
from .identity import name_of
from .memory import CONSTANT, DYNAMIC, Memory, places_of
from .operations import CHAINED, SCALAR, FeatureMap

if TYPE_CHECKING:
    from .program import Place


class Run:
    """Memory of one batch: (batch, bytes) a region, and values that are passed on without memory (U85)."""

    def __init__(self, regions: dict[int, np.ndarray], *, once: bool = False) -> None:
        self.regions = regions
        self.once = once
        """Whether fully connected operations round once, as in the LiteRT reference kernels."""
        self.chained: dict[int, np.ndarray] = {}


Action = Callable[[Run], None]
Read = Callable[[Run], np.ndarray]
Write = Callable[[Run, np.ndarray], None]


class Operand(NamedTuple):
    """How values are read, and the name of what they are (see `identity`)."""

    read: Read
    name: bytes


class _Values(NamedTuple):
    region: int
    at: Index
    shape: tuple[int, ...]
    dtype: str


class Access:
    """Makes readers and writers, and checks each access against what is known of memory.

    Constants are read when the reader is made. Where a feature map mixes them with computed values, an action
    that stores the constants is added to `actions` first.
    """

    def __init__(self, memory: Memory, actions: list[Action]) -> None:
        self.memory, self.actions = memory, actions
        self.chained: dict[int, tuple[tuple[int, int, int], str, bytes]] = {}

    def reader(self, feature: FeatureMap, word: int, what: str) -> Operand:
        if feature.storage == SCALAR:
            value = np.full((1, 1, 1, 1), feature.scalar).astype(feature.dtype)
            return Operand(lambda _: value, name_of(value.tobytes()))
        if feature.storage == CHAINED:
            return self._chained_reader(feature, word, what)
        values = _Values(feature.region, self._addresses(feature, word, what), feature.shape, feature.dtype)
        return self._bytes_reader(values, word, what)

    def place_reader(self, place: Place, word: int) -> Operand:
        values = _Values(place.region, place.span, place.sample_shape, place.dtype)
        return self._bytes_reader(values, word, f"tensor {place.name!r}")

    def _bytes_reader(self, values: _Values, word: int, what: str) -> Operand:
        region, at, shape, dtype = values
        states = self.memory.check_read(region, at, word, what)
        if DYNAMIC not in states:
            content = self._image(region, at)
            known = content.view(dtype).reshape(1, *shape)
            return Operand(lambda _: known, name_of(content.tobytes()))
        number = self.memory.number(region)
        if CONSTANT in states:
            places = places_of(CONSTANT, states)
            self._store_constants(number, places + at.start if isinstance(at, slice) else at[places])
        name = self.memory.name(region, at)
        if isinstance(at, slice):
            return Operand(lambda run: run.regions[number][:, at].view(dtype).reshape(-1, *shape), name)
        return Operand(lambda run: np.take(run.regions[number], at, axis=1).view(dtype).reshape(-1, *shape), name)

    def writer(self, feature: FeatureMap, word: int, name: bytes) -> Write:
        """How a result of this name is written."""
        if feature.storage == CHAINED:
            self.chained[feature.region] = feature.shape, feature.dtype, name
            return lambda run, values: run.chained.__setitem__(feature.region, values)
        at = self._addresses(feature, word, "OFM")
        self.memory.mark_written(feature.region, at, word, name)
        write = self._bytes_writer(self.memory.number(feature.region), at, feature.dtype)
        if feature.axes == (0, 1, 2):
            return write
        order = (0, *(1 + axis for axis in feature.axes))
        return lambda run, values: write(run, values.transpose(order))

    def place_writer(self, place: Place, word: int, name: bytes) -> Write:
        self.memory.mark_written(place.region, place.span, word, name)
        return self._bytes_writer(self.memory.number(place.region), place.span, place.dtype)

    def _bytes_writer(self, number: int, at: Index, dtype: str) -> Write:
        def write(run: Run, values: np.ndarray) -> None:
            flat = np.ascontiguousarray(values, dtype).reshape(len(values), -1)
            run.regions[number][:, at] = flat.view(np.uint8)

        return write

    def _chained_reader(self, feature: FeatureMap, word: int, what: str) -> Operand:
        shape, dtype, name = self.chained.get(feature.region, (None, "", b""))
        if (shape, dtype) != (feature.shape, feature.dtype):
            raise MemoryAccessError(f"{what}: chaining buffer {feature.region} holds no such feature map", word)
        return Operand(lambda run: run.chained[feature.region], name)

    def _addresses(self, feature: FeatureMap, word: int, what: str) -> Index:
        self.memory.check_size(feature.region, byte_count(feature), word, what)
        return byte_index(feature)

    def _image(self, region: int, at: Index) -> np.ndarray:
        image: np.ndarray = self.memory.regions[self.memory.number(region)].image[at]
        return image

    def _store_constants(self, number: int, at: np.ndarray) -> None:
        content = self._image(number, at)
        self.memory.regions[number].state[at] = DYNAMIC
        self.actions.append(lambda run: run.regions[number].__setitem__((slice(None), at), content))
