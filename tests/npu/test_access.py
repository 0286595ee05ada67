from __future__ import annotations

import numpy as np
import pytest

from harness.npu import MemoryAccessError
from harness.npu.access import Access, Run
from harness.npu.addressing import byte_index
from harness.npu.memory import Memory
from harness.npu.operations import MEMORY, FeatureMap, Range, Transfer
from harness.npu.program import READ_ONLY, SCRATCH, Program, architecture

U85_256 = 0x20000118
ROWS = FeatureMap((2, 3, 4), "int8", 0, MEMORY, SCRATCH, bases=(8, 0, 0, 0), tile=(2, 2, 3), strides=(12, 4, 1))


def test_bytes_that_follow_each_other_are_a_slice() -> None:
    assert byte_index(ROWS) == slice(8, 32)
    assert byte_index(ROWS._replace(dtype="int16", strides=(24, 8, 1))) == slice(8, 56)
    spread = byte_index(ROWS._replace(strides=(16, 4, 1)))
    assert isinstance(spread, np.ndarray)
    assert spread.tolist() == [*range(8, 20), *range(24, 36)]


def test_tiles_lie_where_their_bases_say() -> None:
    tiled = byte_index(ROWS._replace(bases=(0, 100, 200, 300), tile=(1, 1, 2), strides=(8, 4, 1)))
    assert isinstance(tiled, np.ndarray)
    assert tiled.reshape(2, 3, 4)[:, :, 0].tolist() == [[0, 4, 100], [200, 204, 300]]


def test_an_ofm_is_stored_in_the_order_of_its_axes() -> None:
    """Depth first, as the U85 stores the sequences of a head: a cube tells the axes apart by the values only."""
    cube = FeatureMap((2, 2, 2), "int8", 0, MEMORY, SCRATCH, tile=(2, 2, 2), strides=(4, 2, 1), axes=(2, 0, 1))
    memory = Memory(Program(architecture(U85_256), b"", {SCRATCH: 8}, {}, (), (), (), b""))
    run = Run({SCRATCH: np.zeros((1, 8), np.uint8)})
    values = np.arange(8, dtype=np.int8).reshape(1, 2, 2, 2)
    Access(memory, []).writer(cube, 0, b"a result")(run, values)
    assert run.regions[SCRATCH].reshape(2, 2, 2).tolist() == [[[0, 2], [4, 6]], [[1, 3], [5, 7]]]
    assert FeatureMap((1, 28, 10), "int8", 0, MEMORY, axes=(2, 0, 1)).stored_shape == (10, 1, 28)


def test_bases_of_tiles_count_where_the_tiles_are_used() -> None:
    one_tile = byte_index(ROWS._replace(bases=(8, 1, 2, 3)))
    assert one_tile == byte_index(ROWS)
    tiled = ROWS._replace(tile=(1, 1, 2))
    indices = [
        byte_index(tiled._replace(bases=bases)) for bases in ((8, 40, 80, 120), (8, 41, 80, 120), (9, 41, 81, 121))
    ]
    assert [np.asarray(index).tolist() for index in indices[:1]] != [
        np.asarray(index).tolist() for index in indices[1:2]
    ]
    assert np.array_equal(np.asarray(indices[2]), np.asarray(indices[0]) + 1)


def test_only_read_only_data_are_read_once() -> None:
    """What a transfer brings to writable memory is what a constant there is from then on."""
    memory = Memory(Program(architecture(U85_256), bytes(range(32)), {SCRATCH: 16}, {}, (), (), (), b""))
    read_only, there = (Range(region, 0, 8) for region in (READ_ONLY, SCRATCH))
    found = []
    for base in (0, 16):
        memory.copy(Transfer(0, Range(READ_ONLY, base, 8), there))
        found += [memory.constant(where, 0, "weights") for where in (read_only, there)]
    assert found == [bytes(range(8)), bytes(range(8)), bytes(range(8)), bytes(range(16, 24))]
    for word in (1, 2):
        with pytest.raises(MemoryAccessError, match="outside of read-only region 0") as caught:
            memory.constant(Range(READ_ONLY, 28, 8), word, "weights")
        assert caught.value.word == word
