"""What a run does before its first result and leaves after its last, and what a run inside another one leaves to it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from runs import Folder

ROOT = Path(__file__).parent.parent.parent
U55 = "--npu-accelerator=ethos-u55-128"
SPY = """
    from harness.pool import Pool

    Pool.prepare = lambda self, stage, toolchain: print("PREPARED", stage.function)
"""
AFTERWARDS = """
    import gc
    import sys

    import pytest

    before = gc.get_threshold()
    assert pytest.main(sys.argv[1:]) == 0
    print("AS BEFORE", gc.get_threshold() == before, gc.get_freeze_count())
"""
CONFTEST = """
    from harness.run import start

    def pytest_configure(config):
        start(config)
"""
OUTER = """
    import pytest
    from harness.asked import running

    def test_outer(ethos_u, request):
        assert ethos_u.check("kws.tflite", accelerator="ethos-u55-128").fully_on_npu
        assert pytest.main(["inner.py", "--npu-report-dir=inner", "-p", "no:cacheprovider"]) == 0
        assert running() is request.node
"""
INNER = """
    def test_inner(ethos_u):
        assert ethos_u.check("kws.tflite", accelerator="ethos-u55-256").fully_on_npu
"""


def prepared(folder: Folder, *arguments: str) -> set[str]:
    """The stages whose servers the matrix prepares on an empty store, where no test is left in the end."""
    folder.write(spy=SPY)
    folder.environment |= {"PYTHONPATH": str(folder.path), "PYTEST_ADDOPTS": ""}
    matrix = [ROOT / "tests" / "verification", "-p", "spy", "-p", "no:cacheprovider", "-s", "-k", "nothing"]
    ran = folder.pytest(*matrix, "--npu-store=empty", *arguments)
    assert ran.code == pytest.ExitCode.NO_TESTS_COLLECTED
    return {line.split()[1] for line in ran.out.splitlines() if line.startswith("PREPARED ")}


def test_servers_are_started_while_the_matrix_is_collected(folder: Folder) -> None:
    assert prepared(folder) >= {"harness.model:initial_weights", "harness.tflite:inspect"}


def test_whoever_only_collects_starts_none(folder: Folder) -> None:
    assert prepared(folder, "--collect-only") == set()


def test_after_a_run_the_process_searches_for_garbage_as_before(folder: Folder, samples: Path) -> None:
    folder.write(afterwards=AFTERWARDS)
    arguments = [f"--npu-model={samples / 'gru_transfer.tflite'}", U55, "-p", "no:cacheprovider"]
    ran = folder.run(sys.executable, "afterwards.py", *arguments)
    assert "AS BEFORE True 0" in ran.out.splitlines()


def test_a_run_inside_a_test_leaves_the_test_its_own(folder: Folder, samples: Path) -> None:
    folder.write(test_outer=OUTER, inner=INNER, conftest=CONFTEST)
    (folder.path / "kws.tflite").write_bytes((samples / "gru_transfer.tflite").read_bytes())
    assert folder.pytest("-p", "no:cacheprovider").code == 0
    (case,) = folder.report["cases"]
    assert ([claim["test"] for claim in case["claims"]], case["outcome"]) == (["test_outer"], "pass")
