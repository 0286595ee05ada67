"""What a run keeps is not searched for garbage, and whoever runs afterwards finds the search as it was."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from harness.garbage import Garbage


class Ring:
    """Refers to itself: only a search frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    garbage = Garbage()
    yield garbage
    garbage.let_go()


def test_what_is_made_meanwhile_is_searched_only_after_it_is_let_go(garbage: Garbage) -> None:
    with garbage.keep():
        kept = weakref.ref(Ring())
    gc.collect()
    assert kept() is not None
    garbage.let_go()
    gc.collect()
    assert kept() is None


def test_what_is_made_later_is_searched(garbage: Garbage) -> None:
    with garbage.keep():
        pass
    later = weakref.ref(Ring())
    gc.collect()
    assert later() is None


def test_the_search_is_as_before_once_all_is_let_go(garbage: Garbage) -> None:
    before = gc.get_threshold()
    with garbage.keep():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_threshold()[0] > before[0]
    assert gc.get_threshold()[1:] == before[1:]
    garbage.let_go()
    assert gc.get_threshold() == before


@pytest.mark.parametrize("enabled", [True, False])
def test_the_search_goes_on_if_it_did_even_after_an_error(garbage: Garbage, *, enabled: bool) -> None:
    if not enabled:
        gc.disable()
    try:
        with pytest.raises(KeyboardInterrupt), garbage.keep():
            raise KeyboardInterrupt
        assert gc.isenabled() == enabled
    finally:
        gc.enable()
