"""Offline: this process, and every process that it starts, can reach no network (Python 3.8 syntax: runs in children).

Python's own calls are refused by an audit hook, which can name them. On Linux the kernel refuses internet sockets too
(seccomp), whoever asks for them: C++ code, and every later child.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
from typing import Any, Callable

ENVIRONMENT = "HARNESS_OFFLINE"
_INTERNET = (socket.AF_INET, socket.AF_INET6)
_BY_NAME = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo")

# linux/audit.h, linux/filter.h and linux/seccomp.h: the number of socket() and the name of each architecture.
_SYSCALLS = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NUMBER_AT, _ARCHITECTURE_AT, _FAMILY_AT = 0, 4, 16
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2


class NetworkRefused(OSError):  # noqa: N818 - a refusal is an answer, not an error
    """Something tried to reach the network in a run that is offline."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_network() -> None:
    """Refuse every connection from here on, in this process and in those that it starts; cannot be undone."""
    already = os.environ.get(ENVIRONMENT) == str(os.getpid())
    if not already:
        os.environ[ENVIRONMENT] = str(os.getpid())
        sys.addaudithook(_hook())
        refuse_sockets()


def caused(error: BaseException | None) -> bool:
    """Whether an exception is a refusal, or was raised while one was handled."""
    while error is not None and not isinstance(error, NetworkRefused):
        error = error.__cause__ or error.__context__
    return error is not None


def refuse_sockets() -> bool:
    """Let the kernel refuse internet sockets; returns whether it can (Linux on x86-64 and Arm)."""
    machine = platform.machine()
    if not sys.platform.startswith("linux") or machine not in _SYSCALLS or sys.maxsize < 1 << 32:
        return False
    program = _filter(*_SYSCALLS[machine])
    libc = ctypes.CDLL(None, use_errno=True)
    described = _Program(len(program) // 8, program)
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(described), 0, 0) == 0)


def _hook() -> Callable[[str, Any], None]:
    """Refuses to look names up and to make internet sockets; those in the machine's file system are none."""

    def refuse(event: str, arguments: Any) -> None:  # noqa: ANN401 - as audit hooks are called
        if event in _BY_NAME or (event == "socket.__new__" and arguments[1] in _INTERNET):
            asked = arguments[0] if event in _BY_NAME else "an internet socket"
            raise NetworkRefused(errno.ENETUNREACH, "the run is offline: %s for %s" % (event, asked))  # noqa: UP031

    return refuse


def _filter(architecture: int, number: int) -> bytes:
    """A program for the kernel: socket(AF_INET or AF_INET6) fails, everything else is allowed."""
    allow, refuse = (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE | errno.ENETUNREACH)
    program = (
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 0, 5, architecture),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_IF_EQUAL, 0, 3, number),
        (_LOAD, 0, 0, _FAMILY_AT),
        (_JUMP_IF_EQUAL, 2, 0, socket.AF_INET),
        (_JUMP_IF_EQUAL, 1, 0, socket.AF_INET6),
        allow,
        refuse,
    )
    return b"".join(struct.pack("=HBBL", *instruction) for instruction in program)
