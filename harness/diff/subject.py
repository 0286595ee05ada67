"""What is compared: a model, or a model on a target, as one side saw it, with the tools that it is from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MODEL, CASE = "model", "case"
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Versions, and the settings of the target in the vela.ini; empty where nobody knows."""

    tensorflow: str = ""
    litert: str = ""
    vela: str = ""
    vela_config: str = ""
    system: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What a model file holds: numbers by type of operator, and by port its type, scales and zero points.

    `converted` are the float operators as the converter wrote them, before any repair.
    """

    operators: Counts
    in_float: Counts
    per_channel: Counts
    ports: Mapping[str, str] = field(default_factory=dict)
    converted: Counts = field(default_factory=dict)

    @property
    def from_converter(self) -> Counts:
        """The float operators that the converter left: those of the file, and those that a repair took out."""
        names = {*self.in_float, *self.converted}
        return {name: max(self.in_float.get(name, 0), self.converted.get(name, 0)) for name in names}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """How a claim ended; `topic` is what it is about, `cause` why it does not hold or could not be judged."""

    name: str
    outcome: str
    topic: str
    observed: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model or a case. None: nothing was observed (an inventory, a compilation)."""

    name: str
    kind: str
    tools: Tools = field(default_factory=Tools)
    sha256: str = ""
    inventory: Inventory | None = None
    on_cpu: Counts | None = None
    reasons: Mapping[str, str] = field(default_factory=dict)
    figures: Mapping[str, float] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two that are compared; subjects by name, `tools` by name as people read them."""

    label: str
    tools: Mapping[str, str]
    subjects: Mapping[str, Subject]


@dataclass(frozen=True, slots=True)
class Pair:
    """A subject as it was before and after."""

    before: Subject
    after: Subject

    @property
    def same_placement(self) -> bool:
        """Both were compiled, with the same operators on the CPU and as many NPU segments."""
        segments = [side.figures.get("npu_segments") for side in self.sides]
        return self.before.on_cpu is not None and self.before.on_cpu == self.after.on_cpu and len(set(segments)) == 1

    @property
    def same_operators(self) -> bool:
        """Both files were looked into, and hold the same operators, of which as many have weights per channel."""
        before, after = self.before.inventory, self.after.inventory
        if before is None or after is None:
            return False
        return (before.operators, before.per_channel) == (after.operators, after.per_channel)

    @property
    def same_compiler(self) -> bool:
        """The same Vela, vela.ini and settings of the target."""
        before, after = (side.tools for side in self.sides)
        return (before.vela, before.vela_config, before.system) == (after.vela, after.vela_config, after.system)

    @property
    def sides(self) -> tuple[Subject, Subject]:
        return self.before, self.after


def release(version: str) -> tuple[int, ...]:
    """The numbers of a version that can be compared: (3, 10, 0); nothing for an unknown one."""
    found = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def more(before: Counts, after: Counts) -> dict[str, int]:
    """By name, how many more there are after."""
    grown = {name: number - before.get(name, 0) for name, number in after.items()}
    return {name: number for name, number in sorted(grown.items()) if number > 0}


def counted(counts: Counts) -> str:
    """`3 SPLIT, 12 QUANTIZE`."""
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
