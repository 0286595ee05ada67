from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.npu.constants import read_weights
from harness.npu.errors import StreamError, WeightFormatError
from harness.npu.program import architecture
from harness.npu.scales import read_scales
from harness.npu.weight_order import Layout, stream_orders
from harness.npu.weights import decode

if TYPE_CHECKING:
    from .codec import Codec

CONFIGURATIONS = (0x0805, 0x1006, 0x1807, 0x3008, 0x10003008, 0x10006009, 0x20000117, 0x20000119, 0x2000011B)

wide = st.lists(st.integers(-255, 255), min_size=1, max_size=400)
narrow = st.lists(st.sampled_from([-2, -1, 0, 0, 0, 0, 0, 0, 1, 3]), min_size=1, max_size=2000)
constant = st.builds(lambda value, count: [value] * count, st.integers(-255, 255), st.integers(1, 40000))
mixed = st.builds(lambda first, second: first + second, narrow, wide)


@given(weights=wide | narrow | constant | mixed)
@settings(max_examples=150)
def test_decodes_as_the_codec_of_vela_does(codec: Codec, weights: list[int]) -> None:
    encoded = codec.encode(weights)
    decoded = decode(encoded).tolist()
    assert decoded == codec.decode(encoded)
    assert decoded[: len(weights)] == weights


@given(data=st.binary(max_size=600))
@settings(max_examples=300)
def test_random_bytes_decode_or_raise(data: bytes) -> None:
    _decode_or_raise(data)


@given(weights=wide | narrow, cut=st.floats(0, 1), flipped=st.integers(0, 1 << 30))
@settings(max_examples=150)
def test_damaged_streams_decode_or_raise(codec: Codec, weights: list[int], cut: float, flipped: int) -> None:
    encoded = bytearray(codec.encode(weights))
    encoded[flipped % len(encoded)] ^= 1 << flipped % 8
    _decode_or_raise(bytes(encoded[: int(cut * len(encoded))]))


def _decode_or_raise(data: bytes) -> None:
    most = 5000
    try:
        decoded, bit = len(decode(data, most)), 0
    except WeightFormatError as error:
        decoded, bit = 0, error.bit
    assert decoded <= most
    assert 0 <= bit <= 8 * len(data)


def test_a_few_bytes_cannot_ask_for_many_weights() -> None:
    # One weight, before it a run of 64,000 zeros: eight zeros a bit.
    header = "110" + "0" * 15 + "000" + "0" + "1" + "00000" + "00000" + "000"
    bits = header + "0" * 12 + "1" * 8000 + "0" * 14 + "1" * 24
    data = int(bits[::-1], 2).to_bytes(len(bits) // 8 + 1, "little")
    assert len(decode(data)) > 64_000
    with pytest.raises(WeightFormatError, match="room for 10000"):
        decode(data, most=10_000)


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ("001" + "0" * 29, "unknown zero-run code 4"),
        ("011" + "0" * 15 + "011" + "0" * 11, "unknown weight code 6"),
        ("011" + "0" * 29, "carries no palette"),
    ],
)
def test_a_malformed_stream_is_named_with_its_bit(bits: str, message: str) -> None:
    data = int(bits[::-1], 2).to_bytes(4, "little")
    with pytest.raises(WeightFormatError, match=message) as caught:
        decode(data)
    assert "bit " in str(caught.value)


def test_a_truncated_stream_is_named_with_its_bit(codec: Codec) -> None:
    encoded = codec.encode(list(range(-100, 100)))
    with pytest.raises(WeightFormatError, match="bits wanted") as caught:
        decode(encoded[:20])
    assert 100 <= caught.value.bit <= 160


