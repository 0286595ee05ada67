"""Which toolchains a run asks about: whose TensorFlow builds the models of the matrix, and whose Vela compiles them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import ToolchainError
from harness.toolchains import TODAY, Toolchain, choose_toolchains, incompatibility, install_command, python_of, today


@dataclass(frozen=True, slots=True)
class ToolchainChoice:
    """None stands for the environment that the harness itself runs in. No `compilers`: each model's own Vela."""

    builders: tuple[Toolchain | None, ...] = (None,)
    compilers: tuple[Toolchain | None, ...] = ()

    @classmethod
    def read(cls, builders: Sequence[str], compilers: Sequence[str], folder: Path) -> ToolchainChoice:
        """The choice that the words of two options make; raises ToolchainError for one that cannot be met."""
        chosen = choose_toolchains(builders or (TODAY,), folder)
        if lacking := [toolchain.name for toolchain in chosen if not toolchain.keras and toolchain.name != TODAY]:
            raise ToolchainError(f"toolchain {lacking[0]} has no TensorFlow: name it with --npu-vela-toolchain")
        velas = choose_toolchains(compilers, folder) if compilers else ()
        if lacking := [toolchain.name for toolchain in velas if not toolchain.vela_families]:
            raise ToolchainError(f"toolchain {lacking[0]} has no Vela: name another with --npu-vela-toolchain")
        return cls(tuple(map(_foreign, chosen)), tuple(map(_foreign, velas)))

    def velas_of(self, builder: Toolchain | None) -> tuple[Toolchain | None, ...]:
        """The toolchains whose Vela compiles the models of a builder."""
        return self.compilers or (builder,)

    @property
    def pairs(self) -> list[tuple[Toolchain | None, Toolchain | None]]:
        """Every builder with every toolchain whose Vela compiles its models."""
        return [(builder, vela) for builder in self.builders for vela in self.velas_of(builder)]

    @property
    def foreign(self) -> list[Toolchain]:
        """All toolchains other than today's, each once."""
        named = (toolchain for pair in self.pairs for toolchain in pair if toolchain is not None)
        return list({toolchain.name: toolchain for toolchain in named}.values())

    @property
    def incompatible(self) -> list[str]:
        """What is known to go wrong between a builder and a Vela, a sentence each."""
        told = (incompatibility(builder or today(), vela or today()) for builder, vela in self.pairs)
        return [sentence for sentence in told if sentence]

    def lines(self) -> list[str]:
        """What a reader of the output should know about the toolchains; nothing where there is only today's."""
        told = [
            f"toolchain {one.name}: {_versions(one)}"
            + ("" if python_of(one) else f"; not installed: {install_command(one.name)}")
            for one in self.foreign
        ]
        return [*told, *(f"incompatible: {sentence}" for sentence in self.incompatible)]


def compiles_for(vela: Toolchain | None, family: str) -> bool:
    """Whether a Vela knows an accelerator family; of today's, Vela itself is asked."""
    return vela is None or family in vela.vela_families


def _versions(toolchain: Toolchain) -> str:
    parts = (("TensorFlow", toolchain.tensorflow), ("Vela", toolchain.vela))
    return ", ".join(f"{name} {version}" for name, version in parts if version)


def _foreign(toolchain: Toolchain) -> Toolchain | None:
    return None if toolchain.name == TODAY else toolchain
