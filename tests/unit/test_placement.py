"""Where operators run is read from the files themselves, in every subgraph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.engine import Engine
from harness.explain import explain_failure
from harness.jobs import Job
from harness.stages import LITERT, STAGES, Stage


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "placement", Stage("harness.placement:place", LITERT))


def place(engine: Engine, samples: Path, source: str, compiled: str) -> dict[str, Any]:
    files = {"source": source, "compiled": compiled}
    inputs = {role: engine.store.add_file(samples / f"{name}.tflite") for role, name in files.items()}
    value: dict[str, Any] = engine.observe(Job("placement", {}, inputs)).value
    return value


def test_a_compiled_model_is_one_segment(engine: Engine, samples: Path) -> None:
    placed = place(engine, samples, "gru_transfer", "gru_compiled")
    assert placed == {
        "segments": 1,
        "source_operators": 55,
        "on_cpu": [],
        "compiled_bytes": (samples / "gru_compiled.tflite").stat().st_size,
    }


def test_a_model_that_nobody_compiled_is_on_the_cpu_as_a_whole(engine: Engine, samples: Path) -> None:
    placed = place(engine, samples, "gru_looped_float", "gru_looped_float")
    assert placed["segments"] == 0
    assert len(placed["on_cpu"]) == placed["source_operators"] == 29
    places = [(operator["subgraph"], operator["index"]) for operator in placed["on_cpu"]]
    assert places == [(0, index) for index in range(5)] + [(1, index) for index in range(3)] + [
        (2, index) for index in range(21)
    ]


def test_an_operator_that_the_source_does_not_have_has_no_index(engine: Engine, samples: Path) -> None:
    placed = place(engine, samples, "gru_transfer", "gru_float_chain")
    added = [operator["name"] for operator in placed["on_cpu"] if operator["index"] is None]
    assert {"DEQUANTIZE", "QUANTIZE"} <= set(added)
    assert placed["source_operators"] == 55


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_compiled_file_is_refused_and_never_placed(
    engine: Engine, samples: Path, tmp_path: Path, share: float
) -> None:
    whole = (samples / "gru_compiled.tflite").read_bytes()
    path = tmp_path / "cut.tflite"
    path.write_bytes(whole[: int(share * len(whole))])
    source = engine.store.add_file(samples / "gru_transfer.tflite")
    outcome = engine.observe(Job("placement", {}, {"source": source, "compiled": engine.store.add_file(path)}))
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert "truncated" in outcome.detail or "empty" in outcome.detail
    cause = explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)
    assert cause.certainty != "unknown"
    assert place(engine, samples, "gru_transfer", "gru_compiled")["segments"] == 1


def test_subgraphs_that_the_source_does_not_have_have_no_index(engine: Engine, samples: Path) -> None:
    placed = place(engine, samples, "gru_float", "gru_looped_float")
    assert {operator["index"] for operator in placed["on_cpu"] if operator["subgraph"] > 0} == {None}
