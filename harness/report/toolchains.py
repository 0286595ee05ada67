"""The toolchains of a run: their tools, and what became of each converter with each Vela."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.report.findings import answers
from harness.results import WORST_FIRST
from harness.subjects import name_of
from harness.toolchain_choice import ToolchainChoice
from harness.toolchains import Toolchain, incompatibility, python_of, today

TOOLS = ("ethos-u-vela", "keras", "numpy", "tensorflow")


def toolchains_in_full(choice: ToolchainChoice) -> dict[str, Any]:
    """Python, versions and whether it is installed, for each toolchain other than today's, by name."""
    return {
        toolchain.name: {
            "python": toolchain.python,
            "description": toolchain.description,
            "installed": python_of(toolchain) is not None,
            "versions": {tool: toolchain.version_of(tool) for tool in TOOLS},
        }
        for toolchain in choice.foreign
    }


def pairs(
    models: Sequence[Mapping[str, Any]], cases: Sequence[Mapping[str, Any]], choice: ToolchainChoice
) -> list[dict[str, Any]]:
    """Every converter with every Vela that was asked about; nothing where there is only today's with itself."""
    if not choice.foreign:
        return []
    built_by = {model["id"]: model.get("toolchain") for model in models}
    return [
        _pair(
            builder or today(),
            vela or today(),
            [
                case
                for case in cases
                if (built_by[case["model"]], case["toolchain"]) == (name_of(builder), name_of(vela))
            ],
        )
        for builder, vela in choice.pairs
    ]


def _pair(builder: Toolchain, vela: Toolchain, cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    outcomes = [case["outcome"] for case in cases]
    return {
        "toolchain": builder.name,
        "tensorflow": builder.tensorflow,
        "vela_toolchain": vela.name,
        "vela": vela.vela,
        "outcomes": {outcome: outcomes.count(outcome) for outcome in WORST_FIRST},
        "answers": answers(cases),
        "incompatible": incompatibility(builder, vela),
    }
