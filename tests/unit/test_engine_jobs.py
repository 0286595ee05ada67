"""A job runs once, whoever asks for it and however jobs hang together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.engine import Engine
from harness.jobs import Field, Job

pytestmark = pytest.mark.usefixtures("misbehaving_stages")

Start = Callable[..., Engine]
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
