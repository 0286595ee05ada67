"""A QUANTIZE on each state output leaves the whole model on the NPU, whatever the cell, window and accelerator."""

from __future__ import annotations

from typing import Any

import pytest

from harness.catalog import STREAMING
from harness.checks import fully_on_npu
from harness.engine import Engine
from harness.evidence import Compilation
from harness.jobs import Job
from harness.questions import state_quantized_compilation
from harness.selection import TargetQuery, find_targets
from harness.spec import Cell, RnnSpec
from harness.subjects import Case, GeneratedModel
from harness.target import ACCELERATORS, VelaConfig

TARGETS = find_targets(VelaConfig.installed(), TargetQuery(accelerator=("*",)))


def observed(engine: Engine, job: Job) -> dict[str, Any]:
    outcome = engine.observe(job)
    assert outcome.done, outcome.sentence
    value: dict[str, Any] = outcome.value
    return value


def test_these_are_all_accelerators_cells_and_windows() -> None:
    assert [target.accelerator for target in TARGETS] == list(ACCELERATORS)
    assert {(spec.cell, spec.time_steps) for spec in STREAMING} == {(cell, t) for cell in Cell for t in (1, 8, 28)}


@pytest.mark.parametrize("spec", STREAMING, ids=lambda spec: spec.id)
def test_the_quantize_of_every_state_stays_on_the_npu(engine: Engine, spec: RnnSpec) -> None:
    jobs = [state_quantized_compilation(Case(GeneratedModel(spec, {}), target)) for target in TARGETS]
    (repair,) = {job.needs[0].key: job.needs[0] for job in jobs}.values()
    quantized = [change for change in observed(engine, repair)["changes"] if " got a QUANTIZE " in change]
    assert len(quantized) == len(spec.states)
    for job in jobs:
        verdict = fully_on_npu(Compilation.from_plain(observed(engine, job)))
        assert verdict, str(verdict)
