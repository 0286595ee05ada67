"""Servers that die are replaced, and closing stops everything that runs."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from harness.engine import Engine
from harness.jobs import Field, Job
from harness.pool import Pool
from harness.stages import STAGES, Stage
from harness.store import Store

pytestmark = pytest.mark.usefixtures("misbehaving_stages")

Start = Callable[..., Engine]
BOTH_WAYS = pytest.mark.parametrize("spawn", [False, True], ids=["forked", "spawned"])


def servers() -> set[psutil.Process]:
    """The fork servers of this process that run."""
    children = psutil.Process().children()
    return {child for child in children if not is_gone(child) and "--serve" in child.cmdline()}


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for what must come; the time limit of the whole run is the only one."""
    while not condition():
        time.sleep(0.02)


def test_a_killed_server_is_replaced(start: Start) -> None:
    others = servers()
    engine = start()
    assert engine.observe(Job("returns")).done
    (server,) = servers() - others
    server.kill()
    wait_until(lambda: is_gone(server))
    answers = [engine.observe(Job("returns", {"number": number})) for number in range(1, 4)]
    assert [answer.kind for answer in answers] == ["done"] * 3
    assert len(servers() - others) == 1


def test_a_server_killed_under_a_job_is_the_outcome_of_that_job_and_not_kept(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = servers()
    engine = start()
    pid_file = tmp_path / "pid"
    job = Job("hangs", {"pid_file": str(pid_file)})
    monkeypatch.setitem(STAGES, "hangs", Stage("misbehaving:hangs", ("numpy",)))
    future = engine.submit(job)
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    child = psutil.Process(int(pid_file.read_text()))
    (server,) = servers() - others
    server.kill()
    outcome = future.result()
    assert (outcome.kind, outcome.detail) == ("crashed", "the server of the children died")
    assert not engine.knows(job)
    wait_until(lambda: is_gone(child))
    assert engine.observe(Job("returns")).done


@BOTH_WAYS
def test_close_stops_children_and_begins_no_new_ones(
    start: Start,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    spawn: bool,
) -> None:
    others = servers()
    engine = start(spawn=spawn, workers=1)
    pid_file = tmp_path / "pid"
    monkeypatch.setitem(STAGES, "hangs", Stage("misbehaving:hangs", ("numpy",)))
    hanging = Job("hangs", {"pid_file": str(pid_file)})
    stopped = engine.submit(hanging)
    waiting = Job("returns", {}, {"value": Field(hanging, "value")})
    engine.submit(waiting)
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    child = psutil.Process(int(pid_file.read_text()))
    engine.close()
    wait_until(lambda: is_gone(child))
    assert servers() == others
    assert stopped.result().kind == "stopped"
    assert not engine.knows(hanging)
    assert not engine.knows(waiting)
    assert engine.submit(waiting).cancelled()
    assert caplog.records == []


@BOTH_WAYS
def test_a_pool_that_is_closed_starts_nothing(tmp_path: Path, *, spawn: bool) -> None:
    pool = Pool(spawn=spawn)
    pool.close()
    engine = Engine(Store(tmp_path / "store"), pool)
    others = servers()
    outcome = engine.observe(Job("returns"))
    assert (outcome.kind, outcome.detail) == ("stopped", "the run was stopped")
    assert servers() == others
    engine.close()


def test_close_ends_the_threads_and_may_be_called_again(start: Start) -> None:
    before = set(threading.enumerate())
    engine = start()
    assert engine.observe(Job("returns")).done
    engine.close()
    engine.close()
    assert set(threading.enumerate()) <= before


KEPT, OWN = "glibc.malloc.tcache_count=2000", "glibc.malloc.perturb=1"


@pytest.mark.parametrize(
    ("own", "modules", "setting"),
    [(None, ("numpy",), KEPT), (OWN, ("numpy",), OWN), (None, ("tensorflow",), None), (OWN, ("tensorflow",), OWN)],
)
def test_children_without_tensorflow_keep_small_objects_at_hand_unless_the_user_says_otherwise(
    start: Start, monkeypatch: pytest.MonkeyPatch, own: str | None, modules: tuple[str, ...], setting: str | None
) -> None:
    monkeypatch.setattr("harness.workplace.modules_of", lambda _: modules)
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    if own:
        monkeypatch.setenv("GLIBC_TUNABLES", own)
    answer = start().observe(Job("tells_its_setting", {"name": "GLIBC_TUNABLES"}))
    assert answer.value["setting"] == setting


def test_a_server_can_be_started_before_it_is_asked(start: Start) -> None:
    others, engine = servers(), start()
    engine.prepare([Job("returns")])
    prepared = servers() - others
    assert len(prepared) == 1
    assert engine.observe(Job("returns")).done
    assert servers() - others == prepared


def test_no_server_is_started_ahead_where_something_is_known(start: Start) -> None:
    before = start()
    assert before.observe(Job("returns")).done
    before.close()
    others, engine = servers(), start()
    engine.prepare([Job("returns", {"number": 1})])
    assert servers() == others


def test_a_server_that_still_imports_is_stopped(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.workplace.modules_of", lambda _: ("endless_import",))
    others, engine = servers(), start()
    engine.prepare([Job("returns")])
    (server,) = servers() - others
    wait = subprocess.Popen.wait
    monkeypatch.setattr(subprocess.Popen, "wait", lambda process, timeout=None: wait(process))  # no second chance  # noqa: ARG005
    engine.close()
    assert is_gone(server)
