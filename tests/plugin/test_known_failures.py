"""A known failure is expected in its own way only: in another it is an error, and a pass says that it is fixed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import Folder, Ran

ENTRY = {
    "test": "test_computes_in_integers",
    "model": "gru_*",
    "stage": "inspection",
    "outcome": "crashed",
    "signal": "SIGSEGV",
    "upstream": "https://example.org/issues/1",
    "reason": "the tool dies",
}
STAGES = """
import os, signal

def dies(model):
    os.kill(os.getpid(), signal.SIGSEGV)

def refuses(model):
    raise ValueError("no")
"""
CONFTEST = """
from pathlib import Path
from harness.asked import session_of
from harness.fixtures import FIXTURES, ask, case, drop_unasked, model, verify
from harness.subjects import given_models
from harness.run import expect_failures, start
from harness.stages import STAGES
globals().update(FIXTURES)
FUNCTION = {function!r}
STAGES["inspection"] = STAGES["inspection"]._replace(function=FUNCTION)

def pytest_configure(config):
    start(config)
    expect_failures(config, Path(__file__).parent / "known.toml")

def pytest_generate_tests(metafunc):
    ask(metafunc, given_models([Path({model!r})], session_of(metafunc.config).store), [])
"""
SUITE = """
from harness.checks import computes_in_integers

def test_computes_in_integers(view, verify):
    verify(computes_in_integers(view))
"""
Suite = Callable[..., tuple[Ran, dict[str, Any]]]
GOES_WELL = "harness.tflite:inspect"


@pytest.fixture
def suite(folder: Folder, samples: Path) -> Suite:
    """Runs one claim about a model, with known failures and a stage that behaves as asked."""

    def run(function: str, *entries: dict[str, str], model: str = "gru_transfer") -> tuple[Ran, dict[str, Any]]:
        lines = ["[[known]]\n" + "".join(f"{key} = '{value}'\n" for key, value in entry.items()) for entry in entries]
        (folder.path / "known.toml").write_text("\n".join(lines), encoding="utf-8")
        path = str(samples / f"{model}.tflite")
        folder.write(suite_stages=STAGES, conftest=CONFTEST.format(function=function, model=path), test_suite=SUITE)
        folder.environment["PYTHONPATH"] = str(folder.path)
        ran = folder.pytest("-p", "no:cacheprovider", "-rA")
        (claim,) = folder.report["models"][0]["claims"]
        return ran, claim

    return run


def test_a_failure_that_is_not_listed_is_an_error(suite: Suite) -> None:
    ran, claim = suite("suite_stages:dies")
    assert (ran.code, ran.outcomes) == (1, {"error": 1})
    assert (claim["outcome"], claim["known"]) == ("cannot tell", "")
    assert "inspection crashed with SIGSEGV" in claim["message"]


def test_a_failure_in_the_listed_way_is_expected(suite: Suite) -> None:
    ran, claim = suite("suite_stages:dies", ENTRY)
    assert (ran.code, ran.outcomes) == (0, {"xfailed": 1})
    assert (claim["outcome"], claim["known"]) == ("known", "the tool dies (https://example.org/issues/1)")
    assert claim["failure"]["signal"] == "SIGSEGV"


@pytest.mark.parametrize(
    ("function", "changes"),
    [
        ("suite_stages:dies", {"signal": "SIGABRT"}),
        ("suite_stages:dies", {"stage": "conversion"}),
        ("suite_stages:refuses", {}),
        ("suite_stages:dies", {"model": "lstm_*"}),
    ],
    ids=["another signal", "another stage", "refused", "another model"],
)
def test_a_failure_in_another_way_is_an_error(suite: Suite, function: str, changes: dict[str, str]) -> None:
    ran, claim = suite(function, {**ENTRY, **changes})
    assert (ran.code, ran.outcomes) == (1, {"error": 1})
    assert claim["outcome"] == "cannot tell"


def test_a_pass_of_what_is_listed_fails_and_is_called_fixed(suite: Suite) -> None:
    ran, claim = suite(GOES_WELL, ENTRY)
    assert (ran.code, ran.outcomes) == (1, {"failed": 1})
    assert "fixed: passes, but is listed as a known failure (https://example.org/issues/1); remove the entry" in ran.out
    assert claim["outcome"] == "fixed"


def test_a_claim_that_does_not_hold_is_no_crash(suite: Suite) -> None:
    ran, claim = suite(GOES_WELL, ENTRY, model="gru_float_chain")
    assert (ran.code, ran.outcomes) == (1, {"failed": 1})
    assert claim["outcome"] == "fail"


def test_a_list_with_an_unknown_key_is_a_usage_error(suite: Suite, folder: Folder) -> None:
    suite(GOES_WELL)
    (folder.path / "known.toml").write_text("[[known]]\ntests = 'x'\n", encoding="utf-8")
    ran = folder.pytest()
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    assert "unknown key 'tests' in an entry" in ran.err
    assert "Traceback" not in ran.err
