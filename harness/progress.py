"""A line that says how far the jobs of a run are."""

from __future__ import annotations

import time
from collections.abc import Collection
from concurrent.futures import Future, wait

from _pytest._io import TerminalWriter

from harness.engine import Engine
from harness.outcome import Outcome

LIVE_SECONDS = 0.5
LOG_SECONDS = 30.0


def watch(futures: Collection[Future[Outcome]], engine: Engine, writer: TerminalWriter) -> None:
    """Wait until all futures are done, and say how far the engine is: in place on a terminal, else now and then."""
    Progress(engine, writer).watch(futures)


class Progress:
    """Says how far a run is, whenever somebody waits for results."""

    def __init__(self, engine: Engine, writer: TerminalWriter) -> None:
        self._engine, self._writer = engine, writer
        self._began = time.monotonic()

    def watch(self, futures: Collection[Future[Outcome]]) -> None:
        """As the function `watch`."""
        live = bool(self._writer.hasmarkup)
        began = said = time.monotonic()
        left = set(futures)
        while left := wait(left, timeout=LIVE_SECONDS if live else LOG_SECONDS).not_done:
            if said == began and self._writer.width_of_current_line:
                self._writer.line()
            said = time.monotonic()
            self._say(live=live)
        if said > began:
            self._say(live=False)

    def _say(self, *, live: bool) -> None:
        done, begun = self._engine.progress
        line = f"Ethos-U: {done:,} of {begun:,} results after {time.monotonic() - self._began:.0f} s"
        end = "" if live else "\n"
        self._writer.write(f"\r{line}{end}" if self._writer.hasmarkup else f"{line}{end}", flush=True)
