"""A project sets limits for its models; each is a claim, the one that holds is explained, a wrong one is refused."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from runs import SCRIPTS, Folder

ROOT = Path(__file__).parent.parent.parent
CASE = "kws-u55_128_high_end_embedded_shared_sram"
PROJECT = """
[tool.harness]
model = "models/kws.tflite"
accelerator = "ethos-u55-128"
[tool.harness.policy]
max_cycles = 4567
[tool.harness.policy."kws-u85*"]
max_cycles = 1
"""


@pytest.fixture
def project(folder: Folder, samples: Path) -> Folder:
    """A project with a model and limits of its own."""
    (folder.path / "models").mkdir()
    (folder.path / "models" / "kws.tflite").write_bytes((samples / "gru_transfer.tflite").read_bytes())
    (folder.path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    return folder


def limits_of(folder: Folder) -> dict[str, tuple[str, str]]:
    """Outcome and message of each claim that bears the name of a limit."""
    claims = [claim for case in folder.report["cases"] for claim in case["claims"]]
    policy = [claim for claim in claims if claim["test"].startswith("test_meets_the_policy")]
    return {claim["verdict"]["claim"]: (claim["outcome"], claim["message"]) for claim in policy}


def test_pytest_alone_judges_the_models_of_the_project_by_its_limits(project: Folder) -> None:
    (project.path / "models" / "test_mine.py").write_text("def test_mine(): pass", encoding="utf-8")
    ran = project.pytest("-v")
    assert ran.code == 0
    assert "models/test_mine.py::test_mine PASSED" in ran.out
    assert limits_of(project) == {"max_cycles": ("pass", "4,567 cycles")}
    ran = project.pytest("models")
    assert (ran.code, ran.outcomes) == (0, {"passed": 1})


def test_the_command_knows_the_project_too(project: Folder) -> None:
    assert project.check("models/kws.tflite", "--accelerator=ethos-u85-256").code == 1
    assert limits_of(project)["max_cycles"][0] == "fail"


def test_an_option_is_above_the_file_and_a_broken_limit_is_exit_1(project: Folder) -> None:
    junit = project.path / "junit.xml"
    ran = project.pytest("--npu-max-cycles=4566", "--npu-min-sqnr-db=20", f"--junitxml={junit}")
    assert ran.code == 1
    assert "max_cycles: 4,567 cycles; allowed: at most 4,566 cycles (the command line)" in ran.out
    assert "min_sqnr_db: unknown: there is no float model to compare with" in ran.out
    assert {name: outcome for name, (outcome, _) in limits_of(project).items()} == {
        "max_cycles": "fail",
        "min_sqnr_db": "fail",
    }
    cases = list(ET.parse(junit).iter("testcase"))  # noqa: S314 - written by pytest just now
    failed = [case.get("name") for case in cases if case.find("failure") is not None]
    assert failed == [
        f"test_meets_the_policy[{CASE}-max_cycles]",
        f"test_meets_the_policy_unmeasured[{CASE}-min_sqnr_db]",
    ]
    assert all(case.find("properties") is not None for case in cases)


def test_spread_over_processes_the_limits_are_the_same(project: Folder) -> None:
    assert project.pytest("-n", "2").code == 0
    assert limits_of(project) == {"max_cycles": ("pass", "4,567 cycles")}


def test_operators_on_the_cpu_pass_where_they_are_allowed(project: Folder, samples: Path) -> None:
    (project.path / "models" / "kws.tflite").write_bytes((samples / "gru_float_chain.tflite").read_bytes())
    allowed = ("--npu-fully-on-npu=false", "--npu-max-npu-segments=3", "--npu-max-cycles=99999")
    assert project.pytest(*allowed, "-k", "not integers").code == 0
    assert project.pytest(*allowed[1:], "-k", "not integers").code == 1
    assert limits_of(project) == {"max_cycles": ("fail", "unknown: Vela estimates nothing that runs on the CPU")}


def test_the_rule_that_holds_is_explained_and_nothing_runs(project: Folder) -> None:
    ran = project.pytest(f"--npu-explain-policy={CASE}")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == f"policy for {CASE}:"
    assert "  max_cycles                 4567       [tool.harness.policy] (0 literal characters)" in lines
    assert "  max_npu_segments           1          default" in lines
    assert "  max_ms                     not set: nothing is judged" in lines
    other = project.pytest("--npu-explain-policy=kws-u85_256", "--npu-max-ms=1")
    assert '1          [tool.harness.policy] "kws-u85*" (7 literal characters); overrules 4567 of' in other.out
    assert "1.0        the command line" in other.out
    assert not (project.path / "reports").exists()


WRONG = {
    "max_cylces = 3": "unknown key 'max_cylces' in [tool.harness.policy] \"kws-u85*\": the keys are fully_on_npu, ",
    "max_ms = -1": 'max_ms is -1 ([tool.harness.policy] "kws-u85*"): give a number of 0 or more',
    '[tool.harness.policy."k*-u55*"]\nmax_ms = 1\n[tool.harness.policy."kws-u*"]\nmax_ms = 1': "both set max_ms for",
    '[tool.harness.surprise]\n"a" = 1': "unknown key 'surprise' in [tool.harness] of ",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_policy_is_a_usage_error(project: Folder, text: str) -> None:
    with (project.path / "pyproject.toml").open("a", encoding="utf-8") as stream:
        stream.write(text)
    ran = project.pytest()
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in ran.err.splitlines() if line]
    assert WRONG[text] in line
    checked = project.check("models/kws.tflite")
    assert (checked.code, checked.out) == (2, "")
    assert WRONG[text] in checked.err


def test_each_limit_is_asked_with_the_evidence_that_there_is(folder: Folder) -> None:
    folder.environment["PYTEST_ADDOPTS"] = ""
    limits = ("--npu-max-ms=1", "--npu-min-npu-mac-coverage=1", "--npu-min-sqnr-db=5", "--npu-max-accuracy-drop=0.01")
    only = ("--npu-cell=gru", "--npu-accelerator=ethos-u55-128", "--collect-only", "-q", "-p", "no:cacheprovider")
    ran = folder.run("env", "-C", ROOT, SCRIPTS / "pytest", "tests/verification/test_policy.py", *only, *limits)
    assert ran.code == 0
    asked = {tuple(found.groups()) for found in re.finditer(r"::(\w+)\[(gru_\w+)-u55_128_\w+-(\w+)\]", ran.out)}
    for limit, test, model in (
        ("max_ms", "test_meets_the_policy", "gru_u32_t8_none_int8"),
        ("min_npu_mac_coverage", "test_meets_the_policy_for_work", "gru_u32_t8_none_int8"),
        ("min_sqnr_db", "test_meets_the_policy_for_errors", "gru_u32_t8_none_int8"),
        ("max_accuracy_drop", "test_meets_the_policy_for_accuracy", "gru_u256_t28_none_mnist_int8"),
        ("max_accuracy_drop", "test_meets_the_policy_unmeasured", "gru_u32_t8_none_int8"),
    ):
        assert (test, model, limit) in asked
    assert len({(model, limit) for _, model, limit in asked}) == len(asked)
