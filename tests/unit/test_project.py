"""The settings of a project are read from the folder of the start, validated, and give way to the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.limits import LIMITS
from harness.options import OPTIONS
from harness.policy import DEFAULT
from harness.project import read_project
from harness.session import Settings

TEXT = """
[tool.other]
accelerator = 3
[tool.harness]
model = ["a.tflite", "models/b.tflite"]
accelerator = ["ethos-u55-128", "ethos-u85-*"]
system_config = "My_SoC"
units = [8, 16]
time_steps = 4
workers = 1
vela_config = "soc.ini"
store = "/elsewhere/store"
baseline = "baseline.json"
refresh = true
[tool.harness.policy]
max_ms = 3
[tool.harness.policy."gru_*"]
max_cycles = 5
"""


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """A folder within that of the project."""
    (tmp_path / "pyproject.toml").write_text(TEXT, encoding="utf-8")
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    return folder


def nothing(_: str) -> None:
    """No option was given."""


def test_the_settings_of_the_project_hold(tmp_path: Path, inside: Path) -> None:
    settings = Settings.read(nothing, inside)
    assert settings.model == (tmp_path / "a.tflite", tmp_path / "models" / "b.tflite")
    assert settings.query.accelerator == ("ethos-u55-128", "ethos-u85-*")
    assert settings.query.system_config == ("My_SoC",)
    assert (settings.axes.units, settings.axes.time_steps, settings.workers) == ((8, 16), (4,), 1)
    assert settings.vela_config == tmp_path / "soc.ini"
    assert (settings.store, settings.baseline) == (Path("/elsewhere/store"), tmp_path / "baseline.json")
    assert settings.refresh
    assert [rule.origin for rule in settings.rules] == ["[tool.harness.policy]", '[tool.harness.policy] "gru_*"']


def test_the_command_line_wins(inside: Path) -> None:
    given = {"accelerator": "ethos-u65-256", "model": ["c.tflite"], "max_ms": "1", "refresh": False}
    settings = Settings.read(given.get, inside)
    assert settings.query.accelerator == ("ethos-u65-256",)
    assert settings.model == (inside / "c.tflite",)
    assert settings.rules[-1].values == {"max_ms": 1.0}
    assert settings.refresh


def test_the_nearest_project_is_the_one(inside: Path) -> None:
    (inside / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert read_project(inside).values == {}
    assert Settings.read(nothing, inside).rules == ()


def test_every_option_but_what_is_for_once_can_be_a_setting(tmp_path: Path) -> None:
    for option in OPTIONS:
        value = "true" if option.flag else '"1"'
        (tmp_path / "pyproject.toml").write_text(f"[tool.harness]\n{option.field} = {value}\n", encoding="utf-8")
        if option.in_project:
            assert option.field in read_project(tmp_path).values
        else:
            with pytest.raises(UsageError, match=f"unknown key '{option.field}'"):
                read_project(tmp_path)
    assert {option.field for option in OPTIONS if not option.in_project} == {
        "allow_code",
        "explain_policy",
        "update_baseline",
        *(limit.name for limit in LIMITS),
    }


WRONG = {
    "[tool.harness]\nacelerator = 'x'": "unknown key 'acelerator' in [tool.harness] of {path}: the keys are acc",
    "[tool]\nharness = 1": "tool.harness of {path} is 1: make it a table [tool.harness]",
    "[tool.harness]\npolicy = 3": "policy in [tool.harness] of {path} is 3: make it a table [tool.harness.policy]",
    "[tool.harness]\nrefresh = 'yes'": "refresh in [tool.harness] of {path} is 'yes': give true or false",
    "[tool.harness]\nworkers = [1]": "workers in [tool.harness] of {path} is [1]: give text or a whole number",
    "[tool.harness]\nworkers = 1.5": "workers in [tool.harness] of {path} is 1.5: give text or a whole number",
    "[tool.harness]\nunits = [true]": "units in [tool.harness] of {path} is [True]: give text or a list of texts",
    "[tool.harness.policy]\nmax_ms = 'x'": "max_ms is 'x' ([tool.harness.policy]): give a number of 0 or more",
    "[tool.harness": "cannot read {path}: ",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_setting_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as raised:
        read_project(tmp_path)
    assert str(raised.value).startswith(WRONG[text].format(path=path))


def test_without_a_project_nothing_is_set(tmp_path: Path) -> None:
    settings = Settings.read(nothing, tmp_path)
    assert (settings.rules, settings.baseline, settings.offline) == ((), None, False)
    assert DEFAULT.fully_on_npu
