"""Evidence on disk: results of jobs by key, and the files that questions are about by content."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

from harness import plain
from harness.errors import UsageError

ENVIRONMENT = "HARNESS_STORE"


@dataclass(frozen=True, slots=True)
class File:
    """A file as it was when it was asked about: its content in the store, its hash and the name that it came with."""

    path: Path
    sha256: str
    name: str


def default_root() -> Path:
    """`HARNESS_STORE`, or the platform's cache folder."""
    asked = os.environ.get(ENVIRONMENT)
    return Path(asked).absolute() if asked else platformdirs.user_cache_path("ethos-u-rnn-harness") / "store"


class Store:
    """A folder of results. Several processes may share it: entries appear whole, and a lock guards each key."""

    def __init__(self, root: Path) -> None:
        """Open or make the store; raises UsageError where `root` cannot be written."""
        self.root = root
        try:
            for folder in ("entries", "files", "locks", "tasks"):
                (root / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot use {root} as the store: {error.strerror}; name a folder that you may write"
            ) from None

    def entry_path(self, key: str) -> Path:
        """Where the entry of a key lies, or would."""
        return self.root / "entries" / key[:2] / key

    def read(self, key: str, *, since: float = 0.0) -> dict[str, Any] | None:
        """The entry of a key; None where there is none, or none written since then. A damaged entry is removed."""
        path = self.entry_path(key)
        try:
            if path.stat().st_mtime < since:
                return None
            entry = plain.load(path)
        except FileNotFoundError:
            return None
        except Exception:  # noqa: BLE001 - however it is damaged, it must be computed again
            path.unlink(missing_ok=True)
            return None
        return entry if isinstance(entry, dict) else None

    def write(self, key: str, entry: dict[str, Any]) -> None:
        """Keep an entry."""
        plain.save(entry, self.entry_path(key))

    def adopt(self, key: str, result: Path) -> None:
        """Keep the entry that a child wrote to `result`, a file in this store."""
        path = self.entry_path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        result.replace(path)

    def add_file(self, path: Path) -> File:
        """Copy a file into the store by its content; raises OSError where it cannot be read."""
        content = path.read_bytes()
        digest = sha256(content).hexdigest()
        kept = self.root / "files" / digest
        if not kept.exists():
            plain.write_atomically(kept, content)
        return File(path=kept, sha256=digest, name=path.name)

    def lock(self, key: str) -> FileLock:
        """The lock that the one process holds that computes this key."""
        return FileLock(self.root / "locks" / key)

    @contextmanager
    def task_folder(self) -> Iterator[Path]:
        """A folder for one child, on the same disk as the entries; removed afterwards."""
        folder = Path(tempfile.mkdtemp(dir=self.root / "tasks"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
