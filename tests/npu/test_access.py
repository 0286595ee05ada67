from __future__ import annotations

import numpy as np

from harness.npu.access import Access, Run
from harness.npu.addressing import byte_index
from harness.npu.memory import Memory
from harness.npu.operations import MEMORY, FeatureMap
from harness.npu.program import SCRATCH, Program, architecture

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
