"""Toolchains: the versions of TensorFlow and Vela that people sit on, each in an environment of its own."""

from __future__ import annotations

from harness.toolchains.choosing import builtin_toolchains, choose_toolchains, today
from harness.toolchains.compatibility import incompatibility
from harness.toolchains.definition import read_toolchain
from harness.toolchains.environments import install_command, python_of, source_folder
from harness.toolchains.toolchain import TODAY, Toolchain

__all__ = [
    "TODAY",
    "Toolchain",
    "builtin_toolchains",
    "choose_toolchains",
    "incompatibility",
    "install_command",
    "python_of",
    "read_toolchain",
    "source_folder",
    "today",
]
