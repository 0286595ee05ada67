"""When Python looks for garbage in what a run keeps until it ends: never."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keeping() -> Iterator[None]:
    """What is made meanwhile, and all that is there already, is kept: it is not searched for garbage until `let_go`."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def let_go() -> None:
    """Search all that is there again."""
    gc.unfreeze()
