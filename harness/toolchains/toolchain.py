"""A toolchain: the versions of Python, TensorFlow and Vela that are used together, and what they can do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType

from packaging.utils import canonicalize_name

TODAY = "today"
"""The name of the environment that the harness itself runs in."""


@dataclass(frozen=True, kw_only=True)
class Toolchain:
    """Exact versions, and what they can do.

    `pins` are all distributions of the environment as `name==version`, `python` is its minor version as in `3.8`.
    `build_constraints` hold for what is built from source. `megabytes` is what the environment takes on disk.
    `keras`: builds, trains and converts Keras models. `per_channel_fully_connected`: its converter writes
    FULLY_CONNECTED with a scale a channel; `takes_per_channel_fully_connected`: its Vela places such an operator on the
    NPU; None where there is no converter, or no Vela. `vela_families`: the accelerators that its Vela compiles for.
    """

    name: str
    python: str
    description: str
    pins: tuple[str, ...]
    build_constraints: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    megabytes: int = 0
    keras: bool = False
    per_channel_fully_connected: bool | None = None
    vela_families: tuple[str, ...] = ()
    takes_per_channel_fully_connected: bool | None = None

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """The version of each distribution, by its normalized name."""
        pairs = (pin.split("==") for pin in self.pins)
        return MappingProxyType({canonicalize_name(name): version for name, version in pairs})

    def version_of(self, distribution: str) -> str | None:
        """The version of a distribution; None where the toolchain does not have it."""
        return self.versions.get(canonicalize_name(distribution))

    @property
    def vela(self) -> str | None:
        """The version of its Vela; None where it has none."""
        return self.version_of("ethos-u-vela")

    @property
    def tensorflow(self) -> str | None:
        """The version of its TensorFlow; None where it has none."""
        return self.version_of("tensorflow") or self.version_of("tensorflow-cpu")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all that the environment depends on: Python, versions, and what builds are held to."""
        parts = {
            "python": self.python,
            "versions": dict(self.versions),
            "build_constraints": sorted(self.build_constraints),
        }
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
