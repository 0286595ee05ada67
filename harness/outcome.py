"""What became of a job, and how that is kept: read from what its child left, or from how the child ended."""

from __future__ import annotations

import re
import shlex
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.children import Ending
from harness.jobs import Job
from harness.store import Store
from harness.toolchains import install_command, python_of, source_folder

LOG_LINES = 40
STOPPED = "stopped"
NOT_KEPT = ("out of memory", "not installed", "network refused", STOPPED)
"""Outcomes that another moment or another machine would change."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job: its value, or how its stage (or the stage of a job that it needs) failed.

    `kind`: done, refused (an exception), crashed (a signal), hung, out of memory, not installed, network refused (it
    tried to connect, offline), stopped (the run ended before the job). `detail` is the tool's last line, `signal` the
    name of the signal, `reproduce` the command that runs the job again.
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


def outcome_of(job: Job, entry: dict[str, Any], store: Store) -> Outcome:
    """The outcome of a job, from its entry in the store."""
    if entry["outcome"] == "done":
        return Outcome(_spoken(job), job.key, "done", entry["value"], cost=entry.get("cost", {}))
    task = store.failure_task(job.key)
    return Outcome(
        stage=_spoken(job),
        key=job.key,
        kind=entry["outcome"],
        error=entry.get("error", ""),
        detail=entry.get("message") or entry.get("error", ""),
        signal=entry.get("signal", ""),
        log=entry.get("log", ""),
        reproduce=_command(job, task),
    )


def not_installed(job: Job) -> Outcome:
    """The outcome of a job whose toolchain is not there: nothing is installed behind anybody's back."""
    if job.toolchain is None:
        raise ValueError(f"{job.stage} runs in the environment of the harness")
    name, command = job.toolchain.name, install_command(job.toolchain.name)
    detail = f"toolchain {name} is not installed: run {command}"
    return Outcome(_spoken(job), job.key, "not installed", detail=detail, reproduce=command)


def failure_of(ending: Ending, log: Path, seconds: int) -> dict[str, Any]:
    """The entry of a job whose child left no result; `seconds` is the limit that it had."""
    tail = tail_of(log)
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


def _spoken(job: Job) -> str:
    """The stage as it is told: conversion is conversion, whosever TensorFlow does it."""
    return job.stage.removeprefix("foreign_")


def _command(job: Job, task: Path) -> str:
    run = ["-m", "harness.worker", "--run", str(task)]
    python = None if job.toolchain is None else python_of(job.toolchain)
    if python is None:
        return shlex.join(["python", *run])
    return shlex.join(["env", f"PYTHONPATH={source_folder()}", str(python), *run])


def _signal_name(number: int) -> str:
    """SIGSEGV and the like; real-time signals have no names of their own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def tail_of(log: Path) -> str:
    """The last lines that a child printed; empty where it printed nothing."""
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
