"""Runs the commands of an installation: everything into one log, the steps and the long parts told."""

from __future__ import annotations

import re
import shlex
import subprocess
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import InstallError

Say = Callable[[str], None]
"""Is told, in a few words, what is being done."""

_TOLD = re.compile(r"\s*(Downloading|Building|Built) ")
_UNINFORMATIVE = re.compile(r"\s*(hint:|\[std\w+\]|$)")
_HEADLINE = re.compile(r"\s*error: ")
_MOST_CHARACTERS = 300


class Log:
    """A log file to run commands into, in a folder of their own; starts empty, and stays when all is done."""

    def __init__(self, path: Path, say: Say, folder: Path) -> None:
        """Start the log at `path`; commands run in `folder`, where no project has settings of its own."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._say, self._folder, self._step = path, say, folder, ""
        self._stream = path.open("w", encoding="utf-8", buffering=1)

    def close(self) -> None:
        """End the log."""
        self._stream.close()

    def step(self, words: str) -> None:
        """Say what comes next; a command that fails is said to have failed in it."""
        self._step = words
        self._stream.write(f"# {words}\n")
        self._say(words)

    def run(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        """Run a command to its end; InstallError, with what it said last, where it fails or cannot be run."""
        words = [str(word) for word in command]
        self._stream.write(f"$ {shlex.join(words)}\n")
        try:
            process = subprocess.Popen(
                words,
                cwd=self._folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
        except OSError as error:
            raise self._failed(f"cannot run {words[0]}: {error.strerror}") from None
        why = self._follow(process)
        if process.returncode:
            raise self._failed(why or f"{Path(words[0]).name} ended with {process.returncode} and said nothing")

    def _follow(self, process: subprocess.Popen[str]) -> str:
        """Copy what a command says into the log until it ends; returns its first error and the last that it said."""
        headline = last = ""
        with process:
            try:
                for line in process.stdout or ():
                    self._stream.write(line)
                    if _TOLD.match(line):
                        self._say(f"  {line.strip()}")
                    if not headline and _HEADLINE.match(line):
                        headline = line.strip()
                    if not _UNINFORMATIVE.match(line):
                        last = line.strip()
            except BaseException:
                process.kill()
                raise
        return f"{headline} ... {last}" if headline not in ("", last) else last

    def _failed(self, why: str) -> InstallError:
        short = textwrap.shorten(why, _MOST_CHARACTERS, placeholder=" ...")
        return InstallError(f"failed at {self._step}: {short}; the full log: {self._path}")
