"""The script beside the report fails as the stage failed, wherever it is run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import plain
from harness.engine import Engine
from harness.jobs import Job
from harness.reproducer import LARGEST_EMBEDDED_BYTES, reproducer_script, write_reproducer

U85 = {"accelerator": "ethos-u85-256", "system_config": "Ethos_U85_SYS_DRAM_Mid", "memory_mode": "Dedicated_Sram"}


def failed_task(engine: Engine, path: Path) -> dict[str, Any]:
    outcome = engine.observe(Job("compilation", U85, {"model": engine.store.add_file(path)}))
    assert not outcome.done
    task: dict[str, Any] = json.loads((engine.store.root / "failures" / outcome.key / "task.json").read_text())
    return task


def run(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture
def damaged(samples: Path, tmp_path: Path) -> Path:
    path = tmp_path / "damaged.tflite"
    path.write_bytes((samples / "lstm_transfer.tflite").read_bytes()[:5000])
    return path


def test_the_reproducer_fails_as_the_stage_failed(engine: Engine, damaged: Path, tmp_path: Path) -> None:
    task = failed_task(engine, damaged)
    path = write_reproducer(tmp_path / "report", "compilation: a/b", task, 'Vela "dies" \\ here')
    moved = tmp_path / path.name
    path.rename(moved)
    Path(task["parts"][0]["job"]["inputs"]["model"]["path"]).rename(tmp_path / "gone")
    again = run(moved, tmp_path)
    assert path.name == "reproduce_compilation_a_b.py"
    assert again.returncode != 0
    assert "ended with" in again.stdout
    assert "Buffer contents inconsistent with generated schema" in again.stdout


def test_the_reproducer_succeeds_where_the_stage_does(samples: Path, tmp_path: Path) -> None:
    source = {"path": str(samples / "gru_transfer.tflite")}
    job = {"function": "harness.vela:compile_model", "arguments": U85, "inputs": {"model": source}}
    task = {"parts": [{"job": job}]}
    again = run(write_reproducer(tmp_path, "fine", task, "Nothing is wrong"), tmp_path)
    assert (again.returncode, again.stderr) == (0, "")


def test_the_reproducer_names_versions_and_title(samples: Path) -> None:
    text = reproducer_script(task_on(samples / "gru_transfer.tflite"), "Vela dies")
    assert text.startswith('"""Vela dies\n')
    assert '"ethos-u-vela": "' in text
    assert str(samples) not in text
    compile(text, "reproducer", "exec")


def test_a_field_of_a_stored_result_travels_with_the_script(samples: Path, tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    content = (samples / "gru_transfer.tflite").read_bytes()
    plain.save({"value": {"model": content, "other": noise(LARGEST_EMBEDDED_BYTES + 1)}}, entry)
    path = write_reproducer(tmp_path, "field", task_on(entry, field="model"), "field")
    entry.unlink()
    assert run(path, tmp_path).returncode == 0


def test_an_input_that_is_gone_is_named_by_its_place(tmp_path: Path) -> None:
    text = reproducer_script(task_on(tmp_path / "gone.tflite"), "gone")
    assert str(tmp_path / "gone.tflite") in text
    compile(text, "reproducer", "exec")


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(KeyError):
        reproducer_script({"task": 0}, "nothing")


def test_a_large_input_is_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "large.tflite"
    path.write_bytes(noise(LARGEST_EMBEDDED_BYTES + 1))
    assert str(path) in reproducer_script(task_on(path), "large")


def task_on(path: Path, **field: str) -> Mapping[str, Any]:
    source = {"path": str(path), **field}
    return {"parts": [{"job": {"function": "harness.tflite:inspect", "arguments": {}, "inputs": {"model": source}}}]}


def noise(size: int) -> bytes:
    """Bytes that do not compress."""
    return np.random.default_rng(0).bytes(size)
