"""Targets are named in Vela's own words; those that contradict themselves are refused with the way out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import TargetError
from harness.selection import TargetQuery, find_targets
from harness.target import (
    ACCELERATORS,
    Target,
    VelaConfig,
    choose_target,
    sensible_targets,
)

OWN = """
[System_Config.My_SoC]
core_clock=400e6
axi0_port=Sram
axi1_port=OffChipFlash
{other_system}
[Memory_Mode.My_Mode]
const_mem_area=Axi1
arena_mem_area=Axi0
cache_mem_area=Axi0
"""


@pytest.fixture(scope="module")
def installed() -> VelaConfig:
    return VelaConfig.installed()


def own(folder: Path, text: str) -> VelaConfig:
    path = folder / "soc.ini"
    path.write_text(text, encoding="utf-8")
    return VelaConfig.read(path)


def test_vela_ships_166_sensible_targets(installed: VelaConfig) -> None:
    targets = list(sensible_targets(installed))
    assert len(targets) == 166
    assert len({target.id for target in targets}) == 166
    assert {target.accelerator for target in targets} == set(ACCELERATORS)


def test_ids_are_words_that_name_the_whole_target(installed: VelaConfig) -> None:
    ids = [target.id for target in sensible_targets(installed)]
    assert [name for name in ids if not re.fullmatch(r"[a-z0-9_]+", name)] == []
    assert "u55_128_high_end_embedded_shared_sram" in ids


def test_no_sensible_target_mixes_families_or_writes_into_flash(installed: VelaConfig) -> None:
    for target in sensible_targets(installed):
        assert target.system_config.lower().startswith(target.family.replace("-", "_"))
        arena = installed.memory_modes[target.memory_mode]["arena_mem_area"]
        assert arena == "Axi0" or "Flash" not in installed.systems[target.system_config]["axi1_port"]


def test_the_three_defaults_are_those_of_every_report(installed: VelaConfig) -> None:
    assert [str(target) for target in find_targets(installed, TargetQuery())] == [
        "ethos-u55-128 Ethos_U55_High_End_Embedded Shared_Sram",
        "ethos-u65-256 Ethos_U65_High_End Dedicated_Sram",
        "ethos-u85-256 Ethos_U85_SYS_DRAM_Mid Dedicated_Sram",
    ]


@pytest.mark.parametrize(
    ("accelerator", "family", "macs"),
    [("ethos-u55-32", "ethos-u55", 32), ("ethos-u65-512", "ethos-u65", 512), ("ethos-u85-2048", "ethos-u85", 2048)],
)
def test_an_accelerator_has_a_family_and_macs(accelerator: str, family: str, macs: int) -> None:
    target = Target(accelerator=accelerator, system_config="", memory_mode="")
    assert (target.family, target.macs) == (family, macs)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("ethos-u99-128",), r"unknown accelerator 'ethos-u99-128': choose one of ethos-u55-32, .*ethos-u85-2048"),
        (("ethos-u55",), r"unknown accelerator 'ethos-u55'"),
        (("ethos-u55-128", "Nowhere"), r"unknown system configuration 'Nowhere': vela.ini has Ethos_U55_Deep_Embedded"),
        (("ethos-u55-128", None, "Big_Sram"), r"unknown memory mode 'Big_Sram': vela.ini has Sram_Only, Shared_Sram"),
        (
            ("ethos-u55-128", "Ethos_U85_SYS_DRAM_Mid"),
            r"'Ethos_U85_SYS_DRAM_Mid' .*another family than ethos-u55-128: .*Ethos_U55_High_End_Embedded$",
        ),
        (
            ("ethos-u55-128", None, "Dedicated_Sram"),
            r"'Dedicated_Sram' puts .* flash in 'Ethos_U55_High_End_Embedded': choose Shared_Sram or Sram_Only",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(
    installed: VelaConfig, asked: tuple[str, ...], message: str
) -> None:
    with pytest.raises(TargetError, match=message) as caught:
        choose_target(installed, *asked)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("accelerator", ["ethos-u55-64", "ethos-u65-512", "ethos-u85-1024"])
def test_a_lone_system_of_an_own_file_is_chosen_by_itself(tmp_path: Path, accelerator: str) -> None:
    config = own(tmp_path, OWN.format(other_system=""))
    assert str(choose_target(config, accelerator)) == f"{accelerator} My_SoC My_Mode"
    assert config.own


def test_one_of_two_systems_of_an_own_file_must_be_named(tmp_path: Path) -> None:
    config = own(tmp_path, OWN.format(other_system="[System_Config.Another]\naxi1_port=OffChipFlash"))
    with pytest.raises(TargetError, match=r"more than one system configuration: name one of them .*My_SoC, Another"):
        choose_target(config, "ethos-u55-128")
    assert choose_target(config, "ethos-u55-128", "Another").system_config == "Another"


def test_sections_inherit(tmp_path: Path) -> None:
    child = "[System_Config.Child]\ninherit=System_Config.My_SoC\ncore_clock=1e9\n"
    config = own(tmp_path, OWN.format(other_system=child))
    assert config.systems["Child"] == {"core_clock": "1e9", "axi0_port": "Sram", "axi1_port": "OffChipFlash"}


def test_a_circle_of_inheritance_ends(tmp_path: Path) -> None:
    circle = "[System_Config.A]\ninherit=System_Config.B\n[System_Config.B]\ninherit=System_Config.A\n"
    assert own(tmp_path, OWN.format(other_system=circle)).systems["A"] == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no section at all\n", r"cannot read the Vela configuration .*soc.ini: File contains no section headers"),
        (b"[System_Config.A]\nno value\n", r"cannot read the Vela configuration .*soc.ini: "),
        (b"\xff\xfe[System_Config.A]\n", r"cannot read the Vela configuration .*soc.ini: 'utf-8' codec"),
        (b"", r"soc.ini has no section \[System_Config.NAME\] or no section \[Memory_Mode.NAME\]: start from"),
        (b"[System_Config.A]\nx=1\n", r"soc.ini has no section"),
        (b"[Memory_Mode.A]\nx=1\n", r"soc.ini has no section"),
    ],
)
def test_a_damaged_file_is_one_clear_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "soc.ini"
    path.write_bytes(content)
    with pytest.raises(TargetError, match=message) as caught:
        VelaConfig.read(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"cannot read the Vela configuration .*nowhere.ini: .*No such file"):
        VelaConfig.read(tmp_path / "nowhere.ini")


def test_percent_signs_are_values_like_others(tmp_path: Path) -> None:
    config = own(tmp_path, OWN.format(other_system="[System_Config.Other]\nnote=100% busy\n"))
    assert config.systems["Other"]["note"] == "100% busy"
