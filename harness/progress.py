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
    """Wait until all futures are done, and say how far they are: in place on a terminal, else now and then."""
    live = bool(writer.hasmarkup)
    began = said = time.monotonic()
    left = set(futures)
    while left := wait(left, timeout=LIVE_SECONDS).not_done:
        if live or time.monotonic() - said > LOG_SECONDS:
            said = time.monotonic()
            _say(engine, said - began, writer, live=live)
    if said > began:
        _say(engine, time.monotonic() - began, writer, live=False)


def _say(engine: Engine, seconds: float, writer: TerminalWriter, *, live: bool) -> None:
    done, begun = engine.progress
    line = f"Ethos-U: {done:,} of {begun:,} results after {seconds:.0f} s"
    writer.write(f"\r{line}" if live else f"\r{line}\n" if writer.hasmarkup else f"{line}\n", flush=True)
