"""What real stages say when they fail is explained."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.engine import Engine
from harness.explain import Cause, explain_failure
from harness.jobs import Job
from harness.outcome import Outcome
from harness.stages import STAGES, Stage

U85 = {"accelerator": "ethos-u85-256", "system_config": "Ethos_U85_SYS_DRAM_Mid", "memory_mode": "Dedicated_Sram"}


def explained(outcome: Outcome) -> Cause:
    return explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("segfaults", "imports_what_is_missing", "is_killed", "hangs"):
        monkeypatch.setitem(STAGES, name, Stage(f"misbehaving:{name}", ("numpy",), seconds=1))


@pytest.mark.parametrize(
    ("stage", "cause"),
    [
        ("segfaults", "unknown"),
        ("imports_what_is_missing", "a tool is not installed"),
        ("is_killed", "killed"),
        ("hangs", "too slow"),
    ],
)
def test_a_stage_that_really_fails_is_explained(engine: Engine, stage: str, cause: str) -> None:
    assert explained(engine.observe(Job(stage))).name == cause


def test_a_file_that_really_is_damaged_is_explained(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:4000])
    inputs = {"model": engine.store.add_file(path)}
    assert explained(engine.observe(Job("compilation", U85, inputs))).name == "damaged file"
    assert explained(engine.observe(Job("inspection", {}, inputs))).name == "damaged file"


def test_a_target_that_really_is_unknown_is_explained(engine: Engine, samples: Path) -> None:
    inputs = {"model": engine.store.add_file(samples / "gru_transfer.tflite")}
    outcome = engine.observe(Job("compilation", {**U85, "memory_mode": "Nowhere"}, inputs))
    assert explained(outcome).name == "target that Vela does not know"
