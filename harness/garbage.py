"""When Python looks for garbage in what a run keeps until it ends: hardly ever."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

RARER = 20
"""By how much new objects are searched more rarely, once a run keeps nearly all that it makes."""


class Garbage:
    """What is kept until `let_go` is not searched for garbage; then all is as it was before."""

    def __init__(self) -> None:
        self._thresholds = gc.get_threshold()

    @contextmanager
    def keep(self) -> Iterator[None]:
        """Keep what is there already, and what is made meanwhile."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            yield
        finally:
            gc.freeze()
            gc.set_threshold(self._thresholds[0] * RARER, *self._thresholds[1:])
            atexit.register(gc.freeze)  # the memory of a process that ends is free without a search
            if was_enabled:
                gc.enable()

    def let_go(self) -> None:
        """Search as before."""
        gc.unfreeze()
        gc.set_threshold(*self._thresholds)
