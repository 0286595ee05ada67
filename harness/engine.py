"""Answers jobs: from the store, or by running them and what they need in children, each once."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from harness import plain
from harness.children import Ending
from harness.companions import Waiting, companions, models_in_a_child, pieces
from harness.jobs import Field, Job
from harness.outcome import NOT_KEPT, Outcome, failure_of, not_installed, outcome_of, tail_of
from harness.pool import Part, Pool
from harness.stages import STAGES
from harness.store import File, Store
from harness.toolchains import python_of
from harness.worker import LOG, RESULT


class Engine:
    """Runs each job at most once, over all cores, and remembers every outcome that would be the same again."""

    def __init__(self, store: Store, pool: Pool, workers: int | None = None, *, refresh: bool = False) -> None:
        """With `refresh`, what the store holds from before is computed again, once."""
        self.store = store
        self._began = time.time() if refresh else 0.0
        self._pool = pool
        workers = workers or os.cpu_count() or 1
        self._threads = ThreadPoolExecutor(workers)
        self._models_in_a_child = models_in_a_child(workers)
        self._futures: dict[str, Future[Outcome]] = {}
        self._ready: dict[tuple[str, ...], list[Waiting]] = {}
        self._lock = threading.RLock()

    def observe(self, job: Job) -> Outcome:
        """The outcome of a job; runs it if nobody has."""
        return self.submit(job).result()

    def submit(self, job: Job) -> Future[Outcome]:
        """Begin a job and what it needs; a job that was begun before is not begun again."""
        return self.submit_all([job])[0]

    def submit_all(self, jobs: Iterable[Job]) -> list[Future[Outcome]]:
        """Begin jobs and what they need; what can share a child does."""
        with self._lock:
            futures = [self._enter(job) for job in jobs]
        self._dispatch()
        return futures

    def _enter(self, job: Job) -> Future[Outcome]:
        future = self._futures.get(job.key)
        if future is None:
            future = self._futures[job.key] = Future()
            kept = self._kept(job)
            if kept is not None:
                future.set_result(kept)
            else:
                self._after(job.needs, lambda: self._make_ready(job, future))
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

    def prepare(self, jobs: Iterable[Job]) -> None:
        """Start what jobs will run in, where no result is known yet and these will surely be asked for."""
        if self.store.is_empty:
            for job in filter(_can_run, jobs):
                self._pool.prepare(STAGES[job.stage], job.toolchain)

    def close(self) -> None:
        """Stop all that still runs; what is finished is kept."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.close()
        self._threads.shutdown(wait=True)
        self.store.close()

    def _after(self, jobs: Iterable[Job], begin: Callable[[], object]) -> None:
        waiting = [self._enter(job) for job in jobs]
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

    def _make_ready(self, job: Job, future: Future[Outcome]) -> None:
        with self._lock:
            self._ready.setdefault(companions(job), []).append(Waiting(job, future))

    def _dispatch(self) -> None:
        """Give every group of jobs that are ready to a thread."""
        with self._lock:
            groups, self._ready = list(self._ready.values()), {}
        for group in groups:
            for piece in pieces(group, self._models_in_a_child):
                self._begin(piece)

    def _begin(self, group: list[Waiting]) -> None:
        try:
            self._threads.submit(self._finish, group)
        except RuntimeError:  # the engine was closed in the meantime
            for _, future in group:
                future.cancel()

    def _finish(self, group: list[Waiting]) -> None:
        try:
            outcomes = self._compute([job for job, _ in group])
            for job, future in group:
                future.set_result(outcomes[job.key])
        except BaseException as error:  # noqa: BLE001 - whoever waits for a future must learn of it
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
        self._dispatch()

    def _compute(self, jobs: list[Job]) -> dict[str, Outcome]:
        outcomes = {}
        for job in jobs:
            failed = [outcome for outcome in map(self.observe, job.needs) if not outcome.done]
            failed += [] if _can_run(job) else [not_installed(job)]
            outcomes.update({job.key: failed[0]} if failed else {})
        with ExitStack() as locks:
            for job in sorted(jobs, key=lambda job: job.key):  # in one order in every process
                locks.enter_context(self.store.lock(job.key))
            left = [job for job in jobs if job.key not in outcomes]
            kept = {job.key: outcome for job in left if (outcome := self._kept(job))}
            left = [job for job in left if job.key not in kept]
            while left:
                done = self._run(left)
                kept.update((outcome.key, outcome) for outcome in done)
                left = left[len(done) :]
        return {**outcomes, **kept}

    def _kept(self, job: Job) -> Outcome | None:
        entry = self.store.read(job.key, since=self._began)
        if entry is None or entry.get("limit_seconds", sys.maxsize) < STAGES[job.stage].seconds:
            return None
        return outcome_of(job, entry, self.store)

    def _run(self, jobs: list[Job]) -> list[Outcome]:
        """Run jobs in one child; the outcomes of all that it began, which are all unless one of them ended it."""
        with ExitStack() as folders:
            parts = [
                Part(
                    STAGES[job.stage],
                    self._describe(job),
                    folders.enter_context(self.store.task_folder()),
                    job.toolchain,
                )
                for job in jobs
            ]
            endings = self._pool.run(parts)
            return [self._keep(*ended) for ended in zip(jobs, parts, endings, strict=False)]

    def _describe(self, job: Job) -> dict[str, Any]:
        return {
            "function": STAGES[job.stage].function,
            "arguments": job.arguments,
            "inputs": {name: self._source(source) for name, source in job.inputs.items()},
        }

    def _keep(self, job: Job, part: Part, ending: Ending) -> Outcome:
        """The outcome of a job that ran; kept where another moment would not change it."""
        result, log = part.folder / RESULT, part.folder / LOG
        entry = plain.load(result, blobs=False) if part.done else failure_of(ending, log, part.stage.seconds)
        if entry["outcome"] == "done":
            self.store.adopt(job.key, result)
            return outcome_of(job, entry, self.store)
        self._keep_reproducer(job, part.job)
        entry["log"] = entry.get("log") or tail_of(log)
        if entry["outcome"] not in NOT_KEPT and ending.kind != "server died":
            self.store.write(job.key, entry)
        return outcome_of(job, entry, self.store)

    def _source(self, source: File | Field) -> dict[str, str]:
        if isinstance(source, File):
            return {"path": str(source.path)}
        return {"path": str(self.store.entry_path(source.job.key)), "field": source.name}

    def _keep_reproducer(self, job: Job, description: dict[str, Any]) -> None:
        path = self.store.failure_task(job.key)
        task = json.dumps({"task": 0, "parts": [{"directory": str(path.parent), "job": description}]}, indent=1)
        plain.write_atomically(path, task.encode())


def _can_run(job: Job) -> bool:
    return job.toolchain is None or python_of(job.toolchain) is not None
