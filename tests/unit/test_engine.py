"""Whatever a stage does, its job has an outcome, and the next job an answer."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from harness.engine import Engine
from harness.jobs import Job

pytestmark = pytest.mark.usefixtures("misbehaving_stages")

Start = Callable[..., Engine]

FAILURES = {
    "raises": ("refused", "", "this model is not for me"),
    "segfaults": ("crashed", "SIGSEGV", "in string_at (__init__.py:"),
    "is_ended_by_a_real_time_signal": ("crashed", f"signal {signal.SIGRTMIN + 2}", ""),
    "aborts": ("crashed", "SIGABRT", "in aborts (misbehaving.py:"),
    "is_killed": ("crashed", "SIGKILL", ""),
    "exits": ("crashed", "", "exit status 3"),
    "makes_noise_and_dies": ("crashed", "", "exit status 3; the last words of a tool"),
    "hangs": ("hung", "", "no answer within 1 s"),
    "eats_memory": ("out of memory", "", "more resident memory than the stage may take"),
    "lets_another_eat_memory": ("out of memory", "", "more resident memory than the stage may take"),
    "runs_out_of_memory": ("out of memory", "", ""),
    "imports_what_is_missing": ("not installed", "", "No module named 'no_such_module'"),
    "returns_what_is_not_plain": ("refused", "", "set is not JSON serializable"),
}
NOT_KEPT = {"out of memory", "not installed"}


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
