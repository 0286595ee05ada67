"""Children and the servers that they are forked from, as the process that reports sees them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, Any, Literal, Protocol

from harness.workplace import Workplace


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: by itself, by a signal, or stopped at a limit or with its pool.

    `code` is its exit code or the signal.
    """

    kind: Literal["exited", "signal", "hung", "out of memory", "server died", "stopped"]
    code: int = 0


class Child(Protocol):
    """A task that runs somewhere."""

    pid: int | None

    def wait(self, seconds: float) -> Ending | None:
        """Its ending, or None if it still runs after so many seconds."""


def kill(pid: int | None) -> None:
    """Kill a process that leads its group, and the group."""
    if pid is not None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _ending(status: int) -> Ending:
    if os.WIFSIGNALED(status):
        return Ending("signal", os.WTERMSIG(status))
    return Ending("exited", os.WEXITSTATUS(status))


@dataclass
class Forked:
    """A child of a server; the server's reader thread fills it in."""

    pid: int | None = None
    ending: Ending | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def wait(self, seconds: float) -> Ending | None:
        self.ended.wait(seconds)
        return self.ending

    def end(self, ending: Ending) -> None:
        """Tell whoever waits."""
        self.ending = ending
        self.ended.set()


class Server:
    """A process that forks children; its methods may be called from any thread."""

    def __init__(self, place: Workplace) -> None:
        self._process = place.popen("--serve", *place.modules, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._children: dict[int, Forked] = {}
        self._numbers = count()
        self._lock = threading.Lock()
        self._ready = False
        self._closed = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def alive(self) -> bool:
        """Whether it can fork."""
        return not self._closed and self._process.poll() is None

    def start(self, task: dict[str, Any]) -> Forked:
        """Fork a child for a task of `harness.worker`."""
        child = Forked()
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
        """Stop it, and the children that still run."""
        if not self._ready:
            kill(self._process.pid)  # still imports, and would only then see that nobody writes to it any more
        with self._lock, suppress(OSError):
            _pipe(self._process.stdin).close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            kill(self._process.pid)
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
            elif "ready" in message:
                self._ready = True
        with self._lock:
            self._lose_children()

    def _lose_children(self) -> None:
        self._closed = True
        for child in self._children.values():
            kill(child.pid)
            child.end(Ending("server died"))
        self._children.clear()


class Spawned:
    """A child that is a process of its own, where nothing can be forked."""

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
