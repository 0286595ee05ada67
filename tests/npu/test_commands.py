"""All words are split at once; one after the other they would give the same commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from harness.npu import UnsupportedStreamError
from harness.npu.commands import OPERATIONS, PARAMETERS, PAYLOADS, U85_PAYLOADS, Commands, parse

if TYPE_CHECKING:
    from collections.abc import Callable

Found = tuple[int, str, int]
PAYLOAD_FOLLOWS = 0x4000
SHORT = {**OPERATIONS, **PARAMETERS}

short = st.builds(
    lambda code, parameter: [code | parameter << 16], st.sampled_from(list(SHORT)), st.integers(0, 0xFFFF)
)
long = st.builds(
    lambda code, parameter, payload: [code | PAYLOAD_FOLLOWS | parameter << 16, payload],
    st.sampled_from([*PAYLOADS, *U85_PAYLOADS]),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF) | st.sampled_from([0, PAYLOAD_FOLLOWS, PAYLOAD_FOLLOWS | 0x10]),
)
strange = st.integers(0, 0xFFFFFFFF).map(lambda word: [word])
streams = st.lists(short | long, max_size=20) | st.lists(short | long | long | strange, max_size=20)


def one_after_the_other(words: list[int], *, u85: bool) -> list[Found]:
    payloads = U85_PAYLOADS if u85 else PAYLOADS
    found = []
    at = 0
    while at < len(words):
        code, kind, parameter = words[at] & 0x3FF, words[at] >> 10 & 0x3F, words[at] >> 16
        names = {0: SHORT, 0x10: payloads}.get(kind, {})
        if code not in names:
            raise UnsupportedStreamError(f"unknown command {code:#05x} (kind {kind:#x})", at)
        if kind and at + 1 == len(words):
            raise UnsupportedStreamError(f"{names[code]}: the payload is missing", at)
        found.append((at, names[code], parameter << 32 | (words[at + 1] if kind else 0)))
        if names[code] == "STOP":
            return found
        at += 2 if kind else 1
    raise UnsupportedStreamError("the stream ends without STOP", len(words))


@given(parts=streams, stop=st.booleans(), u85=st.booleans())
def test_a_stream_is_split_as_its_words_tell(parts: list[list[int]], stop: bool, u85: bool) -> None:  # noqa: FBT001
    words = [word for part in parts for word in part] + [0] * stop
    assert outcome(split_at_once, words, u85=u85) == outcome(one_after_the_other, words, u85=u85)


def split_at_once(words: list[int], *, u85: bool) -> list[Found]:
    found = parse(np.array(words, "<u4"), u85=u85)
    assert [found.names[at] for at in found.operations] == [name for name in found.names if name in OPERATIONS.values()]
    return list(zip(found.words, found.names, found.values, strict=True))


def outcome(split: Callable[..., list[Found]], words: list[int], *, u85: bool) -> list[Found] | str:
    try:
        return split(words, u85=u85)
    except UnsupportedStreamError as error:
        return str(error)


def test_what_follows_stop_is_not_read() -> None:
    assert parse(np.array([0x0101, 0, 0xFFFF, 0x4010], "<u4"), u85=False) == Commands(
        [0, 1], ["IFM_PAD_LEFT", "STOP"], [0, 0], [1]
    )