@given(
    configuration=st.sampled_from(CONFIGURATIONS),
    channels=st.integers(1, 40),
    size=st.tuples(st.integers(1, 9), st.integers(1, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    depth=st.integers(1, 70),
    flags=st.tuples(st.booleans(), st.booleans()),
    blocks=st.integers(1, 4),
)
@settings(max_examples=150)
def test_each_weight_has_one_place_in_the_streams(  # noqa: PLR0913, PLR0917 - one argument a dimension
    configuration: int,
    channels: int,
    size: tuple[int, int],
    stride: tuple[int, int],
    depth: int,
    flags: tuple[bool, bool],
    blocks: int,
) -> None:
    depthwise, part_kernel_first = flags
    depth = 1 if depthwise else depth
    layout = Layout(
        architecture(configuration),
        channels,
        size,
        stride,
        (1, 1),
        depth,
        depthwise,
        part_kernel_first,
        16 * blocks,
        16,
        8,
    )
    places = np.concatenate(stream_orders(layout))
    assert sorted(places[places >= 0]) == list(range(channels * size[0] * size[1] * depth))


RECORD = bytes.fromhex("fffffffffe ddccbb2a 26".replace(" ", ""))
U85_RECORD = bytes.fromhex("fffffffe ddccbb2a 26 00".replace(" ", ""))


def test_scale_records_of_both_generations() -> None:
    old = read_scales([RECORD * 3, RECORD], 2, u85=False, word=0)
    new = read_scales([U85_RECORD * 2], 2, u85=True, word=0)
    assert old.bias.tolist() == [-(1 << 32) - 1] * 2
    assert new.bias.tolist() == [-(1 << 24) - 1] * 2
    for records in (old, new):
        assert records.multiplier.tolist() == [0x2ABBCCDD] * 2
        assert records.shift.tolist() == [0x26] * 2


def test_streams_hold_every_second_channel() -> None:
    other = RECORD[:-1] + b"\x01"
    assert read_scales([RECORD * 2, other], 3, u85=False, word=0).shift.tolist() == [0x26, 1, 0x26]


@pytest.mark.parametrize(
    ("data", "u85"),
    [
        (RECORD[:-1] + b"\x66", False),
        (U85_RECORD[:-1] + b"\x01", True),
        (U85_RECORD[:7] + b"\xaa" + U85_RECORD[8:], True),
        (RECORD[:-1], False),
    ],
    ids=["shift", "last_byte", "multiplier", "too_short"],
)
def test_malformed_scale_records_raise(data: bytes, u85: bool) -> None:  # noqa: FBT001 - a parameter of the test
    with pytest.raises(StreamError, match="word 77"):
        read_scales([data], 1, u85=u85, word=77)


def test_each_operation_has_errors_of_its_own() -> None:
    """What is decoded once for many operations fails for each at its own word."""
    layout = Layout(architecture(CONFIGURATIONS[0]), 1, (1, 1), (1, 1), (1, 1), 4, False, False, 16, 0, 8)  # noqa: FBT003
    for word in (3, 4, 3):
        with pytest.raises(StreamError, match="10 needed") as scales:
            read_scales([RECORD[:9]], 1, u85=False, word=word)
        with pytest.raises(StreamError, match="carries no palette") as weights:
            read_weights([bytes([6, 0, 0, 0])], layout, word)
        assert scales.value.word == weights.value.word == word


def test_what_operations_share_cannot_be_changed(codec: Codec) -> None:
    shared = [decode(codec.encode([1, 2, 3])), *read_scales([RECORD], 1, u85=False, word=0)[:3]]
    assert not any(array.flags.writeable for array in shared)


def test_scale_records_are_told_apart() -> None:
    """By content, number of channels and architecture."""
    other = bytes([*RECORD[:9], 1])
    found = [
        read_scales([data], channels, u85=u85, word=0)
        for data, channels, u85 in (
            (RECORD * 2, 2, False),
            (other * 2, 2, False),
            (RECORD * 2, 1, False),
            (U85_RECORD, 1, True),
        )
    ]
    assert len({scales.name for scales in found}) == len(found)
    assert [len(scales.bias) for scales in found] == [2, 2, 1, 1]
