"""Runs tasks in children of fork servers, each within its limits on time and resident memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, takewhile
from pathlib import Path
from typing import IO, Any, Literal, Protocol

import psutil

from harness.stages import Stage
from harness.toolchains import Toolchain
from harness.worker import RESULT
from harness.workplace import Workplace, workplace_of

CHECK_SECONDS = 0.25
CHECKS_A_SEARCH = 4
"""Descendants are searched for among all processes, which takes milliseconds: at every fourth check."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: by itself, by a signal, or stopped at a limit or with its pool.

    `code` is its exit code or the signal.
    """

    kind: Literal["exited", "signal", "hung", "out of memory", "server died", "stopped"]
    code: int = 0


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


class Child(Protocol):
    """A task that runs somewhere."""

    pid: int | None

    def wait(self, seconds: float) -> Ending | None:
        """Its ending, or None if it still runs after so many seconds."""


class Pool:
    """The fork servers of one pytest process, one for each toolchain and set of modules, started when first needed."""

    def __init__(self, *, spawn: bool = sys.platform == "darwin") -> None:
        """With `spawn`, each task gets a process of its own: macOS's frameworks do not survive a fork."""
        self._spawn = spawn
        self._servers: dict[Workplace, _Server] = {}
        self._lock = threading.Lock()
        self._closed = False

    def run(self, parts: Sequence[Part]) -> list[Ending]:
        """Run jobs in one child, one after the other; returns when it has ended or was stopped at a limit.

        Returns the ending of each part that was begun: all of them, unless the child did not survive one.
        """
        ending = self._watch(self._start(parts), parts)
        done = _leading_done(parts)
        return [Ending("exited")] * done + [ending] * (done < len(parts))

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
                return _Forked(ending=Ending("stopped"))
            place = workplace_of(parts[0].stage, parts[0].toolchain)
            if self._spawn:
                return _Spawned(place, task)
            return self._server(place).start(task)

    def _server(self, place: Workplace) -> _Server:
        server = self._servers.get(place)
        if server is not None and not server.alive:
            server.close()
        if server is None or not server.alive:
            server = self._servers[place] = _Server(place)
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
        _kill(child.pid)
    return Ending(kind)


def _kill(pid: int | None) -> None:
    if pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _ending(status: int) -> Ending:
    if os.WIFSIGNALED(status):
        return Ending("signal", os.WTERMSIG(status))
    return Ending("exited", os.WEXITSTATUS(status))


@dataclass
class _Forked:
    """A child of a server; the server's reader thread fills it in."""

    pid: int | None = None
    ending: Ending | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> Ending | None:
        self.ended.wait(seconds)
        return self.ending

    def end(self, ending: Ending) -> None:
        self.ending = ending
        self.ended.set()


class _Server:
    def __init__(self, place: Workplace) -> None:
        self._process = place.popen("--serve", *place.modules, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._children: dict[int, _Forked] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        return not self._closed and self._process.poll() is None

    def start(self, task: dict[str, Any]) -> _Forked:
        child = _Forked()
        with self._lock:
            number = next(self._numbers)
            self._children[number] = child
            try:
                _pipe(self._process.stdin).write(json.dumps({"task": number, **task}).encode() + b"\n")
                _pipe(self._process.stdin).flush()
            except (OSError, ValueError):
                self._lose_children()
        return child

    def close(self) -> None:
        with self._lock, suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            _kill(self._process.pid)
            self._process.wait()
        self._reader.join()
        _pipe(self._process.stdout).close()

    def _read(self) -> None:
        for line in _pipe(self._process.stdout):
            message = json.loads(line)
            if "status" in message:
                self._children.pop(message["task"]).end(_ending(message["status"]))
            elif "pid" in message:
                self._children[message["task"]].pid = message["pid"]
        with self._lock:
            self._lose_children()

    def _lose_children(self) -> None:
        self._closed = True
        for child in self._children.values():
            _kill(child.pid)
            child.end(Ending("server died"))
        self._children.clear()


class _Spawned:
    def __init__(self, place: Workplace, task: dict[str, Any]) -> None:
        path = Path(task["parts"][0]["directory"]) / "task.json"
        path.write_text(json.dumps(task))
        self._process = place.popen("--run", str(path), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.pid: int | None = self._process.pid

    def wait(self, seconds: float) -> Ending | None:
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return Ending("signal", -code) if code < 0 else Ending("exited", code)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the server was started without a pipe")
    return stream
