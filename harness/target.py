"""Where a model will run: accelerator, system configuration and memory mode, in Vela's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigError
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from harness.errors import TargetError

ACCELERATORS = (
    "ethos-u55-32",
    "ethos-u55-64",
    "ethos-u55-128",
    "ethos-u55-256",
    "ethos-u65-256",
    "ethos-u65-512",
    "ethos-u85-128",
    "ethos-u85-256",
    "ethos-u85-512",
    "ethos-u85-1024",
    "ethos-u85-2048",
)
_DEFAULT_SYSTEMS = {
    "ethos-u55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "ethos-u65": ("Ethos_U65_High_End", "Dedicated_Sram"),
    "ethos-u85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram"),
}
DEFAULT_ACCELERATORS = ("ethos-u55-128", "ethos-u65-256", "ethos-u85-256")


@dataclass(frozen=True, slots=True, kw_only=True)
class VelaConfig:
    """A vela.ini: system configurations and memory modes with their settings, inheritance resolved."""

    path: Path
    systems: dict[str, dict[str, str]]
    memory_modes: dict[str, dict[str, str]]
    own: bool

    @classmethod
    def installed(cls) -> VelaConfig:
        """The vela.ini that the installed Vela ships."""
        package = find_spec("ethosu")
        if package is None or not package.submodule_search_locations:
            raise TargetError("Vela is not installed: pip install ethos-u-vela")
        folder = Path(next(iter(package.submodule_search_locations)))
        return cls.read(folder / "config_files" / "Arm" / "vela.ini", own=False)

    @classmethod
    def read(cls, path: Path, *, own: bool = True) -> VelaConfig:
        """Parse a vela.ini; raises TargetError if it is missing, damaged or holds no system configuration."""
        parser = ConfigParser(strict=False, interpolation=None)
        parser.optionxform = str  # type: ignore[assignment,method-assign]  # documented way to keep the case
        try:
            parser.read_string(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, ConfigError) as error:
            raise TargetError(f"cannot read the Vela configuration {path}: {_first_line(error)}") from None
        systems = _sections(parser, "System_Config.")
        memory_modes = _sections(parser, "Memory_Mode.")
        if not systems or not memory_modes:
            raise TargetError(
                f"{path} has no section [System_Config.NAME] or no section [Memory_Mode.NAME]: "
                "start from the vela.ini that comes with Vela"
            )
        return cls(path=path, systems=systems, memory_modes=memory_modes, own=own)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a model will run. Vela's own words, never its defaults."""

    accelerator: str
    system_config: str
    memory_mode: str

    @property
    def id(self) -> str:
        """The whole target as one word, as in test ids and reports."""
        accelerator = self.accelerator.removeprefix("ethos-")
        system = re.sub(r"^ethos_u\d+_", "", self.system_config.lower())
        return re.sub(r"[^a-z0-9_]+", "_", f"{accelerator}_{system}_{self.memory_mode}".lower())

    @property
    def family(self) -> str:
        """`ethos-u55`, `ethos-u65` or `ethos-u85`."""
        return self.accelerator.rsplit("-", 1)[0]

    @property
    def macs(self) -> int:
        """Multiply-accumulate operations a cycle, over all cores."""
        return int(self.accelerator.rsplit("-", 1)[1])

    def __str__(self) -> str:
        return f"{self.accelerator} {self.system_config} {self.memory_mode}"

    def to_plain(self) -> dict[str, str]:
        """The target as a dict of text, for children, keys and reports."""
        return {
            "accelerator": self.accelerator,
            "system_config": self.system_config,
            "memory_mode": self.memory_mode,
        }


def choose_target(
    config: VelaConfig, accelerator: str, system_config: str | None = None, memory_mode: str | None = None
) -> Target:
    """The target that these words name, with the harness's stated defaults for those left out.

    Raises TargetError for a name that does not exist and for a combination that Vela would accept or refuse in
    silence: a system of another family, a dedicated SRAM on a system whose second memory is flash.
    """
    if accelerator not in ACCELERATORS:
        raise TargetError(f"unknown accelerator {accelerator!r}: choose one of {', '.join(ACCELERATORS)}")
    family = accelerator.rsplit("-", 1)[0]
    default_system, default_mode = _DEFAULT_SYSTEMS[family]
    target = Target(
        accelerator=accelerator,
        system_config=_choose("system configuration", system_config, default_system, config.systems, config),
        memory_mode=_choose("memory mode", memory_mode, default_mode, config.memory_modes, config),
    )
    problem = _contradiction(target, config)
    if problem:
        raise TargetError(problem)
    return target


def sensible_targets(config: VelaConfig) -> Iterator[Target]:
    """Every combination of the file's names that exists as hardware."""
    for accelerator in ACCELERATORS:
        for system_config in config.systems:
            for memory_mode in config.memory_modes:
                target = Target(accelerator=accelerator, system_config=system_config, memory_mode=memory_mode)
                if _contradiction(target, config) is None:
                    yield target


def _choose(word: str, asked: str | None, default: str, known: dict[str, dict[str, str]], config: VelaConfig) -> str:
    if asked is None and default not in known and len(known) == 1:
        return next(iter(known))
    name = asked or default
    if name in known:
        return name
    hint = f"{config.path.name} has {', '.join(known)}"
    if asked is None:
        raise TargetError(f"{config.path} has more than one {word}: name one of them ({hint})")
    raise TargetError(f"unknown {word} {name!r}: {hint}")


def _contradiction(target: Target, config: VelaConfig) -> str | None:
    named_family = re.match(r"ethos_u\d+", target.system_config.lower())
    if named_family and named_family.group().replace("_", "-") != target.family:
        fitting = [name for name in config.systems if name.lower().startswith(target.family.replace("-", "_"))]
        return (
            f"system configuration {target.system_config!r} belongs to another family than {target.accelerator}: "
            f"choose one of {', '.join(fitting)}"
        )
    dedicated = config.memory_modes[target.memory_mode].get("arena_mem_area") == "Axi1"
    if dedicated and "Flash" in config.systems[target.system_config].get("axi1_port", ""):
        return (
            f"memory mode {target.memory_mode!r} puts the arena into the second memory, which is read-only flash in "
            f"{target.system_config!r}: choose Shared_Sram or Sram_Only"
        )
    return None


def _sections(parser: ConfigParser, prefix: str) -> dict[str, dict[str, str]]:
    names = [name for name in parser.sections() if name.startswith(prefix)]
    return {name.removeprefix(prefix): _resolved(parser, name) for name in names}


def _resolved(parser: ConfigParser, name: str, depth: int = 0) -> dict[str, str]:
    section = dict(parser[name]) if parser.has_section(name) else {}
    parent = section.pop("inherit", None)
    if parent is None or depth > len(parser.sections()):
        return section
    return _resolved(parser, parent, depth + 1) | section


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
