"""Decodes the compressed weight stream ("mlw") of Ethos-U NPUs.

A stream is a sequence of slices, least significant bit first. A slice holds two interleaved Golomb-Rice
codes, weights and the lengths of zero runs, in chunks. Where a chunk lies depends only on how many symbols
the chunks before it hold, so a loop walks the chunks (`_walk`) and NumPy decodes all symbols at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .bits import COUNT_BITS, Bits
from .errors import WeightFormatError

MOST_WEIGHTS = 1 << 24
_END_OF_STREAM, _NO_ZERO_RUNS, _UNKNOWN_ZERO_RUNS = 7, 6, (4, 5)
_UNCOMPRESSED, _UNKNOWN_DIVISOR = 7, 6
# Symbols of a chunk: fewer where wide remainders follow.
_SYMBOLS, _FEWER_SYMBOLS, _WIDE_DIVISOR, _WIDE_ZERO_DIVISOR = 12, 8, 5, 3
_CONTINUED = 2
_MOST_AHEAD = 8
_SMALLEST_SLICE_BITS = 8
_POPCOUNT = [bin(value).count("1") for value in range(1 << 12)]
_CHUNK = (1 << _SYMBOLS) - 1
_NONE = [0] * len(_POPCOUNT)


class _Palette(NamedTuple):
    values: np.ndarray
    bits: int
    direct_offset: int

    def weights(self, index: np.ndarray) -> np.ndarray:
        """Sign and magnitude: bit 0 is the sign."""
        size = len(self.values)
        direct = np.maximum(index - size, 0) + self.direct_offset
        value = np.where(index < size, self.values[np.minimum(index, size - 1)], direct) if size else direct
        signed: np.ndarray = np.where(value & 1, -(value >> 1), value >> 1)
        return signed


class _Slice(NamedTuple):
    at: int
    zero_divisor: int | None
    weights: int
    divisor: int
    compressed: bool
    truncated: bool
    zero_runs: int

    @property
    def symbols_in_a_chunk(self) -> int:
        return _FEWER_SYMBOLS if not self.compressed and self.divisor > _WIDE_DIVISOR else _SYMBOLS

    @property
    def zero_symbols_in_a_chunk(self) -> int:
        return _FEWER_SYMBOLS if self.zero_divisor == _WIDE_ZERO_DIVISOR else _SYMBOLS


class _Chunks:
    """What the walk found, one integer a chunk: unary codes, and where how many remainders begin."""

    def __init__(self) -> None:
        self.unary: list[int] = []
        self.zero_unary: list[int] = []
        self.remainders: list[int] = []
        self.zero_remainders: list[int] = []


@lru_cache(maxsize=64)
def decode(data: bytes, most: int = MOST_WEIGHTS) -> np.ndarray:
    """int16 weights of a compressed stream, in stream order (read-only: several accelerators read one stream).

    Raises WeightFormatError, with the bit offset, for data that end early, name an unknown code or hold more
    than `most` weights.
    """
    bits = Bits(data)
    pieces: list[np.ndarray] = []
    palette: _Palette | None = None
    total = 0
    while bits.end - bits.at >= _SMALLEST_SLICE_BITS:
        zero_code = bits.take(3)
        if zero_code == _END_OF_STREAM:
            bits.at += -bits.at % 8
            palette = None
            continue
        header, palette, leading = _read_header(bits, zero_code, palette)
        piece = _decode_slice(bits, header, palette, most - total, leading=leading)
        total += len(piece)
        pieces.append(piece)
    found = np.concatenate(pieces) if pieces else np.zeros(0, np.int16)
    found.setflags(write=False)
    return found


def _read_header(bits: Bits, zero_code: int, palette: _Palette | None) -> tuple[_Slice, _Palette, bool]:
    at = bits.at - 3
    if zero_code in _UNKNOWN_ZERO_RUNS:
        raise WeightFormatError(f"unknown zero-run code {zero_code}", at)
    count = bits.take(15) + 1
    divisor = bits.take(3)
    if divisor == _UNKNOWN_DIVISOR:
        raise WeightFormatError("unknown weight code 6", bits.at - 3)
    truncated, has_palette = bool(bits.take(1)), bool(bits.take(1))
    if has_palette:
        palette = _read_palette(bits)
    if palette is None:
        raise WeightFormatError("the first slice carries no palette", at)
    compressed = divisor != _UNCOMPRESSED
    if not compressed:
        size = len(palette.values)
        divisor = (size - 1).bit_length() if size else palette.bits
    runs = None if zero_code == _NO_ZERO_RUNS else zero_code
    zeros = 0 if runs is None else count + has_palette
    return _Slice(at, runs, count, divisor, compressed, truncated, zeros), palette, has_palette


def _read_palette(bits: Bits) -> _Palette:
    direct_offset, size = bits.take(5), bits.take(5)
    width = bits.take(3) + 2
    values = [bits.take(width) for _ in range(size + 1 if size else 0)]
    return _Palette(np.array(values, np.int64), width, direct_offset)


def _walk(bits: Bits, header: _Slice) -> _Chunks:
    """Read the unary codes and skip the remainders, which follow one chunk later."""
    found = _Chunks()
    if header.compressed and not header.zero_runs:
        _walk_weights(bits, header, found)
    else:
        _walk_both(bits, header, found)
    return found


def _walk_weights(bits: Bits, header: _Slice, found: _Chunks) -> None:
    """Of compressed weights alone, nearly all that there are: read in place, their end looked for once a chunk."""
    windows, end, divisor = bits.windows, bits.end, header.divisor
    unary, remainders, continued = found.unary.append, found.remainders.append, _NONE if header.truncated else _POPCOUNT
    start = at = bits.at
    left, late = header.weights, 0
    while left > 0 and at <= end:
        start = at
        window = windows[at >> 3] >> (at & 7)
        count = _POPCOUNT[window & 0xFFF]
        at += _SYMBOLS + count
        unary(window)
        remainders(at << COUNT_BITS | late)
        at += late * divisor
        late = _SYMBOLS - continued[(window >> _SYMBOLS) & ((1 << count) - 1)]
        left -= late
    late += min(left, 0)
    remainders(at << COUNT_BITS | late)
    bits.at = start
    bits.skip(at + late * divisor - start)


def _walk_both(bits: Bits, header: _Slice, found: _Chunks) -> None:
    symbols, zero_symbols = header.symbols_in_a_chunk, header.zero_symbols_in_a_chunk
    weights = zeros = late = late_zeros = 0
    while True:
        ahead = weights - zeros if header.zero_runs else 0
        wants_weights = weights < header.weights and ahead < _MOST_AHEAD
        wants_zeros = zeros < header.zero_runs and ahead >= 0
        first = bits.take(_SYMBOLS) if wants_weights and header.compressed else 0
        completed_zeros = completed = 0
        if wants_zeros:
            code = bits.take(zero_symbols)
            found.zero_unary.append(code)
            completed_zeros = min(zero_symbols - _POPCOUNT[code], header.zero_runs - zeros)
        if wants_weights:
            second = bits.take(_POPCOUNT[first])
            found.unary.append(second << _SYMBOLS | first)
            completed = min(symbols - (0 if header.truncated else _POPCOUNT[second]), header.weights - weights)
        found.remainders.append(bits.at << COUNT_BITS | late)
        bits.skip(late * header.divisor)
        found.zero_remainders.append(bits.at << COUNT_BITS | late_zeros)
        bits.skip(late_zeros * (header.zero_divisor or 0))
        if not wants_weights and not wants_zeros:
            return
        weights, zeros, late, late_zeros = weights + completed, zeros + completed_zeros, completed, completed_zeros


def _unpack(codes: np.ndarray, width: int) -> np.ndarray:
    """The bits of each code, one a row, in a row."""
    bits: np.ndarray = (codes >> np.arange(width, dtype=codes.dtype)) & 1
    return bits


def _weight_quotients(found: _Chunks, header: _Slice) -> np.ndarray:
    """Symbols 0, 1, 2; unless truncated, a 2 goes on into the next symbol."""
    if not header.compressed:
        return np.zeros(header.weights, np.int64)
    pairs = np.array(found.unary, np.int64)[:, None]
    firsts, seconds = (pairs & _CHUNK).astype(np.uint16), (pairs >> _SYMBOLS & _CHUNK).astype(np.uint16)
    first = _unpack(firsts, _SYMBOLS)
    rank = np.cumsum(first, axis=1, dtype=np.uint16) - first
    symbols = (first + (first & (seconds >> rank))).ravel()
    if header.truncated:
        return np.asarray(symbols[: header.weights], np.int64)
    ends = np.flatnonzero(symbols < _CONTINUED)[: header.weights]
    quotients: np.ndarray = np.diff(np.cumsum(symbols, dtype=np.int64)[ends], prepend=0)
    return quotients


def _zero_quotients(found: _Chunks, header: _Slice) -> np.ndarray:
    ones = _unpack(np.array(found.zero_unary, np.int64)[:, None], header.zero_symbols_in_a_chunk).ravel()
    ends = np.flatnonzero(ones == 0)[: header.zero_runs]
    quotients: np.ndarray = np.diff(ends, prepend=-1) - 1
    return quotients


def _decode_slice(bits: Bits, header: _Slice, palette: _Palette, room: int, *, leading: bool) -> np.ndarray:
    found = _walk(bits, header)
    remainders = bits.gather(found.remainders, header.divisor)
    weights = palette.weights((_weight_quotients(found, header) << header.divisor) + remainders)
    if header.zero_divisor is None:
        runs = np.zeros(header.weights, np.int64)
    else:
        rest = bits.gather(found.zero_remainders, header.zero_divisor)
        runs = (_zero_quotients(found, header) << header.zero_divisor) + rest
    total = int(runs.sum()) + header.weights
    if total > room:
        raise WeightFormatError(f"{total} weights in a slice, room for {room}", header.at)
    before = int(runs[0]) if leading and header.zero_divisor is not None else 0
    gaps = runs[1:] if leading and header.zero_divisor is not None else runs
    piece = np.zeros(total, np.int16)
    piece[before + np.arange(header.weights) + np.cumsum(gaps) - gaps] = weights
    return piece
