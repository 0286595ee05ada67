"""Installing: whole or not at all, whatever fails on the way; the second attempt starts clean."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from fake_uv import FakeUv, fake_python
from toolchain_files import own_file

from harness.errors import InstallError, ToolchainError
from harness.toolchains import Toolchain, python_of, read_toolchain, today
from harness.toolchains import provision as module
from harness.toolchains.environments import environment_folder, in_progress, installed, log_path, toolchains_root
from harness.toolchains.provision import find_uv, install


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with Python 3.8 of pyenv and no toolchain."""
    fake_python(tmp_path / "pyenv" / "versions" / "3.8.18" / "bin" / "python3.8", "CPython 3.8.18 True")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path / "toolchains"))
    return tmp_path / "toolchains"


@pytest.fixture
def own(tmp_path: Path) -> Toolchain:
    return read_toolchain(own_file(tmp_path))


@pytest.fixture
def uv(tmp_path: Path) -> FakeUv:
    return FakeUv(tmp_path / "fake")


def installed_with(uv: FakeUv, toolchain: Toolchain) -> list[str]:
    """What an installation said."""
    said: list[str] = []
    install(toolchain, said.append, uv.path)
    return said


def refused(uv: FakeUv, toolchain: Toolchain) -> str:
    with pytest.raises(InstallError) as caught:
        installed_with(uv, toolchain)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_installed_is_locked_and_checked(own: Toolchain, uv: FakeUv) -> None:
    uv.on_check(f'echo "$*" > {uv.home}/checked')
    said = installed_with(uv, own)
    folder = environment_folder("own")
    made, filled = uv.calls
    assert made.startswith("venv --no-project --python ")
    assert made.endswith(f"versions/3.8.18/bin/python3.8 {folder}")
    assert f"--python {folder}/bin/python --no-deps -r {folder}/pins.txt --build-constraints {folder}/build_" in filled
    assert (folder / "pins.txt").read_text().splitlines() == list(own.pins)
    assert (folder / "build_constraints.txt").read_text().splitlines() == list(own.build_constraints)
    checked = (uv.home / "checked").read_text().strip()
    assert checked.endswith("self_check.py numpy==1.19.5 tensorflow==2.5.0 ethos-u-vela==3.0.0")
    assert [line[:7] for line in said] == ["1 of 3:", "2 of 3:", "3 of 3:", "ready a"]
    assert "about 5 MB" in said[1]


def test_what_is_installed_is_found(own: Toolchain, uv: FakeUv) -> None:
    assert python_of(own) is None
    installed_with(uv, own)
    assert python_of(own) == environment_folder("own") / "bin" / "python"
    assert installed("own")["python"] == "3.8.18"
    assert python_of(today()) == Path(sys.executable)


def test_what_is_there_is_not_installed_again(own: Toolchain, uv: FakeUv) -> None:
    installed_with(uv, own)
    calls = len(uv.calls)
    assert installed_with(uv, own) == [f"is installed already: {environment_folder('own')}"]
    assert len(uv.calls) == calls


def test_other_versions_are_not_taken_for_these(own: Toolchain, uv: FakeUv, tmp_path: Path) -> None:
    installed_with(uv, own)
    (environment_folder("own") / "old").touch()
    changed = read_toolchain(own_file(tmp_path, ("numpy==1.19.5", "numpy==1.19.4")))
    assert python_of(changed) is None
    assert "other versions" in installed_with(uv, changed)[0]
    assert python_of(changed)
    assert python_of(own) is None
    assert not (environment_folder("own") / "old").exists()


def test_an_environment_whose_python_is_gone_is_none(own: Toolchain, uv: FakeUv) -> None:
    installed_with(uv, own)
    python = environment_folder("own") / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python3.8")
    assert python_of(own) is None
    installed_with(uv, own)
    assert python_of(own)


def test_a_damaged_note_is_none(own: Toolchain, uv: FakeUv) -> None:
    installed_with(uv, own)
    for damaged in ("{", "[]", ""):
        (environment_folder("own") / "toolchain.json").write_text(damaged)
        assert python_of(own) is None


FAILURES: dict[str, tuple[Callable[[FakeUv], None], list[str]]] = {
    "uv half-way": (
        lambda uv: uv.on_install(
            "touch ${4%/bin/python}/half; echo '  Building vela'; echo 'error: Failed to build vela' >&2\n"
            "echo '  cause: Call to setuptools failed'; echo 'gcc: not found' >&2; echo; echo 'hint: buy more'; exit 1"
        ),
        ["failed at 2 of 3", "error: Failed to build vela ... gcc: not found; "],
    ),
    "uv without a word": (lambda uv: uv.on_install("exit 3"), ["failed at 2 of 3", "uv ended with 3 and said nothing"]),
    "uv killed": (lambda uv: uv.on_install("kill -9 $$"), ["failed at 2 of 3", "uv ended with -9"]),
    "the self-check": (
        lambda uv: uv.on_check("echo 'ImportError: numpy.core.multiarray failed to import'; exit 1"),
        ["failed at 3 of 3", "ImportError: numpy.core.multiarray failed to import; "],
    ),
    "no environment": (lambda uv: (uv.home / "python").unlink(), ["failed at 1 of 3", "cp: "]),
    "uv that cannot be run": (lambda uv: uv.path.chmod(0o644), ["failed at 1 of 3", "cannot run", "Permission denied"]),
}


