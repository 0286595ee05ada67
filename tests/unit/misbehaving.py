"""Stages that go wrong in every way that a tool can (run in children)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

# Where eating stops by itself, should nobody stop it before.
MOST_MEGABYTES = 1024


def returns(number: int = 0, value: int = 0) -> dict[str, Any]:
    return {"number": number, "value": value + 1}


def echoes(content: bytes) -> dict[str, Any]:
    return {"content": content}


def raises() -> None:
    raise ValueError("this model is not for me")


def connects() -> None:
    urllib.request.urlopen("http://127.0.0.1:9")


def segfaults() -> None:
    ctypes.string_at(0)


def dies_of_anything(**_: object) -> None:
    segfaults()


def is_ended_by_a_real_time_signal() -> None:
    os.kill(os.getpid(), signal.SIGRTMIN + 2)


def aborts() -> None:
    os.abort()


def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exits() -> None:
    os._exit(3)


def hangs(pid_file: str = "") -> None:
    if pid_file:
        Path(pid_file).write_text(str(os.getpid()))
    while True:
        time.sleep(60)


def eats_memory() -> None:
    eaten = []
    for _ in range(MOST_MEGABYTES // 16):
        eaten.append(b"x" * (16 << 20))
        time.sleep(0.02)


def lets_another_eat_memory() -> None:
    if not os.fork():
        eats_memory()
        time.sleep(60)
        os._exit(0)
    os.wait()


def runs_out_of_memory() -> None:
    raise MemoryError


def makes_noise() -> dict[str, Any]:
    sys.stdout.write("noise on stdout\n")
    sys.stderr.write("noise on stderr\n")
    os.write(1, b'{"task": 0, "status": 11}\n')
    return {"number": 1}


def makes_noise_and_dies() -> None:
    os.write(1, b"the last words of a tool\n")
    os._exit(3)


def imports_what_is_missing() -> None:
    __import__("no_such_module")


def returns_what_is_not_plain() -> dict[str, Any]:
    return {"number": {1, 2}}


def counts_its_runs(runs: str) -> dict[str, Any]:
    with Path(runs).open("a") as file:
        file.write("x")
    time.sleep(0.2)
    return {"runs": Path(runs).read_text()}


def tells_its_process(number: int = 0, shared: int = 0, spec: int = 0) -> dict[str, Any]:  # noqa: ARG001 - told apart by it
    return {"number": number, "shared": shared, "pid": os.getpid()}


def tells_its_setting(name: str) -> dict[str, Any]:
    return {"setting": os.environ.get(name)}
