"""What was answered is kept, as long as it holds, and jobs read what others left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import plain
from harness.engine import Engine
from harness.jobs import Field, Job
from harness.pool import Pool
from harness.stages import STAGES

pytestmark = pytest.mark.usefixtures("misbehaving_stages")

Start = Callable[..., Engine]


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
