"""Runs tasks in children of fork servers, each within its limits on time and resident memory."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Literal

import psutil

from harness.children import Child, Ending, Forked, Server, Spawned, kill
from harness.stages import Stage
from harness.toolchains import Toolchain
from harness.worker import RESULT
from harness.workplace import Workplace, workplace_of

CHECK_SECONDS = 0.25
CHECKS_A_SEARCH = 4
"""Descendants are searched for among all processes, which takes milliseconds: at every fourth check."""


@dataclass(frozen=True, slots=True)
class Part:
    """One job of a child, and the folder that it works in; its result lies there as soon as it is done."""

    stage: Stage
    job: dict[str, Any]
    folder: Path
    toolchain: Toolchain | None = None
    """The installed toolchain that it runs in; None: the one that the harness itself runs in."""

    @property
    def done(self) -> bool:
        return (self.folder / RESULT).exists()


class Pool:
    """The fork servers of one pytest process, one for each toolchain and set of modules, started when first needed."""

    def __init__(self, *, spawn: bool = sys.platform == "darwin") -> None:
        """With `spawn`, each task gets a process of its own: macOS's frameworks do not survive a fork."""
        self._spawn = spawn
        self._servers: dict[Workplace, Server] = {}
        self._lock = threading.Lock()
        self._closed = False

    def run(self, parts: Sequence[Part]) -> list[Ending]:
        """Run jobs in one child, one after the other; returns when it has ended or was stopped at a limit.

        Returns the ending of each part that was begun: all of them, unless the child did not survive one.
        """
        ending = self._watch(self._start(parts), parts)
        done = _leading_done(parts)
        return [Ending("exited")] * done + [ending] * (done < len(parts))

    def prepare(self, stage: Stage, toolchain: Toolchain | None) -> None:
        """Start the server of a stage before anything is asked of it: it takes seconds to import TensorFlow."""
        with self._lock:
            if not (self._spawn or self._closed):
                self._server(workplace_of(stage, toolchain))

    def _watch(self, child: Child, parts: Sequence[Part]) -> Ending:
        """The ending of a child; each part has the limits of its stage."""
        at, began, checks = 0, time.monotonic(), count(1)
        while (ending := child.wait(CHECK_SECONDS)) is None:
            if (done := _leading_done(parts)) > at:
                at, began = done, time.monotonic()
            stage = parts[min(at, len(parts) - 1)].stage
            if self._closed:
                return _stop(child, "stopped")
            if time.monotonic() > began + stage.seconds:
                return _stop(child, "hung")
            if resident_bytes(child.pid, search=next(checks) % CHECKS_A_SEARCH == 0) > stage.megabytes << 20:
                return _stop(child, "out of memory")
        return Ending("stopped") if self._closed and ending.kind != "exited" else ending

    def close(self) -> None:
        """Stop the servers and every child that still runs; nothing is started from here on."""
        with self._lock:
            self._closed = True
            for server in self._servers.values():
                server.close()
            self._servers.clear()

    def _start(self, parts: Sequence[Part]) -> Child:
        task = {"parts": [{"directory": str(part.folder), "job": part.job} for part in parts]}
        with self._lock:
            if self._closed:
                return Forked(ending=Ending("stopped"))
            place = workplace_of(parts[0].stage, parts[0].toolchain)
            if self._spawn:
                return Spawned(place, task)
            return self._server(place).start(task)

    def _server(self, place: Workplace) -> Server:
        server = self._servers.get(place)
        if server is not None and not server.alive:
            server.close()
        if server is None or not server.alive:
            server = self._servers[place] = Server(place)
        return server


def _leading_done(parts: Sequence[Part]) -> int:
    """How many parts are done, of those that are done one after the other."""
    return sum(1 for _ in takewhile(lambda part: part.done, parts))


def resident_bytes(pid: int | None, *, search: bool = True) -> int:
    """Resident memory of a process, with `search` also of its descendants; 0 where it is gone or not started yet."""
    if pid is None:
        return 0
    try:
        process = psutil.Process(pid)
        family = [process, *(process.children(recursive=True) if search else ())]
        return sum(int(member.memory_info().rss) for member in family)
    except psutil.Error:
        return 0


def _stop(child: Child, kind: Literal["hung", "out of memory", "stopped"]) -> Ending:
    while child.wait(CHECK_SECONDS) is None:
        kill(child.pid)
    return Ending(kind)
