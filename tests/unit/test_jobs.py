"""A key names all that a result may depend on, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.jobs import Field, Job, imported_modules, source_hash, versions
from harness.stages import STAGES
from harness.store import File
from harness.toolchains import builtin_toolchains

ARGUMENTS = {"accelerator": "ethos-u55-128", "memory_mode": "Shared_Sram"}


def file(digest: str, name: str = "model.tflite") -> File:
    return File(path=Path("nowhere"), sha256=digest, name=name)


def job(stage: str = "inspection", digest: str = "1") -> Job:
    return Job(stage, ARGUMENTS, {"model": file(digest)})


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    versions.cache_clear()
    source_hash.cache_clear()
    yield
    versions.cache_clear()
    source_hash.cache_clear()


def test_equal_questions_have_equal_keys() -> None:
    assert job().key == job().key


def test_the_order_of_arguments_and_inputs_does_not_matter() -> None:
    inputs = {"model": file("1"), "config": file("2")}
    backwards = Job("inspection", dict(reversed(ARGUMENTS.items())), dict(reversed(inputs.items())))
    assert Job("inspection", ARGUMENTS, inputs).key == backwards.key


def test_the_name_of_a_file_does_not_matter() -> None:
    assert Job("inspection", {}, {"model": file("1", "a")}).key == Job("inspection", {}, {"model": file("1", "b")}).key


@pytest.mark.parametrize(
    "other",
    [
        Job("inspection", {**ARGUMENTS, "memory_mode": "Sram_Only"}, {"model": file("1")}),
        Job("inspection", {**ARGUMENTS, "optimise": "Size"}, {"model": file("1")}),
        Job("inspection", ARGUMENTS, {"model": file("2")}),
        Job("inspection", ARGUMENTS, {"model": file("1"), "config": file("3")}),
        Job("inspection", ARGUMENTS, {"model": Field(job(), "model")}),
        Job("inspection", ARGUMENTS, {"model": file("1")}, toolchain=builtin_toolchains()["guide"]),
        Job("repair", ARGUMENTS, {"model": file("1")}),
    ],
    ids=["argument", "more arguments", "content", "more inputs", "field", "toolchain", "stage"],
)
def test_the_key_changes_with(other: Job) -> None:
    assert other.key != job().key


def test_the_key_follows_the_keys_of_what_is_needed() -> None:
    first, second = (Job("repair", {}, {"model": Field(job(digest=digest), "model")}) for digest in "12")
    other_field = Job("repair", {}, {"model": Field(job(digest="1"), "other")})
    assert len({first.key, second.key, other_field.key}) == 3
    assert [need.stage for need in first.needs] == ["inspection"]


@pytest.mark.parametrize("tool", STAGES["inspection"].tools)
def test_the_key_changes_with_the_version_of_a_tool(monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
    before = job().key
    installed = versions(STAGES["inspection"].tools)
    versions.cache_clear()
    monkeypatch.setattr("harness.jobs.metadata.version", lambda name: "0.0.1" if name == tool else installed[name])
    assert job().key != before


def test_the_key_changes_with_the_function_of_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    before = job().key
    monkeypatch.setitem(STAGES, "inspection", STAGES["inspection"]._replace(function="harness.tflite:read_model"))
    assert job().key != before


def test_a_tool_that_is_not_installed_has_no_version() -> None:
    assert versions(("no-such-distribution",)) == {"no-such-distribution": None}


def test_the_key_changes_with_the_version_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    before = job().key
    monkeypatch.setattr("platform.python_version", lambda: "3.99.0")
    assert job().key != before


@pytest.fixture
def sources(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder that stands for the package: the stage's module imports others, which import others."""
    texts = {
        "harness": "",
        "harness.tflite": "def inspect():\n    import harness.errors\n    from harness.npu.memory import x",
        "harness.errors": "from harness import wording\n",
        "harness.wording": "",
        "harness.npu": "",
        "harness.npu.memory": "from .registers import NAMES\n",
        "harness.npu.registers": "",
        "harness.cli": "",
    }
    for module, text in texts.items():
        (tmp_path / module).write_text(text)
    monkeypatch.setattr("harness.jobs._source_path", tmp_path.joinpath)
    return tmp_path


@pytest.mark.parametrize(
    "module",
    ["harness.tflite", "harness.errors", "harness.wording", "harness.npu", "harness.npu.registers", "harness"],
)
def test_the_key_changes_with_the_source_of(sources: Path, module: str) -> None:
    before = job().key
    source_hash.cache_clear()
    (sources / module).write_text((sources / module).read_text() + "\n# changed\n")
    assert job().key != before


def test_the_key_does_not_change_with_a_module_that_the_stage_does_not_import(sources: Path) -> None:
    before = job().key
    source_hash.cache_clear()
    (sources / "harness.cli").write_text("# changed\n")
    assert job().key == before


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("import harness.plain", {"harness.plain"}),
        ("from harness import plain, store as s", {"harness.plain", "harness.store"}),
        ("from harness.npu.memory import read", {"harness.npu.memory"}),
        ("def f():\n    if 1:\n        from harness.plain import load", {"harness.plain"}),
        ("from . import memory\nfrom .registers import NAMES", {"harness.npu.memory", "harness.npu.registers"}),
        ("from ..plain import load\nfrom .. import store", {"harness.plain", "harness.store"}),
        ("import numpy\nfrom harnessed import x", set()),
    ],
)
def test_imports_are_found_anywhere_in_a_module(source: str, modules: set[str]) -> None:
    assert imported_modules(source, "harness.npu") == modules


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_key(stage: str) -> None:
    assert len(Job(stage).key) == 64
