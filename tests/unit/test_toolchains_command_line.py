"""`python -m harness.toolchains`: what it shows, does, says, and ends with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fake_uv import FakeUv, fake_python
from filelock import FileLock
from toolchain_files import own_file

from harness.toolchains import builtin_toolchains, listing, provision, python_of
from harness.toolchains.command_line import main
from harness.toolchains.environments import environment_folder, log_path


@pytest.fixture(autouse=True)
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeUv:
    """A machine with a uv, Python 3.8 and 3.9 of pyenv, and no toolchain."""
    for release in ("3.8.18", "3.9.2"):
        path = tmp_path / "pyenv" / "versions" / release / "bin" / f"python{release[:3]}"
        fake_python(path, f"CPython {release} True")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path / "toolchains"))
    fake = FakeUv(tmp_path / "fake")
    monkeypatch.setattr(provision, "find_uv", lambda: fake.path)
    monkeypatch.setattr(listing, "find_uv", lambda: fake.path)
    return fake


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[list[str], str]]:
    """The lines of the output and the text of the errors, since the last time."""

    def read() -> tuple[list[str], str]:
        found = capsys.readouterr()
        return found.out.splitlines(), found.err

    return read


Said = Callable[[], tuple[list[str], str]]


def row(said: Said, name: str) -> list[str]:
    """What `list` shows of a toolchain."""
    assert main(["list"]) == 0
    return next(line.split(maxsplit=5) for line in said()[0] if line.startswith(name + " "))


def test_the_list_shows_each_with_its_versions_and_size(said: Said) -> None:
    assert main(["list"]) == 0
    lines = said()[0]
    assert lines[0].split() == ["name", "Python", "TensorFlow", "Vela", "MB", "state"]
    assert [line.split()[0] for line in lines[1:]] == ["today", *builtin_toolchains()]
    size = f"{builtin_toolchains()['guide'].megabytes:,}"
    assert row(said, "guide") == ["guide", "3.8.18", "2.5.0", "3.0.0", size, "not installed"]
    assert row(said, "today")[-1] == "this environment"
    assert row(said, "vela40")[1:3] == ["3.11", "missing"]


def test_the_list_shows_those_that_are_asked_for(said: Said, tmp_path: Path) -> None:
    assert main(["list", "tf2?", str(own_file(tmp_path))]) == 0
    rows = [line for line in said()[0][1:] if ": " not in line]
    assert [line.split()[0] for line in rows] == ["tf29", "own"]


def test_the_list_says_what_is_odd_about_those_that_are_asked_for(said: Said) -> None:
    assert main(["list", "guide"]) == 0
    words = " ".join(said()[0])
    guide = builtin_toolchains()["guide"]
    assert all(f"guide: {line}" in words for line in (guide.description, *guide.notes))
    assert main(["list"]) == 0
    assert guide.notes[0] not in " ".join(said()[0])


def test_the_list_shows_the_state(said: Said) -> None:
    assert main(["install", "guide"]) == 0
    said()
    assert row(said, "guide")[-1] == "installed"
    note = environment_folder("guide") / "toolchain.json"
    note.write_text('{"digest": "other", "megabytes": 1234}')
    assert row(said, "guide")[-2:] == ["1,234", "other versions are installed: install it again"]
    note.unlink()
    assert row(said, "guide")[-1] == "broken off: install it again"
    with FileLock(log_path("guide").with_suffix(".lock")):
        assert row(said, "guide")[-1] == "being installed or removed"


def test_the_list_names_environments_of_files_that_it_was_not_given(said: Said, tmp_path: Path) -> None:
    assert main(["install", str(own_file(tmp_path))]) == 0
    (tmp_path / "toolchains" / "photos").mkdir()
    assert main(["list"]) == 0
    assert said()[0][-1] == "Environments of other toolchains lie here, too: own"


def test_installing_says_each_step_under_the_name(said: Said) -> None:
    assert main(["install", "guide"]) == 0
    lines, errors = said()
    assert errors == ""
    assert all(line.startswith("guide: ") for line in lines)
    assert lines[0].startswith("guide: 1 of 3: an environment with Python 3.8.18")
    assert lines[-1].startswith("guide: ready after")


def test_one_that_fails_does_not_hold_up_the_others(said: Said, uv: FakeUv, tmp_path: Path) -> None:
    uv.on_install('case "$*" in */guide/*) echo "error: no network"; exit 1 ;; esac')
    assert main(["install", "vela40", "guide", str(own_file(tmp_path))]) == 1
    lines, errors = said()
    assert lines[-1].startswith("own: ready")
    missing, failed = errors.splitlines()
    assert missing.startswith("vela40: Python 3.11 is missing")
    assert failed.startswith("guide: failed at 2 of 3")
    assert "error: no network; the full log: " in failed


def test_ctrl_c_ends_it_in_one_line(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    assert main(["install", "guide"]) == 0
    monkeypatch.setattr(provision, "find_uv", interrupted)
    assert main(["install", "guide", "tf29", "tf212"]) == 130
    assert said()[1] == "harness.toolchains: broken off; what was installed before is whole\n"
    assert python_of(builtin_toolchains()["guide"])


def test_a_glob_does_not_install_today(said: Said) -> None:
    assert main(["install", "t*"]) == 1
    assert {line.split(":")[0] for line in said()[0]} == {"tf29", "tf212"}


@pytest.mark.parametrize("action", ["install", "remove"])
def test_today_itself_is_refused(said: Said, action: str) -> None:
    assert main([action, "today"]) == 2
    assert "today is the environment that you run this in" in said()[1]


@pytest.mark.parametrize("action", ["list", "install", "remove"])
def test_an_unknown_name_ends_with_2_before_anything_is_done(said: Said, uv: FakeUv, action: str) -> None:
    assert main([action, "guide", "gide"]) == 2
    lines, errors = said()
    assert (lines, uv.calls) == ([], [])
    assert errors.startswith("harness.toolchains: no toolchain 'gide': there are today, guide")
    assert errors.count("\n") == 1


def test_removing_leaves_nothing(said: Said, tmp_path: Path) -> None:
    assert main(["install", "guide"]) == 0
    said()
    assert main(["remove", "guide"]) == 0
    assert said()[0] == ["guide: removed"]
    assert python_of(builtin_toolchains()["guide"]) is None
    assert not (tmp_path / "toolchains" / "guide").exists()
    assert not log_path("guide").exists()


def test_removing_what_is_not_installed_says_so(said: Said) -> None:
    assert main(["remove", "guide"]) == 0
    assert said()[0] == ["guide: is not installed"]


def test_what_has_lost_its_file_can_be_removed(said: Said, tmp_path: Path) -> None:
    path = own_file(tmp_path)
    assert main(["install", str(path)]) == 0
    path.unlink()
    said()
    assert main(["remove", "own"]) == 0
    assert said()[0] == ["own: removed"]


def test_a_folder_of_someone_else_is_not_removed(said: Said, tmp_path: Path) -> None:
    photo = tmp_path / "toolchains" / "guide" / "photo.jpg"
    photo.parent.mkdir(parents=True)
    photo.touch()
    assert main(["remove", "guide"]) == 1
    assert "is something else" in said()[1]
    assert photo.exists()
