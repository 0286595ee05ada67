"""Evidence on disk: results of jobs by key, and the files that questions are about by content."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
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
CAP_BYTES = 4 << 30
"""What a store may take after a run; the standard matrix takes about a tenth of it."""


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
        self._removing = ThreadPoolExecutor(1, "removing")
        try:
            for folder in ("entries", "files", "locks", "tasks"):
                (root / folder).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot use {root} as the store: {error.strerror}; name a folder that you may write"
            ) from None

    @property
    def is_empty(self) -> bool:
        """Whether it holds no result."""
        return not any((self.root / "entries").iterdir())

    def entry_path(self, key: str) -> Path:
        """Where the entry of a key lies, or would."""
        return self.root / "entries" / key[:2] / key

    def read(self, key: str, *, since: float = 0.0) -> dict[str, Any] | None:
        """The entry of a key, without bytes objects: None where there is none, or none written since then.

        A damaged entry is removed.
        """
        path = self.entry_path(key)
        try:
            if path.stat().st_mtime < since:
                return None
            entry = plain.load(path, blobs=False)
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
        return self.add_content(path.read_bytes(), path.name)

    def add_content(self, content: bytes, name: str) -> File:
        """Keep a file by its content."""
        digest = sha256(content).hexdigest()
        kept = self.kept_file(digest)
        if not kept.exists():
            plain.write_atomically(kept, content)
        return File(path=kept, sha256=digest, name=name)

    def kept_file(self, digest: str) -> Path:
        """Where the file of this content (SHA-256) lies, or would."""
        return self.root / "files" / digest

    def failure_task(self, key: str) -> Path:
        """Where the description of a failed job lies, or would: what `python -m harness.worker --run` takes."""
        return self.root / "failures" / key / "task.json"

    def size_bytes(self) -> int:
        """What the store takes on the disk."""
        return sum(status.st_size for _, status in self._files())

    def prune(self, cap_bytes: int) -> int:
        """Remove the oldest results and files until the store takes at most so much; returns how many went."""
        oldest_first = sorted(self._files(), key=lambda entry: entry[1].st_mtime)
        excess = sum(status.st_size for _, status in oldest_first) - cap_bytes
        removed = 0
        for path, status in oldest_first:
            if excess <= 0:
                break
            path.unlink(missing_ok=True)
            excess -= status.st_size
            removed += 1
        return removed

    def lock(self, key: str) -> FileLock:
        """The lock that the one process holds that computes this key."""
        return FileLock(self.root / "locks" / key)

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        folders = (self.root / name for name in ("entries", "files", "failures"))
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return [(path, path.stat()) for path in paths]

    @contextmanager
    def task_folder(self) -> Iterator[Path]:
        """A folder for one child, on the same disk as the entries; removed afterwards, at the latest by `close`."""
        folder = Path(tempfile.mkdtemp(dir=self.root / "tasks"))
        try:
            yield folder
        finally:
            # To remove a folder takes some file systems longer than to fork a child: the next one must not wait for it.
            self._removing.submit(shutil.rmtree, folder, ignore_errors=True)

    def close(self) -> None:
        """Wait until all that is not needed is removed; results can still be read."""
        self._removing.shutdown()


def main(arguments: list[str] | None = None) -> int:
    """Tell the size of the store, or remove its oldest results: `python -m harness.store prune --cap-mib 500`."""
    parser = argparse.ArgumentParser(prog="python -m harness.store", description=main.__doc__)
    parser.add_argument("action", choices=["size", "prune"])
    parser.add_argument("--cap-mib", type=int, default=CAP_BYTES >> 20, help="what may remain, in MiB")
    asked = parser.parse_args(arguments)
    store = Store(default_root())
    if asked.action == "prune":
        if asked.cap_mib < 0:
            parser.error(f"--cap-mib is {asked.cap_mib}: give 0 or more")
        removed = store.prune(asked.cap_mib << 20)
        sys.stdout.write(f"removed {removed} files; ")
    sys.stdout.write(f"{store.root}: {store.size_bytes():,} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
