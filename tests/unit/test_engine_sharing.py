"""Jobs of one model share a child, and a child that does not survive one of them costs only that one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.companions import models_in_a_child
from harness.engine import Engine
from harness.jobs import Field, Job
from harness.stages import STAGES

pytestmark = pytest.mark.usefixtures("misbehaving_stages", "sharing")

Start = Callable[..., Engine]
SHARING = ("tells_its_process", "segfaults", "hangs", "raises")
FIRST = Job("returns")


@pytest.fixture
def sharing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages whose jobs share a child."""
    for name in SHARING:
        monkeypatch.setitem(STAGES, name, STAGES[name]._replace(shares_child=True))


def processes(engine: Engine, *jobs: Job) -> list[int | None]:
    """The process that did each job; None for a job that failed."""
    outcomes = [future.result() for future in engine.submit_all(jobs)]
    return [outcome.value["pid"] if outcome.done else None for outcome in outcomes]


def telling(number: int) -> Job:
    """Jobs that differ and have the same needs: none."""
    return Job("tells_its_process", {"number": number})


def test_jobs_that_can_begin_together_share_a_child(start: Start) -> None:
    pids = processes(start(), *(telling(number) for number in range(4)))
    assert len(set(pids)) == 1


def test_jobs_that_become_ready_together_share_a_child(start: Start) -> None:
    needs = {"number": Field(FIRST, "number")}
    others = {"number": Field(FIRST, "value")}
    jobs = [Job("tells_its_process", {}, needs), Job("tells_its_process", {}, others)]
    assert len(set(processes(start(), *jobs))) == 1


def test_jobs_with_other_needs_do_not_share_a_child(start: Start) -> None:
    other = Job("tells_its_process", {}, {"number": Field(FIRST, "number")})
    first, second = processes(start(), telling(1), other)
    assert first != second


def test_jobs_with_other_needs_share_a_child_where_the_shared_input_is_the_same(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = STAGES["tells_its_process"]._replace(shares_child=True, shared_input="shared")
    monkeypatch.setitem(STAGES, "tells_its_process", stage)
    engine, others = start(), [telling(number) for number in (1, 2)]
    processes(engine, *others)
    engine.observe(FIRST)
    own = [{"number": Field(other, "pid"), "shared": Field(FIRST, "number")} for other in others]
    first, second = processes(engine, *(Job("tells_its_process", {}, inputs) for inputs in own))
    assert first == second
    third, fourth = processes(engine, Job("tells_its_process", {}, {"shared": own[0]["shared"]}), telling(3))
    assert third != fourth


@pytest.mark.parametrize(("workers", "models"), [(1, 8), (2, 8), (4, 4), (8, 2), (64, 2)])
def test_a_child_does_all_jobs_of_a_few_models(start: Start, workers: int, models: int) -> None:
    assert models_in_a_child(workers) == models
    several = range(2 * models)
    jobs = [Job("tells_its_process", {"spec": model, "number": number}) for number in (1, 2) for model in several]
    pids = processes(start(workers=workers), *jobs)
    assert pids[: len(several)] == pids[len(several) :]
    assert [pids.count(pid) for pid in set(pids)] == [2 * models] * 2


def test_jobs_of_stages_that_share_nothing_have_a_child_each(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "tells_its_process", STAGES["tells_its_process"]._replace(shares_child=False))
    assert len(set(processes(start(), *(telling(number) for number in range(3))))) == 3


@pytest.mark.parametrize(("stage", "kind"), [("segfaults", "crashed"), ("hangs", "hung")])
def test_a_child_that_ends_early_leaves_the_rest_to_another(start: Start, stage: str, kind: str) -> None:
    engine = start()
    before, lost, after, later = telling(1), Job(stage), telling(2), telling(3)
    pids = processes(engine, before, lost, after, later)
    assert pids[1] is None
    assert engine.observe(lost).kind == kind
    assert pids[0] != pids[2] == pids[3]
    assert engine.store.read(before.key) is not None


def test_an_exception_does_not_end_the_child(start: Start) -> None:
    engine = start()
    first, refused, second = processes(engine, telling(1), Job("raises"), telling(2))
    assert refused is None
    assert first == second


def test_each_part_has_the_time_of_its_own_stage(start: Start) -> None:
    engine = start()
    outcomes = engine.submit_all([Job("hangs", {"pid_file": ""}), Job("hangs"), telling(1)])
    assert [future.result().kind for future in outcomes] == ["hung", "hung", "done"]
