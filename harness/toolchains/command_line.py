"""`python -m harness.toolchains list | install NAME ... | remove NAME ...`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import partial

from harness.errors import InstallError, ToolchainError, UsageError
from harness.toolchains.choosing import choose_toolchains
from harness.toolchains.environments import installed_names, locked, log_path, remove_environment
from harness.toolchains.listing import table, unknown_environments
from harness.toolchains.provision import install
from harness.toolchains.toolchain import TODAY, Toolchain

USAGE_ERROR = 2
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked.

    Returns 0, 1 where a toolchain could not be installed or removed, 2 for an unknown name, 130 if broken off.
    """
    asked = _parser().parse_args(arguments)
    try:
        return int(asked.action(asked.name))
    except UsageError as error:
        sys.stderr.write(f"harness.toolchains: {error}\n")
        return USAGE_ERROR
    except KeyboardInterrupt:
        sys.stderr.write("harness.toolchains: broken off; what was installed before is whole\n")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m harness.toolchains",
        description="Toolchains of other versions, each in an environment of its own, made with uv.",
    )
    actions = parser.add_subparsers(required=True, metavar="list | install | remove")
    for action, names, words in (
        (_list, "*", "show the toolchains that there are, and which of them are installed"),
        (_install, "+", "install toolchains: names, globs, or your own .toml files"),
        (_remove, "+", "remove the environments of toolchains"),
    ):
        command = actions.add_parser(action.__name__[1:], help=words, description=words)
        command.add_argument("name", nargs=names, metavar="NAME", help="a name, a glob, or the path of a .toml file")
        command.set_defaults(action=action)
    return parser


def _list(words: Sequence[str]) -> int:
    toolchains = choose_toolchains(words or ["*"])
    _say(table(toolchains))
    for toolchain in toolchains if words else ():
        for line in (toolchain.description, *toolchain.notes):
            _say_of(toolchain.name, line)
    if not words and (others := unknown_environments(toolchains)):
        _say(f"Environments of other toolchains lie here, too: {', '.join(others)}")
    return 0


def _install(words: Sequence[str]) -> int:
    globbed = [one for one in choose_toolchains(words) if one.name != TODAY or TODAY in words]
    failed = [toolchain.name for toolchain in globbed if not _installs(toolchain)]
    return 1 if failed else 0


def _installs(toolchain: Toolchain) -> bool:
    try:
        install(toolchain, partial(_say_of, toolchain.name))
    except InstallError as error:
        sys.stderr.write(f"{toolchain.name}: {error}\n")
        return False
    return True


def _remove(words: Sequence[str]) -> int:
    names = [name for word in words for name in _names(word)]
    removed = [_removes(name) for name in dict.fromkeys(names)]
    return 0 if all(removed) else 1


def _names(word: str) -> list[str]:
    """The environments that a word names: those that lie here come first, as their .toml file may be gone."""
    here = [name for name in installed_names() if fnmatchcase(name, word)]
    return here or [toolchain.name for toolchain in choose_toolchains([word])]


def _removes(name: str) -> bool:
    if name == TODAY:
        raise ToolchainError("today is the environment that you run this in: it is not removed")
    say = partial(_say_of, name)
    try:
        with locked(name, waiting=lambda: say("another process is installing or removing it: waiting")):
            say("removed" if remove_environment(name) else "is not installed")
            log_path(name).unlink(missing_ok=True)
    except InstallError as error:
        sys.stderr.write(f"{name}: {error}\n")
        return False
    return True


def _say_of(name: str, words: str) -> None:
    _say(f"{name}: {words}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
