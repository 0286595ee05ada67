"""Toolchains as files: those that come with the harness, and every way in which one's own can be wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.version import Version
from toolchain_files import VELA_ALONE, own_file

from harness.errors import ToolchainError
from harness.toolchains import builtin_toolchains, read_toolchain

NAMES = ["guide", "tf29", "tf212", "tf215", "tf217", "tf219", "vela40", "vela45"]


def test_there_are_eight_and_the_oldest_comes_first() -> None:
    assert list(builtin_toolchains()) == NAMES


def test_the_guide_is_what_the_guide_pins() -> None:
    guide = builtin_toolchains()["guide"]
    assert (guide.tensorflow, guide.version_of("NumPy"), guide.vela) == ("2.5.0", "1.19.5", "3.0.0")
    assert "numpy==1.19.5" in guide.build_constraints
    assert Version(guide.version_of("protobuf") or "") < Version("3.21")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_toolchain_can_do_follows_from_its_versions(name: str) -> None:
    toolchain = builtin_toolchains()[name]
    new_vela = Version(toolchain.vela or "") >= Version("4")
    assert toolchain.takes_per_channel_fully_connected is new_vela
    assert ("ethos-u85" in toolchain.vela_families) is new_vela
    assert toolchain.keras is (toolchain.tensorflow is not None)
    if toolchain.tensorflow:
        assert toolchain.per_channel_fully_connected is (Version(toolchain.tensorflow) >= Version("2.17"))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_built_from_source_is_built_with_exact_versions(name: str) -> None:
    toolchain = builtin_toolchains()[name]
    assert all("==" in constraint for constraint in toolchain.build_constraints)
    assert bool(toolchain.build_constraints) is (Version(toolchain.vela or "") < Version("4"))


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    own = read_toolchain(own_file(tmp_path))
    assert (own.name, own.python, own.tensorflow, own.vela) == ("own", "3.8", "2.5.0", "3.0.0")
    assert own.keras
    assert own.per_channel_fully_connected is False
    assert own.vela_families == ("ethos-u55", "ethos-u65")


def test_a_tensorflow_for_cpus_alone_is_one(tmp_path: Path) -> None:
    own = read_toolchain(own_file(tmp_path, ('"tensorflow==2.5.0"', '"tensorflow-cpu==2.5.0"')))
    assert own.tensorflow == "2.5.0"


def test_without_tensorflow_nothing_is_known_of_a_converter(tmp_path: Path) -> None:
    own = read_toolchain(own_file(tmp_path, text=VELA_ALONE))
    assert own.tensorflow is None
    assert own.per_channel_fully_connected is None


REFUSED = {
    "unknown key": ('python = "3.8"', 'python = "3.8"\ncolor = "red"', "unknown key 'color'"),
    "unknown ability": ("keras = true", "keras = true\nfly = true", "[can] has an unknown key 'fly'"),
    "missing key": ('description = "mine"\n', "", "lacks the key 'description'"),
    "missing ability": ("keras = true\n", "", "[can] lacks the key 'keras'"),
    "no [can]": ("[can]\n", "", "unknown key 'keras'"),
    "wrong type": ("megabytes = 5", 'megabytes = "5"', "megabytes is '5': make it a whole number"),
    "truth as a number": ("megabytes = 5", "megabytes = true", "megabytes is True"),
    "number as truth": ("keras = true", "keras = 1", "keras is 1: make it true or false"),
    "list of numbers": ('["setuptools<81"]', "[81]", "build_constraints is [81]: make it a list of texts"),
    "capital in the name": ('"own"', '"Own"', "name is 'Own'"),
    "hyphen in the name": ('"own"', '"my-own"', "name is 'my-own'"),
    "folder in the name": ('"own"', '"../own"', "name is '../own'"),
    "name of the running environment": ('"own"', '"today"', "'today', which stands for the environment"),
    "whole Python version": ('"3.8"', '"3.8.18"', "give the minor version alone"),
    "too old a Python": ('"3.8"', '"3.7"', "3.8 and later"),
    "Python 2": ('"3.8"', '"2.7"', "python is '2.7'"),
    "a range": ("numpy==1.19.5", "numpy>=1.19.5", "the pin 'numpy>=1.19.5' is not exact"),
    "a bare name": ("numpy==1.19.5", "numpy", "the pin 'numpy' is not exact"),
    "a wildcard": ("numpy==1.19.5", "numpy==1.19.*", "the pin 'numpy==1.19.*' is not exact"),
    "two versions": ("numpy==1.19.5", "numpy==1.19.5,<2", "is not exact"),
    "a marker": ("numpy==1.19.5", "numpy==1.19.5; python_version > '3'", "is not exact"),
    "an option": ("numpy==1.19.5", "--index-url==1", "is not exact"),
    "a pin twice": ('"numpy==1.19.5"', '"numpy==1.19.5", "NumPy==1.20"', "pins name numpy twice"),
    "no numpy": ('    "numpy==1.19.5",\n', "", "pins lack numpy"),
    "no build constraint": ("setuptools<81", "-r file", "the build constraint '-r file' is none"),
    "unknown accelerator": ("ethos-u65", "ethos-u66", "vela_families names 'ethos-u66'"),
    "keras denied": ("keras = true", "keras = false", "pins have tensorflow, so [can] must say keras"),
    "keras claimed": ('    "tensorflow==2.5.0",\n', "", "pins lack tensorflow, so [can] must not claim keras"),
    "converter unsaid": ("\nper_channel_fully_connected = false", "", "must say per_channel_fully_connected"),
    "Vela unsaid": ("takes_per_channel_fully_connected = false", "", "must say takes_per_channel_fully_connected"),
    "Vela without families": ('["ethos-u55", "ethos-u65"]', "[]", "must say vela_families"),
    "families without Vela": ('    "ethos-u-vela==3.0.0",\n', "", "pins lack ethos-u-vela"),
    "no TOML": ("keras = true", "keras = yes", "cannot read the toolchain"),
}


@pytest.mark.parametrize(("old", "new", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, old: str, new: str, said: str) -> None:
    path = own_file(tmp_path, (old, new))
    with pytest.raises(ToolchainError) as caught:
        read_toolchain(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_toolchain_that_can_do_nothing_is_refused(tmp_path: Path) -> None:
    changes = ('"numpy==1.19.5", "ethos-u-vela==3.0.0"', '"numpy==1.19.5"'), ('["ethos-u55"]', "[]")
    path = own_file(tmp_path, *changes, ("takes_per_channel_fully_connected = false", ""), text=VELA_ALONE)
    with pytest.raises(ToolchainError, match="neither tensorflow nor ethos-u-vela"):
        read_toolchain(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match=r"cannot read the toolchain .*none\.toml"):
        read_toolchain(tmp_path / "none.toml")


@pytest.mark.parametrize(
    "change",
    [('"3.8"', '"3.9"'), ("numpy==1.19.5", "numpy==1.19.4"), ("setuptools<81", "setuptools<80")],
    ids=["Python", "pin", "build constraint"],
)
def test_the_digest_is_of_all_that_the_environment_depends_on(tmp_path: Path, change: tuple[str, str]) -> None:
    before = read_toolchain(own_file(tmp_path)).digest
    assert read_toolchain(own_file(tmp_path, change)).digest != before


@pytest.mark.parametrize(
    "change",
    [('"mine"', '"ours"'), ("= 5", "= 6"), ('"numpy==', '"NumPy=='), ('"own"', '"other"')],
    ids=["description", "size", "spelling", "name"],
)
def test_the_digest_is_of_nothing_else(tmp_path: Path, change: tuple[str, str]) -> None:
    before = read_toolchain(own_file(tmp_path)).digest
    assert read_toolchain(own_file(tmp_path, change)).digest == before


def test_the_order_of_the_pins_says_nothing(tmp_path: Path) -> None:
    lines = '    "numpy==1.19.5",\n    "tensorflow==2.5.0",\n', '    "tensorflow==2.5.0",\n    "numpy==1.19.5",\n'
    assert read_toolchain(own_file(tmp_path, lines)).digest == read_toolchain(own_file(tmp_path)).digest
