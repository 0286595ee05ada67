"""Jobs in the Python of another toolchain: a stand-in for one, whose interpreter is ours behind a script that tells."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.engine import Engine
from harness.explain import explain_failure
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.pool import Pool
from harness.store import Store
from harness.toolchains import Toolchain

WEIGHTS = Path(__file__).parent.parent.parent / "data" / "weights" / "rnn_u256.npz"
OTHER = Toolchain(name="other", python="3.8", description="a stand-in", pins=("tensorflow==2.5.0",), keras=True)


@dataclass(frozen=True)
class Stand:
    """An installed toolchain; `starts` has a line for each start of its Python: folder, PYTHONPATH, arguments."""

    starts: Path

    def told(self) -> list[list[str]]:
        return [line.split("|") for line in self.starts.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path / "toolchains"))
    monkeypatch.setenv("PYTHONPATH", "/of/the/harness")
    starts, python = tmp_path / "starts", tmp_path / "toolchains" / "other" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\necho "$PWD|$PYTHONPATH|$*" >> {starts}\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    marker = python.parent.parent / "toolchain.json"
    marker.write_text(json.dumps({"digest": OTHER.digest}), encoding="utf-8")
    return Stand(starts)


@pytest.fixture
def open_engine(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    opened: list[Engine] = []

    def open_it(*, spawn: bool = False) -> Engine:
        opened.append(Engine(Store(tmp_path / "store"), Pool(spawn=spawn), 2))
        return opened[-1]

    yield open_it
    for engine in opened:
        engine.close()


def weights_job(engine: Engine, toolchain: Toolchain | None = OTHER, content: Path = WEIGHTS) -> Job:
    return Job("trained_weights", {}, {"content": engine.store.add_file(content)}, toolchain)


@pytest.mark.parametrize("spawn", [False, True])
def test_a_job_runs_in_the_python_of_its_toolchain(
    stand: Stand, open_engine: Callable[..., Engine], *, spawn: bool
) -> None:
    engine = open_engine(spawn=spawn)
    assert engine.observe(weights_job(engine)).done
    ((folder, path, arguments),) = stand.told()
    assert arguments.startswith("-m harness.worker")
    assert path == ""
    assert [entry.name for entry in Path(folder).iterdir()] == ["harness"]


def test_many_jobs_start_it_once(stand: Stand, open_engine: Callable[..., Engine]) -> None:
    engine = open_engine()
    jobs = [weights_job(engine, content=WEIGHTS.with_name(f"{cell}_u256.npz")) for cell in ("gru", "lstm", "rnn")]
    assert all(future.result().done for future in engine.submit_all(jobs))
    assert len(stand.told()) == 1


def test_its_results_are_not_those_of_today(stand: Stand, open_engine: Callable[..., Engine]) -> None:
    engine = open_engine()
    assert engine.observe(weights_job(engine, None)).done
    assert not stand.starts.exists()
    assert engine.observe(weights_job(engine)).done
    assert weights_job(engine, None).key != weights_job(engine).key


def failed(engine: Engine, tmp_path: Path) -> Outcome:
    wrong = tmp_path / "wrong.npz"
    wrong.write_bytes(b"wrong")
    return engine.observe(weights_job(engine, content=wrong))


def test_a_failure_is_seen_again_with_the_python_of_the_toolchain(
    stand: Stand, open_engine: Callable[..., Engine], tmp_path: Path
) -> None:
    outcome = failed(open_engine(), tmp_path)
    assert outcome.kind == "refused"
    assert f"{tmp_path}/toolchains/other/bin/python -m harness.worker --run" in outcome.reproduce
    assert outcome.reproduce.startswith("env PYTHONPATH=")
    assert len(stand.told()) == 1


def test_what_is_not_installed_is_told_and_not_installed(
    open_engine: Callable[..., Engine], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path / "nothing"))
    engine = open_engine()
    job = weights_job(engine)
    outcome = engine.observe(Job("naming", {}, {"model": Field(job, "weights")}))
    assert (outcome.stage, outcome.kind) == ("trained_weights", "not installed")
    assert outcome.detail == "toolchain other is not installed: run python -m harness.toolchains install other"
    cause = explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)
    assert cause.sentence == "this is about a toolchain that is not installed here"
    assert not (tmp_path / "nothing").exists()
    assert engine.store.read(job.key) is None


def test_another_lock_is_another_toolchain(stand: Stand, open_engine: Callable[..., Engine]) -> None:
    changed = Toolchain(name="other", python="3.8", description="a stand-in", pins=("tensorflow==2.5.1",), keras=True)
    engine = open_engine()
    assert engine.observe(weights_job(engine, changed)).kind == "not installed"
    assert not stand.starts.exists()
