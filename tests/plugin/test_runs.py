"""However a run is spread or ends, its report holds what was found and says if it is not all."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from runs import SCRIPTS, Folder

U55 = "--npu-accelerator=ethos-u55-128"
ODD_SETTINGS = """
[pytest]
python_files = odd_*.py
python_functions = odd_*
testpaths = nowhere
filterwarnings = error
markers = odd: theirs
addopts = --strict-markers --maxfail=1 -k odd
minversion = 99
"""
HANGING = "lstm_transfer"
SUITE = {
    "suite_stages": """
        import time
        from pathlib import Path
        from harness.tflite import inspect as really_inspect

        def inspect(model):
            if len(model) == Path("HANGING").stat().st_size:
                Path("BEGUN").touch()
                while not Path("RELEASED").exists():
                    time.sleep(0.05)
            return really_inspect(model)
        """,
    "conftest": """
        from pathlib import Path
        import pytest
        from harness.asked import session_of
        from harness.fixtures import FIXTURES, ask, case, drop_unasked, model, verify
        from harness.subjects import given_models
        from harness.run import start
        from harness.stages import STAGES
        globals().update(FIXTURES)
        STAGES["inspection"] = STAGES["inspection"]._replace(function="suite_stages:inspect", shares_child=False)

        def pytest_configure(config):
            start(config)

        def pytest_generate_tests(metafunc):
            store = session_of(metafunc.config).store
            ask(metafunc, given_models([Path(path) for path in "MODELS".split()], store), [])

        @pytest.hookimpl(trylast=True)
        def pytest_runtest_logreport(report):
            if report.when == "teardown":
                Path("JUDGED").touch()
        """,
    "test_suite": """
        from harness.checks import has_static_shapes

        def test_has_static_shapes(view, verify):
            verify(has_static_shapes(view))
        """,
}


def rows(report: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What a report says of each claim, without the order."""
    subjects = [*report["models"], *report["cases"]]
    return sorted(
        (subject["id"], claim["test"], claim["outcome"], claim["message"], str(claim["evidence"]))
        for subject in subjects
        for claim in subject["claims"]
    )


def test_spread_over_processes_the_report_has_the_same_rows(folder: Folder, samples: Path) -> None:
    names = ("gru_transfer", "gru_float_chain", "gru_float")
    arguments = [*(f"--npu-model={samples / f'{name}.tflite'}" for name in names), U55]
    assert folder.pytest(*arguments).code == 1
    alone = folder.report
    assert folder.pytest(*arguments, "-n", "2").code == 1
    spread = folder.report
    assert rows(spread) == rows(alone)
    assert len(rows(spread)) > 10
    assert {**spread, "command": ""} == {**alone, "command": ""}


def test_a_run_stopped_at_the_first_failure_says_so(folder: Folder, samples: Path) -> None:
    arguments = [f"--npu-model={samples / 'gru_float_chain.tflite'}", U55]
    assert folder.pytest(*arguments).code == 1
    assert not folder.report["interrupted"]
    everything = len(rows(folder.report))
    assert folder.pytest(*arguments, "-x").code == 1
    assert folder.report["interrupted"]
    assert 0 < len(rows(folder.report)) < everything
    assert "This run was interrupted" in (folder.path / "reports" / "index.html").read_text(encoding="utf-8")


def start_suite(folder: Folder, samples: Path, *names: str, released: str) -> Popen[str]:
    """A run about these models, one after the other; lstm_transfer hangs until there is the file `released`.

    The first claim that is judged makes the file `judged`.
    """
    paths = {name: str(samples / f"{name}.tflite") for name in names}
    places = {"HANGING": str(samples / f"{HANGING}.tflite"), "MODELS": " ".join(paths.values())}
    places |= {"BEGUN": str(folder.path / "begun"), "JUDGED": str(folder.path / "judged")}
    places["RELEASED"] = str(folder.path / released)
    for name, text in SUITE.items():
        folder.write(**{name: re.sub("|".join(places), lambda found: places[found.group()], text)})
    folder.environment["PYTHONPATH"] = str(folder.path)
    return folder.start(SCRIPTS / "pytest", "-p", "no:cacheprovider", "--npu-workers=1", "--npu-store=store")


def test_tests_judge_while_the_results_of_later_ones_are_made(folder: Folder, samples: Path) -> None:
    started = start_suite(folder, samples, "gru_transfer", HANGING, released="judged")
    started.communicate()
    assert started.returncode == 0
    assert [row[0] for row in rows(folder.report)] == ["gru_transfer", HANGING]


def interrupted(folder: Folder, samples: Path, *names: str, after: str) -> list[str]:
    """The models that a run judged which is interrupted while the stage of one of them hangs; all pass.

    It is interrupted once there is the file `after`: a stage has `begun` to hang, or a claim was `judged`.
    """
    started = start_suite(folder, samples, *names, released="never")
    while started.poll() is None and not (folder.path / after).exists():
        signal.sigtimedwait([], 0.05)
    started.send_signal(signal.SIGINT)
    out, _ = started.communicate()
    assert started.returncode == pytest.ExitCode.INTERRUPTED
    assert "report: " in out
    assert folder.report["interrupted"]
    assert {row[1:3] for row in rows(folder.report)} <= {("test_has_static_shapes", "pass")}
    return [row[0] for row in rows(folder.report)]


@pytest.mark.parametrize(
    ("names", "after", "finished"),
    [
        (("gru_transfer", HANGING, "gru_float", "gru_compiled"), "begun", ["gru_transfer"]),
        (("gru_transfer", HANGING), "judged", ["gru_transfer"]),
        ((HANGING, "gru_transfer"), "begun", []),
    ],
    ids=["before any test judged", "while tests judge", "before anything was finished"],
)
def test_an_interrupted_run_reports_what_was_finished(
    folder: Folder, samples: Path, names: tuple[str, ...], after: str, finished: list[str]
) -> None:
    assert interrupted(folder, samples, *names, after=after) == finished


def test_the_settings_of_a_project_do_not_change_what_the_command_asks(folder: Folder, samples: Path) -> None:
    model = samples / "gru_transfer.tflite"
    assert folder.check(model, "--accelerator=ethos-u55-128").code == 0
    plainly = folder.report
    (folder.path / "pytest.ini").write_text(ODD_SETTINGS, encoding="utf-8")
    folder.write(conftest="raise RuntimeError('this suite is broken')", odd_test="def odd_one(): assert 0")
    ran = folder.check(model, "--accelerator=ethos-u55-128")
    assert (ran.code, ran.err) == (0, "")
    assert folder.report == plainly


def test_the_warnings_of_a_project_may_be_errors(folder: Folder, samples: Path) -> None:
    (folder.path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    assert folder.pytest(f"--npu-model={samples / 'gru_transfer.tflite'}", U55).code == 0


def test_a_suite_and_a_given_model_run_together(folder: Folder, samples: Path) -> None:
    folder.write(test_mine="def test_mine(): pass")
    ran = folder.pytest("test_mine.py", f"--npu-model={samples / 'gru_transfer.tflite'}", U55, "-v")
    assert ran.code == 0
    assert "test_mine.py::test_mine PASSED" in ran.out
    assert len(rows(folder.report)) == ran.outcomes["passed"] - 1
