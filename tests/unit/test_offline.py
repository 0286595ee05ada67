"""Offline, nothing reaches the network: neither Python nor what it starts, and the refusal is named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from harness import offline
from harness.engine import Engine
from harness.jobs import Job
from harness.stages import STAGES, Stage

CONNECTING = """
import socket
from harness.offline import refuse_network{more}
{refuse}
for connect in (
    lambda: socket.create_connection(("127.0.0.1", 9)),
    lambda: socket.socket(socket.AF_INET6),
    lambda: socket.getaddrinfo("localhost", 80),
):
    try:
        connect()
    except OSError as error:
        print(type(error).__name__)
print(*(end.family.name for end in socket.socketpair()))
"""


def said(code: str) -> list[str]:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return ran.stdout.splitlines()


def test_python_is_refused_by_name_and_the_machine_itself_is_not() -> None:
    code = CONNECTING.format(more="", refuse="refuse_network()\nrefuse_network()")
    assert said(code) == ["NetworkRefused"] * 3 + ["AF_UNIX AF_UNIX"]


def test_without_it_the_machine_is_reached() -> None:
    assert said(CONNECTING.format(more="", refuse=""))[0] == "ConnectionRefusedError"


def test_the_kernel_refuses_every_other_program_too() -> None:
    connect = "import socket; socket.create_connection(('127.0.0.1', 9))"
    code = f"""
import subprocess, sys
from harness.offline import refuse_sockets
assert refuse_sockets()
print(subprocess.run([sys.executable, "-c", {connect!r}], capture_output=True, text=True).stderr)
"""
    assert "Network is unreachable" in said(code)[-2]


def test_what_a_refusal_caused_is_told_from_what_it_did_not() -> None:
    refusal, handling = offline.NetworkRefused(101, "the run is offline"), ValueError("cannot download")
    assert offline.caused(refusal)
    assert not offline.caused(handling)
    handling.__context__ = refusal
    assert offline.caused(handling)
    assert not offline.caused(OSError(101, "Network is unreachable"))
    assert not offline.caused(None)


@pytest.mark.parametrize("spawn", [False, True])
def test_a_stage_that_tries_to_connect_is_refused_and_not_remembered(
    start: Callable[..., Engine], monkeypatch: pytest.MonkeyPatch, *, spawn: bool
) -> None:
    monkeypatch.setattr("harness.workplace.modules_of", lambda tools: tools)
    monkeypatch.setitem(STAGES, "connects", Stage("misbehaving:connects", ("numpy",)))
    monkeypatch.setenv(offline.ENVIRONMENT, "of the run")
    engine = start(spawn=spawn)
    outcome = engine.observe(Job("connects", {}))
    assert outcome.kind == "network refused"
    assert "the run is offline: socket.getaddrinfo for " in outcome.sentence
    assert not engine.knows(Job("connects", {}))
