"""Answers jobs: from the store, or by running them and what they need in children, each once."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import plain
from harness.jobs import Field, Job
from harness.pool import Ending, Pool
from harness.stages import STAGES
from harness.store import File, Store
from harness.worker import LOG, RESULT

LOG_LINES = 40
STOPPED = "stopped"
NOT_KEPT = ("out of memory", "not installed", STOPPED)
"""Outcomes that another moment or another machine would change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its value, or how its stage (or the stage of a job that it needs) failed.

    `kind`: done, refused (an exception), crashed (a signal), hung, out of memory, not installed, stopped (the run
    ended before the job). `detail` is the tool's last line, `signal` the name of the signal, `reproduce` the command
    that runs the job again.
    """

    stage: str
    key: str
    kind: str
    value: Any = None
    error: str = ""
    detail: str = ""
    signal: str = ""
    log: str = ""
    reproduce: str = ""
    cost: dict[str, float] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        return self.kind == "done"

    @property
    def sentence(self) -> str:
        """How the stage failed, in one sentence."""
        how = f"{self.kind} with {self.signal}" if self.signal else self.kind
        return f"{self.stage} {how}: {self.detail}" if self.detail else f"{self.stage} {how}"


class Engine:
    """Runs each job at most once, over all cores, and remembers every outcome that would be the same again."""

    def __init__(self, store: Store, pool: Pool, workers: int | None = None, *, refresh: bool = False) -> None:
        """With `refresh`, what the store holds from before is computed again, once."""
        self.store = store
        self._began = time.time() if refresh else 0.0
        self._pool = pool
        self._threads = ThreadPoolExecutor(workers or os.cpu_count() or 1)
        self._futures: dict[str, Future[Outcome]] = {}
        self._lock = threading.RLock()

    def observe(self, job: Job) -> Outcome:
        """The outcome of a job; runs it if nobody has."""
        return self.submit(job).result()

    def submit(self, job: Job) -> Future[Outcome]:
        """Begin a job and what it needs; a job that was begun before is not begun again."""
        with self._lock:
            future = self._futures.get(job.key)
            if future is None:
                future = self._futures[job.key] = Future()
                kept = self._kept(job)
                if kept is not None:
                    future.set_result(kept)
                else:
                    self._after(job.needs, lambda: self._begin(job, future))
        return future

    @property
    def progress(self) -> tuple[int, int]:
        """Jobs that are answered, and jobs that were begun."""
        with self._lock:
            futures = list(self._futures.values())
        return sum(future.done() for future in futures), len(futures)

    def knows(self, job: Job) -> bool:
        """Whether the store holds the outcome already."""
        return self.store.entry_path(job.key).exists()

    def close(self) -> None:
        """Stop all that still runs; what is finished is kept."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._threads.shutdown(wait=True)

    def _after(self, jobs: Iterable[Job], begin: Callable[[], object]) -> None:
        waiting = [self.submit(job) for job in jobs]
        left = len(waiting)
        if not left:
            begin()

        def one_less(_: Future[Outcome]) -> None:
            nonlocal left
            with self._lock:
                left -= 1
                last = left == 0
            if last:
                begin()

        for future in waiting:
            future.add_done_callback(one_less)

    def _begin(self, job: Job, future: Future[Outcome]) -> None:
        try:
            self._threads.submit(self._finish, job, future)
        except RuntimeError:  # the engine was closed in the meantime
            future.cancel()

    def _finish(self, job: Job, future: Future[Outcome]) -> None:
        try:
            future.set_result(self._compute(job))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future must learn of it
            future.set_exception(error)

    def _compute(self, job: Job) -> Outcome:
        for need in job.needs:
            outcome = self.observe(need)
            if not outcome.done:
                return outcome
        with self.store.lock(job.key):
            return self._kept(job) or self._run(job)

    def _kept(self, job: Job) -> Outcome | None:
        entry = self.store.read(job.key, since=self._began)
        if entry is None or entry.get("limit_seconds", sys.maxsize) < STAGES[job.stage].seconds:
            return None
        return _outcome(job, entry, self.store)

    def _run(self, job: Job) -> Outcome:
        stage = STAGES[job.stage]
        description = {
            "function": stage.function,
            "arguments": job.arguments,
            "inputs": {name: self._source(source) for name, source in job.inputs.items()},
        }
        with self.store.task_folder() as folder:
            ending = self._pool.run(stage, description, folder)
            result = folder / RESULT
            if ending.kind == "exited" and result.exists():
                entry = plain.load(result, blobs=False)
            else:
                entry = _failure(ending, folder / LOG, stage.seconds)
            if entry["outcome"] == "done":
                self.store.adopt(job.key, result)
                return _outcome(job, entry, self.store)
            self._keep_reproducer(job, description)
            entry["log"] = entry.get("log") or _tail(folder / LOG)
        if entry["outcome"] not in NOT_KEPT and ending.kind != "server died":
            self.store.write(job.key, entry)
        return _outcome(job, entry, self.store)

    def _source(self, source: File | Field) -> dict[str, str]:
        if isinstance(source, File):
            return {"path": str(source.path)}
        return {"path": str(self.store.entry_path(source.job.key)), "field": source.name}

    def _keep_reproducer(self, job: Job, description: dict[str, Any]) -> None:
        path = self.store.failure_task(job.key)
        task = json.dumps({"task": 0, "directory": str(path.parent), "job": description}, indent=1)
        plain.write_atomically(path, task.encode())


def _outcome(job: Job, entry: dict[str, Any], store: Store) -> Outcome:
    if entry["outcome"] == "done":
        return Outcome(job.stage, job.key, "done", entry["value"], cost=entry.get("cost", {}))
    task = store.failure_task(job.key)
    return Outcome(
        stage=job.stage,
        key=job.key,
        kind=entry["outcome"],
        error=entry.get("error", ""),
        detail=entry.get("message", ""),
        signal=entry.get("signal", ""),
        log=entry.get("log", ""),
        reproduce=shlex.join(["python", "-m", "harness.worker", "--run", str(task)]),
    )


def _failure(ending: Ending, log: Path, seconds: int) -> dict[str, Any]:
    tail = _tail(log)
    if ending.kind == "signal":
        return {"outcome": "crashed", "signal": _signal_name(ending.code), "message": _last_line(tail), "log": tail}
    if ending.kind == "hung":
        return {
            "outcome": "hung",
            "limit_seconds": seconds,
            "message": f"no answer within {seconds} s",
            "log": tail,
        }
    if ending.kind == "out of memory":
        return {
            "outcome": "out of memory",
            "message": "more resident memory than the stage may take",
            "log": tail,
        }
    if ending.kind == STOPPED:
        return {"outcome": STOPPED, "message": "the run was stopped", "log": tail}
    reason = "the server of the children died" if ending.kind == "server died" else f"exit status {ending.code}"
    return {"outcome": "crashed", "message": f"{reason}; {_last_line(tail)}".rstrip("; "), "log": tail}


def _signal_name(number: int) -> str:
    """SIGSEGV and the like; real-time signals have no names of their own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _tail(log: Path) -> str:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-LOG_LINES:])


def _last_line(tail: str) -> str:
    """Where Python was when the tool died, and the last that the tool printed."""
    printed, _, stack = tail.partition("Fatal Python error")
    frame = re.search(r'File "(?:.*/)?(?P<file>[^/"]+)", line (?P<line>\d+) in (?P<name>\S+)', stack)
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    where = "in {name} ({file}:{line})".format(**frame.groupdict()) if frame else ""
    return "; last line: ".join(part for part in (where, *lines[-1:]) if part)
