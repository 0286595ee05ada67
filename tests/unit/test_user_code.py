"""Functions of the user's own are found by name, and everything that can go wrong on the way is one sentence."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import ModelError
from harness.user_code import PATTERN, imported, spell

OWN = """
def build():
    return 42
number = 3
"""
WRONG = {
    "no module": ("nowhere:build", "there is no module nowhere in {folder}: start from the folder that it is in"),
    "no package": ("nowhere.models:build", "there is no module nowhere.models in {folder}"),
    "no function": ("own:nothing", "module own has no function nothing"),
    "no function of that name": ("own:number", "module own has no function number"),
    "a syntax error": ("broken:build", "importing broken raised SyntaxError: "),
    "an error": ("failing:build", "importing failing raised ZeroDivisionError: division by zero"),
    "a missing package": (
        "missing:build",
        "importing missing raised ModuleNotFoundError: No module named 'librosaurus'",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    texts = {"own": OWN, "broken": "def", "failing": "1 / 0", "missing": "import librosaurus"}
    for name, text in {**texts, "absent": "raise ModuleNotFoundError('x', name='keras')"}.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield str(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_function_is_found(folder: str) -> None:
    assert imported("own:build", folder)() == 42


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_found_is_one_sentence(folder: str, name: str) -> None:
    function, sentence = WRONG[name]
    with pytest.raises(ModelError) as refusal:
        imported(function, folder)
    assert sentence.format(folder=folder) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_tensorflow_is_no_fault_of_the_module(folder: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        imported("absent:build", folder)


def test_an_exception_is_told_on_one_line() -> None:
    assert spell(ValueError("two\nlines")) == "ValueError: two lines"
    assert spell(KeyError()) == "KeyError"
    assert len(spell(ValueError("long " * 500))) < 400


@pytest.mark.parametrize("text", ["models:build", "a.b_c.d:e"])
def test_functions_have_names_like_these(text: str) -> None:
    assert PATTERN.fullmatch(text)


@pytest.mark.parametrize("text", ["models", "a/b:c", "a:b.tflite", "a:b()", ":b", "a:", "1a:b", "a..b:c"])
def test_and_not_like_these(text: str) -> None:
    assert not PATTERN.fullmatch(text)
