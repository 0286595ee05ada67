"""What our own stages take, on the clock on the wall: a child for each round, its result written to an empty store."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from benchmarked import SAMPLES
from pytest_benchmark.fixture import BenchmarkFixture

from harness.engine import Engine
from harness.jobs import Job
from harness.questions import compilation, inspection, operators
from harness.subjects import Case, GivenModel, given_models
from harness.target import Target

U55 = Target(accelerator="ethos-u55-128", system_config="Ethos_U55_High_End_Embedded", memory_mode="Shared_Sram")
STAGES: dict[str, Callable[[GivenModel], Job]] = {
    "inspection": inspection,
    "operators": operators,
    "compilation": lambda model: compilation(Case(model, U55)),
}


@pytest.mark.benchmark(group="stage, wall time")
@pytest.mark.parametrize("stage", STAGES)
def test_stage(stage: str, start: Callable[[], Engine], benchmark: BenchmarkFixture) -> None:
    def ready() -> tuple[tuple[Engine, Job], dict[str, object]]:
        engine = start()
        (model,) = given_models([SAMPLES / "gru_transfer.tflite"], engine.store)
        return (engine, STAGES[stage](model)), {}

    def observe(engine: Engine, job: Job) -> None:
        assert engine.observe(job).done

    benchmark.pedantic(observe, setup=ready, rounds=5)
