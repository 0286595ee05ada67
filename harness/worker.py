"""Runs jobs in children: a server that imports the heavy modules once and forks a child for each task.

`python -m harness.worker --serve MODULE...` reads one task a line (JSON) on standard input and answers one line for
each child that starts (`{"task", "pid"}`) and ends (`{"task", "status"}`, as `os.waitpid` gives it).
`python -m harness.worker --run TASK` does one task in a process of its own, where there is no fork or where somebody
wants to see a failure again: it says where the log is and what became of the task, and ends with 0 if it was done.

A task is `{"task": number, "parts": [{"directory": folder, "job": job}, ...]}`, done one after the other; a job is
`{"function", "arguments", "inputs"}`, where each input names a file and, if it holds a stored result, the field of it.
For each part, the child writes `result` into the folder, whole or not at all, and all that its tools print into `log`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from harness import offline, plain

RESULT = "result"
LOG = "log"
OBJECTS_BETWEEN_COLLECTIONS = 100_000
"""Graphs and flatbuffers are hundreds of thousands of objects: to look for cycles as often as Python does by itself
takes a fifth of a conversion, and a child does not live long enough to gather garbage."""


def run_part(part: dict[str, Any]) -> dict[str, Any]:
    """Do one job and write its result, which it returns: the function's value, or the exception that it raised."""
    folder = Path(part["directory"])
    started, cpu_started = time.monotonic(), time.process_time()
    entry = _attempt(part["job"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    entry["cost"] = {
        "seconds": time.monotonic() - started,
        "cpu_seconds": time.process_time() - cpu_started,
        "peak_rss_bytes": peak * (1 if sys.platform == "darwin" else 1024),
    }
    try:
        plain.save(entry, folder / RESULT)
    except TypeError as error:
        entry = {**_failed("refused", error), "cost": entry["cost"]}
        plain.save(entry, folder / RESULT)
    return entry


def serve(modules: list[str]) -> None:
    """Fork a child for each task on standard input until it closes; then stop the children that are left."""
    _import_for_good(modules)
    _answer({"ready": sorted(module for module in modules if module in sys.modules)})
    running: dict[int, int] = {}
    wakeup = _wakeup_on_child()
    open_input, pending = True, b""
    while open_input:
        readable, _, _ = select.select([0, wakeup], [], [])
        if 0 in readable:
            chunk = os.read(0, 1 << 16)
            open_input = bool(chunk)
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                task = json.loads(line)
                pid = _fork(task)
                running[pid] = task["task"]
                _answer({"task": task["task"], "pid": pid})
        if wakeup in readable:
            os.read(wakeup, 1 << 16)
            _reap(running)
    for pid in running:
        _kill_group(pid)


def _attempt(job: dict[str, Any]) -> dict[str, Any]:
    try:
        module, name = job["function"].split(":")
        inputs = {key: _read(source) for key, source in job["inputs"].items()}
        return {
            "outcome": "done",
            "value": getattr(importlib.import_module(module), name)(**job["arguments"], **inputs),
        }
    except ModuleNotFoundError as error:
        return {**_failed("not installed", error), "module": error.name}
    except MemoryError as error:
        return _failed("out of memory", error)
    except Exception as error:  # noqa: BLE001 - whatever a tool raises is an outcome of the case
        return _failed("network refused" if offline.caused(error) else "refused", error)


def _failed(outcome: str, error: Exception) -> dict[str, Any]:
    return {"outcome": outcome, "error": type(error).__name__, "message": str(error)}


def _read(source: dict[str, Any]) -> Any:
    path = Path(source["path"])
    return plain.load(path)["value"][source["field"]] if "field" in source else path.read_bytes()


def _fork(task: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        os.setsid()
        os.close(_ANSWERS)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for part in task["parts"]:
            _settle(Path(part["directory"]))
            run_part(part)
        status = 0
    finally:
        os._exit(status)


def _settle(folder: Path) -> None:
    """Work in the folder of the task, print into its log, and leave no core dump."""
    os.chdir(str(folder))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    descriptor = os.open(LOG, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    faulthandler.enable(file=sys.stderr)


def _wakeup_on_child() -> int:
    read_end, write_end = os.pipe()
    os.set_blocking(write_end, False)
    signal.set_wakeup_fd(write_end)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return read_end


def _reap(running: dict[int, int]) -> None:
    for pid in list(running):
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            _answer({"task": running.pop(pid), "status": status})


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _import_for_good(modules: list[str]) -> None:
    """Import what children share with their server; nobody looks for garbage among it, then or in a child.

    TensorFlow is imported in five sixths of the time, and no search of a child copies the pages of its server.
    """
    gc.disable()
    for module in modules:
        _import_if_installed(module)
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()


def _import_if_installed(module: str) -> None:
    try:
        importlib.import_module(module)
    except ImportError as error:
        sys.stderr.write("not imported: %s (%s)\n" % (module, error))


def _answer(message: dict[str, Any]) -> None:
    _say(json.dumps(message))


def _say(line: str) -> None:
    os.write(_ANSWERS, line.encode() + b"\n")


def run(task: dict[str, Any]) -> int:
    """Do one task in this process; returns 0 if all of it was done."""
    return max([_run_aloud(part) for part in task["parts"]])


def _run_aloud(part: dict[str, Any]) -> int:
    folder = Path(part["directory"])
    _say("log: %s" % (folder / LOG))
    _settle(folder)
    entry = run_part(part)
    done = entry["outcome"] == "done"
    _say("done" if done else "{outcome}: {error}: {message}".format(**entry))
    return 0 if done else 1


def main(arguments: list[str]) -> int:
    """Serve or run one task, as the module's text says."""
    if os.environ.get(offline.ENVIRONMENT):
        offline.refuse_network()
    if arguments[0] == "--run":
        return run(json.loads(Path(arguments[1]).read_text()))
    serve(arguments[1:])
    return 0


if __name__ == "__main__":
    # Whatever a library prints while it is imported must not reach the one who reads the answers.
    _ANSWERS = os.dup(1)
    os.dup2(2, 1)
    sys.exit(main(sys.argv[1:]))
