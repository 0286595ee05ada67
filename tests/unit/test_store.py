"""The store gives back what it was given or nothing; damage, rights and rivals included."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness import plain
from harness.errors import UsageError
from harness.store import ENVIRONMENT, Store, default_root, main

KEY = "ab" + "0" * 62
WRITES = 60
RIVAL = f"""
import sys
from pathlib import Path
from harness.store import Store
store = Store(Path(sys.argv[1]))
for _ in range({WRITES}):
    store.write({KEY!r}, {{"letters": [sys.argv[2]] * 20_000}})
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_an_entry_comes_back(store: Store) -> None:
    assert store.read(KEY) is None
    store.write(KEY, {"outcome": "done", "value": {"labels": [1, 2]}})
    assert store.read(KEY) == {"outcome": "done", "value": {"labels": [1, 2]}}


def test_bytes_of_an_entry_stay_on_the_disk(store: Store) -> None:
    store.write(KEY, {"value": {"model": b"\x00"}})
    assert store.read(KEY) == {"value": {"model": None}}
    assert plain.load(store.entry_path(KEY)) == {"value": {"model": b"\x00"}}


def test_an_entry_from_before_is_not_read_where_a_fresh_one_is_asked_for(store: Store) -> None:
    store.write(KEY, {"outcome": "done"})
    os.utime(store.entry_path(KEY), (1_000, 1_000))
    assert store.read(KEY, since=1_001) is None
    assert store.read(KEY, since=1_000) == {"outcome": "done"}


def test_the_oldest_go_first_until_the_rest_fits(store: Store) -> None:
    keys = [f"{number:02}" * 32 for number in range(4)]
    for age, key in enumerate(keys):
        store.write(key, {"bytes": b"x" * 1_000})
        os.utime(store.entry_path(key), (age, age))
    each = store.entry_path(keys[0]).stat().st_size
    assert store.size_bytes() == 4 * each
    assert store.prune(4 * each) == 0
    assert store.prune(3 * each - 1) == 2
    assert [store.read(key) is not None for key in keys] == [False, False, True, True]
    assert store.prune(0) == 2
    assert store.size_bytes() == 0


def test_the_command_tells_the_size_and_prunes(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(store.root))
    store.write(KEY, {"outcome": "done"})
    assert main(["size"]) == 0
    assert f"{store.size_bytes():,} bytes" in capsys.readouterr().out
    assert main(["prune", "--cap-mib", "0"]) == 0
    assert "removed 1 files" in capsys.readouterr().out
    assert store.read(KEY) is None
    with pytest.raises(SystemExit, match="2"):
        main(["prune", "--cap-mib", "-1"])
    assert "--cap-mib is -1: give 0 or more" in capsys.readouterr().err


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[:-40], lambda _: b"", lambda whole: b"PK" + b"\x00" * len(whole), lambda _: b"text"],
    ids=["truncated", "empty", "overwritten", "foreign"],
)
def test_a_damaged_entry_is_removed(store: Store, damage: object) -> None:
    store.write(KEY, {"outcome": "done"})
    path = store.entry_path(KEY)
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    assert store.read(KEY) is None
    assert not path.exists()


def test_an_entry_that_is_no_dict_is_no_entry(store: Store) -> None:
    plain.save(["outcome"], store.entry_path(KEY))
    assert store.read(KEY) is None


def test_a_file_is_kept_by_its_content(store: Store, tmp_path: Path) -> None:
    for name, content in (("a.tflite", b"1"), ("b.tflite", b"1"), ("c.tflite", b"2")):
        (tmp_path / name).write_bytes(content)
    first, same, other = (store.add_file(tmp_path / f"{name}.tflite") for name in "abc")
    assert first.path == same.path != other.path
    assert (first.name, same.name) == ("a.tflite", "b.tflite")
    (tmp_path / "a.tflite").write_bytes(b"changed")
    assert first.path.read_bytes() == b"1"


def test_a_file_that_is_not_there_is_an_os_error(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        store.add_file(tmp_path / "missing.tflite")


def test_a_root_that_cannot_be_written_is_a_usage_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UsageError, match=r"cannot use .*file/store as the store: Not a directory; name a folder"):
        Store(tmp_path / "file" / "store")


def test_the_root_is_the_one_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.delenv(ENVIRONMENT)
    assert default_root().parts[-2:] == ("ethos-u-rnn-harness", "store")


def test_a_task_folder_goes_with_its_content(store: Store) -> None:
    with store.task_folder() as folder:
        (folder / "log").write_text("noise")
        assert folder.parent == store.root / "tasks"
    store.close()
    assert not folder.exists()


def test_two_processes_write_one_key_and_a_reader_never_sees_half_of_it(store: Store) -> None:
    rivals = [subprocess.Popen([sys.executable, "-c", RIVAL, str(store.root), letter]) for letter in "xy"]
    reads: list[list[str]] = []
    while any(rival.poll() is None for rival in rivals):
        entry = store.read(KEY)
        if entry is not None:
            reads.append(entry["letters"])
    assert [rival.returncode for rival in rivals] == [0, 0]
    assert reads
    assert {tuple(Counter(letters).values()) for letters in reads} == {(20_000,)}
    assert store.read(KEY) is not None
