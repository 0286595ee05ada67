"""Which toolchains words name, what today is, and which pairs do not go together."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from toolchain_files import own_file

from harness.errors import ToolchainError
from harness.toolchains import TODAY, Toolchain, builtin_toolchains, choose_toolchains, incompatibility, today
from harness.toolchains import choosing as module


def names(*words: str, folder: Path = Path()) -> list[str]:
    return [toolchain.name for toolchain in choose_toolchains(words, folder)]


def test_names_keep_their_order_and_come_once() -> None:
    assert names("today", "guide", "today") == ["today", "guide"]


def test_a_glob_names_several() -> None:
    assert names("tf21?", "vela*") == ["tf212", "tf215", "tf217", "tf219", "vela40", "vela45"]
    assert names("*") == [TODAY, *builtin_toolchains()]


@pytest.mark.parametrize("word", ["gide", "tf3*", "Guide", ""])
def test_a_word_that_names_none_lists_those_that_there_are(word: str) -> None:
    with pytest.raises(ToolchainError, match=rf"no toolchain '{word.replace('*', '.')}': there are today, guide, tf29"):
        choose_toolchains(["guide", word])


def test_a_file_of_ones_own_is_found_from_the_folder(tmp_path: Path) -> None:
    path = own_file(tmp_path)
    assert names("guide", "own.toml", folder=tmp_path) == ["guide", "own"]
    assert names(str(path), folder=Path("/elsewhere")) == ["own"]


def test_a_file_may_not_take_the_name_of_another(tmp_path: Path) -> None:
    own_file(tmp_path, ('"own"', '"guide"'))
    with pytest.raises(ToolchainError, match="takes the name of the toolchain 'guide'"):
        choose_toolchains(["own.toml"], tmp_path)


def test_two_files_may_not_have_one_name(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    own_file(tmp_path)
    own_file(other, ("numpy==1.19.5", "numpy==1.19.4"))
    with pytest.raises(ToolchainError, match="two toolchains are named 'own'"):
        choose_toolchains(["own.toml", "other/own.toml"], tmp_path)


def test_today_is_what_is_installed() -> None:
    assert today().vela == metadata.version("ethos-u-vela")
    assert today().tensorflow == metadata.version("tensorflow")
    assert today().keras
    assert today().per_channel_fully_connected
    assert today().takes_per_channel_fully_connected
    assert today().vela_families == ("ethos-u55", "ethos-u65", "ethos-u85")


def test_today_without_tensorflow_has_no_converter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_installed", {"ethos-u-vela": "3.9.0", "numpy": "2.0"}.get)
    found = today.__wrapped__()
    assert (found.keras, found.per_channel_fully_connected) == (False, None)
    assert (found.vela_families, found.takes_per_channel_fully_connected) == (("ethos-u55", "ethos-u65"), False)


def test_today_is_never_taken_for_another_version_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_installed", {"numpy": "2.0"}.get)
    assert today.__wrapped__().digest != today().digest


def chosen(name: str) -> Toolchain:
    return choose_toolchains([name])[0]


@pytest.mark.parametrize("keras", ["tf217", "tf219", "today"])
@pytest.mark.parametrize("vela", ["guide", "tf29", "tf212", "tf215"])
def test_per_channel_models_do_not_go_with_old_velas(keras: str, vela: str) -> None:
    said = incompatibility(chosen(keras), chosen(vela))
    assert f"Vela {chosen(vela).vela} ({vela}) leaves every such operator on the CPU" in said


@pytest.mark.parametrize(
    ("keras", "vela"),
    [("guide", "guide"), ("tf215", "today"), ("guide", "tf219"), ("today", "vela40"), ("tf217", "tf217")],
)
def test_all_others_do(keras: str, vela: str) -> None:
    assert incompatibility(chosen(keras), chosen(vela)) == ""


def test_what_has_no_vela_is_no_bad_pair() -> None:
    assert incompatibility(chosen("tf217"), Toolchain(name="bare", python="3.11", description="", pins=())) == ""
