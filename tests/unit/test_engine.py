"""Whatever a stage does, its job has an outcome, and the next job an answer."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from harness import plain
from harness.engine import Engine
from harness.jobs import Field, Job
from harness.pool import Pool
from harness.stages import STAGES, Stage
from harness.store import Store

Start = Callable[..., Engine]

STAGE_NAMES = (
    "returns",
    "echoes",
    "raises",
    "segfaults",
    "aborts",
    "is_killed",
    "exits",
    "hangs",
    "eats_memory",
    "runs_out_of_memory",
    "makes_noise",
    "makes_noise_and_dies",
    "imports_what_is_missing",
    "returns_what_is_not_plain",
    "counts_its_runs",
)
FAILURES = {
    "raises": ("refused", "", "this model is not for me"),
    "segfaults": ("crashed", "SIGSEGV", "in string_at (__init__.py:"),
    "aborts": ("crashed", "SIGABRT", "in aborts (misbehaving.py:"),
    "is_killed": ("crashed", "SIGKILL", ""),
    "exits": ("crashed", "", "exit status 3"),
    "makes_noise_and_dies": ("crashed", "", "exit status 3; the last words of a tool"),
    "hangs": ("hung", "", "no answer within 1 s"),
    "eats_memory": ("out of memory", "", "more resident memory than the stage may take"),
    "runs_out_of_memory": ("out of memory", "", ""),
    "imports_what_is_missing": ("not installed", "", "No module named 'no_such_module'"),
    "returns_what_is_not_plain": ("refused", "", "set is not JSON serializable"),
}
NOT_KEPT = {"out of memory", "not installed"}
BOTH_WAYS = pytest.mark.parametrize("spawn", [False, True], ids=["forked", "spawned"])
RIVAL = """
import sys
from pathlib import Path
from harness import plain
from harness.engine import Engine
from harness.jobs import Job
from harness.pool import Pool
from harness.stages import STAGES, Stage
from harness.store import Store
STAGES["counts_its_runs"] = Stage("misbehaving:counts_its_runs", ("numpy",))
engine = Engine(Store(Path(sys.argv[1])), Pool())
print(engine.observe(Job("counts_its_runs", {"runs": sys.argv[2]})).value["runs"])
engine.close()
"""


@pytest.fixture(scope="module", autouse=True)
def _stages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        # Their servers import no more than they need.
        patch.setattr("harness.pool.modules_of", lambda tools: tools)
        for name in STAGE_NAMES:
            limits = {"hangs": {"seconds": 1}, "eats_memory": {"megabytes": 160}}.get(name, {})
            patch.setitem(STAGES, name, Stage(f"misbehaving:{name}", ("numpy",), **limits))
        yield


@pytest.fixture
def start(tmp_path: Path, open_engine: Start) -> Iterator[Start]:
    """Starts engines on one store, as runs of pytest one after another; closes them at the end."""
    engines: list[Engine] = []

    def start_engine(*, spawn: bool = False, workers: int = 2) -> Engine:
        engines.append(open_engine(tmp_path / "store", spawn=spawn, workers=workers))
        return engines[-1]

    yield start_engine
    for engine in engines:
        engine.close()


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


@pytest.fixture(scope="module", params=[False, True], ids=["forked", "spawned"])
def answering(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, open_engine: Start
) -> Iterator[Engine]:
    """One engine that lives through every outcome, several at once."""
    engine = open_engine(tmp_path_factory.mktemp("store"), spawn=request.param, workers=3)
    for stage in FAILURES:
        engine.submit(Job(stage))
    yield engine
    engine.close()


def test_a_value_comes_back_with_its_cost(answering: Engine) -> None:
    outcome = answering.observe(Job("returns", {"number": 5}))
    assert (outcome.kind, outcome.value) == ("done", {"number": 5, "value": 1})
    assert set(outcome.cost) == {"seconds", "cpu_seconds", "peak_rss_bytes"}
    assert outcome.cost["peak_rss_bytes"] > 1 << 20


@pytest.mark.parametrize("stage", FAILURES)
def test_a_failure_is_an_outcome_and_the_next_job_is_answered(answering: Engine, stage: str) -> None:
    kind, signal, detail = FAILURES[stage]
    outcome = answering.observe(Job(stage))
    assert (outcome.kind, outcome.signal, outcome.stage, outcome.done) == (kind, signal, stage, False)
    assert detail in outcome.detail
    assert outcome.sentence.startswith(f"{stage} {kind} with {signal}" if signal else f"{stage} {kind}")
    assert answering.knows(Job(stage)) == (kind not in NOT_KEPT)
    assert answering.observe(Job("returns", {"value": list(FAILURES).index(stage)})).done


def test_what_a_tool_prints_reaches_neither_the_answer_nor_the_channel(answering: Engine) -> None:
    assert answering.observe(Job("makes_noise")).value == {"number": 1}
    assert answering.observe(Job("returns", {"number": 6})).done


def test_what_a_failing_tool_printed_is_kept(start: Start) -> None:
    assert "the last words of a tool" in start().observe(Job("makes_noise_and_dies")).log


def test_a_kept_failure_says_the_same_again(start: Start) -> None:
    first, again = (start().observe(Job("segfaults")) for _ in range(2))
    assert first == again


def test_a_timeout_is_kept_for_its_limit_only(start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid_file = tmp_path / "pid"
    job = Job("hangs", {"pid_file": str(pid_file)})
    assert start().observe(job).detail == "no answer within 1 s"
    pid_file.unlink()
    assert start().observe(job).detail == "no answer within 1 s"
    assert not pid_file.exists()
    monkeypatch.setitem(STAGES, "hangs", STAGES["hangs"]._replace(seconds=2))
    assert start().observe(job).detail == "no answer within 2 s"
    assert pid_file.exists()


def test_a_failing_input_is_reported_and_not_kept_for_the_one_that_needs_it(start: Start) -> None:
    engine = start()
    needed = Job("raises")
    dependent = Job("returns", {}, {"value": Field(Job("returns", {}, {"value": Field(needed, "value")}), "value")})
    outcome = engine.observe(dependent)
    assert (outcome.stage, outcome.kind) == ("raises", "refused")
    assert engine.knows(needed)
    assert not engine.knows(dependent)


def test_a_job_reads_a_field_of_another(start: Start) -> None:
    job = Job("returns", {}, {"value": Field(Job("returns"), "value")})
    assert start().observe(job).value["value"] == 2


def test_a_job_reads_the_content_of_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"four")
    engine = start()
    file = engine.store.add_file(tmp_path / "text")
    echo = Job("echoes", {}, {"content": file})
    assert engine.observe(Job("echoes", {}, {"content": Field(echo, "content")})).done
    for job in (echo, Job("echoes", {}, {"content": Field(echo, "content")})):
        assert plain.load(engine.store.entry_path(job.key))["value"] == {"content": b"four"}
        assert engine.observe(job).value == {"content": None}


def test_a_damaged_entry_is_computed_again(start: Start) -> None:
    job = Job("returns")
    engine = start()
    engine.observe(job)
    path = engine.store.entry_path(job.key)
    path.write_bytes(path.read_bytes()[:-20])
    assert start().observe(job).done
    assert engine.store.read(job.key) is not None


def test_a_refreshing_engine_computes_everything_again_once(start: Start, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    job = Job("counts_its_runs", {"runs": str(runs)})
    engine = start()
    assert engine.observe(job).value == {"runs": "x"}
    os.utime(engine.store.entry_path(job.key), (0, 0))
    again = Engine(engine.store, Pool(), refresh=True)
    assert [again.observe(job).value for _ in range(2)] == [{"runs": "xx"}] * 2
    again.close()
    assert start().observe(job).value == {"runs": "xx"}


def test_the_progress_counts_what_is_begun_and_what_is_answered(start: Start) -> None:
    engine = start()
    assert engine.progress == (0, 0)
    engine.observe(Job("returns", {}, {"value": Field(Job("returns"), "value")}))
    assert engine.progress == (2, 2)


def test_a_job_asked_from_several_threads_runs_once(start: Start, tmp_path: Path) -> None:
    engine = start()
    runs = tmp_path / "runs"
    with ThreadPoolExecutor(8) as threads:
        jobs = [Job("counts_its_runs", {"runs": str(runs)}) for _ in range(8)]
        values = [outcome.value for outcome in threads.map(engine.observe, jobs)]
    assert values == [{"runs": "x"}] * 8
    assert runs.read_text() == "x"


@pytest.mark.usefixtures("open_engine")
def test_a_job_asked_from_two_processes_runs_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", RIVAL, str(tmp_path / "store"), str(tmp_path / "runs")]
    rivals = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [rival.communicate()[0].strip() for rival in rivals] == ["x", "x"]
    assert (tmp_path / "runs").read_text() == "x"


def test_a_diamond_of_jobs_with_one_worker_does_not_lock_up(start: Start) -> None:
    engine = start(workers=1)
    top = Job("returns", {"number": 1})
    sides = [Job("returns", {"number": number}, {"value": Field(top, "value")}) for number in (2, 3)]
    bottom = Job("returns", {}, {"number": Field(sides[0], "number"), "value": Field(sides[1], "value")})
    assert engine.observe(bottom).value == {"number": 2, "value": 3}


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


@pytest.mark.parametrize("stage", ["raises", "segfaults", "exits"])
def test_the_command_that_is_given_fails_in_the_same_way(start: Start, stage: str) -> None:
    outcome = start().observe(Job(stage))
    program, *arguments = shlex.split(outcome.reproduce)
    assert program == "python"
    again = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, cwd=os.curdir)
    said = {
        "raises": (1, "refused: ValueError: this model is not for me"),
        "segfaults": (-11, "log: "),
        "exits": (3, "log: "),
    }
    assert again.returncode == said[stage][0]
    assert said[stage][1] in again.stdout