@pytest.mark.parametrize(("breaks", "said"), FAILURES.values(), ids=FAILURES)
def test_what_fails_is_said_and_leaves_nothing(
    own: Toolchain, uv: FakeUv, breaks: Callable[[FakeUv], None], said: list[str]
) -> None:
    breaks(uv)
    message = refused(uv, own)
    assert [part for part in said if part not in message] == []
    assert message.endswith(f"the full log: {log_path('own')}")
    assert log_path("own").read_text().startswith("# 1 of 3")
    assert not environment_folder("own").exists()
    assert python_of(own) is None


def test_a_second_attempt_succeeds(own: Toolchain, uv: FakeUv) -> None:
    FAILURES["uv half-way"][0](uv)
    refused(uv, own)
    uv.on_install("echo fine")
    installed_with(uv, own)
    assert python_of(own)
    assert "Failed" not in log_path("own").read_text()


def test_a_long_last_line_is_shortened(own: Toolchain, uv: FakeUv) -> None:
    uv.on_install(f"echo 'error: Command {'-Wall ' * 200}'; exit 1")
    assert len(refused(uv, own)) < 500 + len(str(log_path("own")))


def test_the_long_parts_are_told(own: Toolchain, uv: FakeUv) -> None:
    uv.on_install("echo 'Downloading tensorflow (433.1MiB)'; echo 'Resolved 44'; echo '   Building vela'")
    told = [line for line in installed_with(uv, own) if line.startswith(" ")]
    assert told == ["  Downloading tensorflow (433.1MiB)", "  Building vela"]


INSTALL = """
import sys
from pathlib import Path
from harness.toolchains import read_toolchain
from harness.toolchains.provision import install
install(read_toolchain(Path(sys.argv[1])), lambda words: None, Path(sys.argv[2]))
"""


def begun(uv: FakeUv, own_path: Path) -> subprocess.Popen[bytes]:
    """An installation in another process, in the midst of its second step."""
    started = uv.home / "started"
    started.unlink(missing_ok=True)
    uv.on_install(f"touch ${{4%/bin/python}}/half {started}; sleep 60")
    command = [sys.executable, "-c", INSTALL, str(own_path), str(uv.path)]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not started.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process


def end(process: subprocess.Popen[bytes], number: int) -> None:
    os.killpg(process.pid, number)
    process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_was_broken_off_is_no_toolchain_and_the_next_attempt_starts_clean(
    own: Toolchain, uv: FakeUv, tmp_path: Path, number: int
) -> None:
    end(begun(uv, tmp_path / "own.toml"), number)
    folder = environment_folder("own")
    assert python_of(own) is None
    assert folder.exists() is (number == signal.SIGKILL)
    uv.on_install("echo fine")
    said = installed_with(uv, own)
    assert ("removed what was left" in said[0]) is (number == signal.SIGKILL)
    assert python_of(own)
    assert not (folder / "half").exists()


def test_two_processes_do_not_collide(own: Toolchain, uv: FakeUv, tmp_path: Path) -> None:
    process = begun(uv, tmp_path / "own.toml")
    uv.on_install("echo fine")
    said: list[str] = []
    second = threading.Thread(target=install, args=(own, said.append, uv.path))
    second.start()
    deadline = time.monotonic() + 60
    while not said and time.monotonic() < deadline:
        time.sleep(0.02)
    assert in_progress("own")
    assert said == ["another process is installing or removing it: waiting"]
    assert len(uv.calls) == 2
    end(process, signal.SIGKILL)
    second.join()
    assert python_of(own)
    assert not in_progress("own")


def test_a_folder_of_someone_else_is_left_alone(own: Toolchain, uv: FakeUv, root: Path) -> None:
    precious = root / "own" / "thesis.txt"
    precious.parent.mkdir(parents=True)
    precious.touch()
    for _ in range(2):
        assert f"{root / 'own'} is something else: move it away" in refused(uv, own)
        assert precious.exists()


def test_a_full_disk_is_said_before_anything_is_done(
    own: Toolchain, uv: FakeUv, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = type("Usage", (), {"free": 3_000_000})
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: free)
    message = refused(uv, own)
    assert "it takes 5 MB" in message
    assert "has 3 MB free" in message
    assert uv.calls == []


def test_a_root_that_cannot_be_written_is_named(own: Toolchain, uv: FakeUv, root: Path) -> None:
    root.write_text("a file")
    with pytest.raises(ToolchainError, match=f"cannot keep toolchains in {root}: .*set HARNESS_TOOLCHAINS"):
        installed_with(uv, own)


def test_a_missing_python_removes_nothing(own: Toolchain, uv: FakeUv, monkeypatch: pytest.MonkeyPatch) -> None:
    installed_with(uv, own)
    (environment_folder("own") / "toolchain.json").unlink()
    monkeypatch.setenv("PYENV_ROOT", "/nowhere")
    assert "Python 3.8 is missing" in refused(uv, own)
    assert environment_folder("own").exists()


def test_a_python_without_headers_is_told(own: Toolchain, uv: FakeUv, tmp_path: Path) -> None:
    fake_python(tmp_path / "pyenv" / "versions" / "3.8.18" / "bin" / "python3.8", "CPython 3.8.18 False")
    assert "no C headers" in installed_with(uv, own)[0]


def test_today_is_not_installed(uv: FakeUv) -> None:
    with pytest.raises(ToolchainError, match="nothing to install"):
        installed_with(uv, today())


def test_without_uv_the_way_to_it_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module.sys, "executable", str(tmp_path / "python"))
    with pytest.raises(InstallError, match=r"pip install 'ethos-u-rnn-harness\[toolchains\]'"):
        find_uv()


def test_the_root_is_the_cache_folder_unless_it_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert toolchains_root() == tmp_path / "toolchains"
    monkeypatch.delenv("HARNESS_TOOLCHAINS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert toolchains_root().parts[-2:] == ("ethos-u-rnn-harness", "toolchains")
