"""Finding an installed Python: on the PATH, pyenv's, or one that uv knows; each is run before it is believed."""

from __future__ import annotations

from pathlib import Path

import pytest
from fake_uv import fake_python, script

from harness.errors import InstallError
from harness.toolchains.interpreters import Interpreter, find_python


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with two folders on its PATH, a pyenv, and nothing in them."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'first'}:{tmp_path / 'shims'}:{tmp_path / 'second'}")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return tmp_path


def on_path(machine: Path, said: str, folder: str = "first") -> Path:
    return fake_python(machine / folder / "python3.8", said)


def of_pyenv(machine: Path, release: str, said: str | None = None) -> Path:
    path = machine / "pyenv" / "versions" / release / "bin" / "python3.8"
    return fake_python(path, said or f"CPython {release} True")


def test_one_on_the_path_comes_first(machine: Path) -> None:
    of_pyenv(machine, "3.8.18")
    path = on_path(machine, "CPython 3.8.10 True")
    assert find_python("3.8", None) == Interpreter(path, "3.8.10", headers=True)


def test_the_newest_of_pyenv_is_taken(machine: Path) -> None:
    for release in ("3.8.2", "3.8.18", "3.8.9"):
        of_pyenv(machine, release)
    assert find_python("3.8", None).version == "3.8.18"


def test_pyenv_in_the_home_folder_is_found(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYENV_ROOT")
    monkeypatch.setenv("HOME", str(machine))
    path = fake_python(machine / ".pyenv" / "versions" / "3.8.1" / "bin" / "python3.8", "CPython 3.8.1 True")
    assert find_python("3.8", None).path == path


def test_a_shim_is_passed_over(machine: Path) -> None:
    on_path(machine, "CPython 3.8.1 True", folder="shims")
    of_pyenv(machine, "3.8.18")
    assert find_python("3.8", None).version == "3.8.18"


@pytest.mark.parametrize("said", ["CPython 3.9.1 True", "PyPy 3.8.16 True", "", "whatever"])
def test_what_says_that_it_is_another_is_passed_over(machine: Path, said: str) -> None:
    on_path(machine, said)
    path = on_path(machine, "CPython 3.8.10 True", folder="second")
    assert find_python("3.8", None).path == path


def test_what_does_not_run_is_passed_over(machine: Path) -> None:
    script(machine / "first" / "python3.8", "#!/bin/sh\necho CPython 3.8.1 True; exit 1\n")
    script(machine / "second" / "python3.8", "#!/no/such/interpreter\n")
    of_pyenv(machine, "3.8.18")
    assert find_python("3.8", None).version == "3.8.18"


def test_one_with_headers_is_preferred(machine: Path) -> None:
    on_path(machine, "CPython 3.8.20 False")
    of_pyenv(machine, "3.8.18")
    assert find_python("3.8", None).version == "3.8.18"


def test_one_without_headers_is_better_than_none(machine: Path) -> None:
    path = on_path(machine, "CPython 3.8.20 False")
    assert find_python("3.8", None) == Interpreter(path, "3.8.20", headers=False)


def test_3_1_is_not_3_10(machine: Path) -> None:
    fake_python(machine / "pyenv" / "versions" / "3.10.1" / "bin" / "python3.1", "CPython 3.10.1 True")
    with pytest.raises(InstallError, match=r"Python 3\.1 is missing"):
        find_python("3.1", None)


def test_one_that_uv_knows_is_found_and_none_is_downloaded(machine: Path) -> None:
    path = fake_python(machine / "managed" / "python3.8", "CPython 3.8.20 True")
    uv = script(machine / "uv", f'#!/bin/sh\necho "$*" > {machine}/asked\necho {path}\n')
    assert find_python("3.8", uv).path == path
    assert (machine / "asked").read_text().startswith("python find 3.8 --no-python-downloads")


def test_a_missing_python_is_named_with_the_way_out(machine: Path) -> None:
    uv = script(machine / "uv", "#!/bin/sh\necho no interpreter >&2; exit 2\n")
    with pytest.raises(InstallError) as caught:
        find_python("3.8", uv)
    said = str(caught.value)
    assert said.startswith("Python 3.8 is missing")
    assert str(machine / "pyenv" / "versions") in said
    assert "`uv python install 3.8` or `pyenv install 3.8`" in said
