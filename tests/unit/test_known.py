"""Known failures are read strictly, and concern and explain just what they name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.known import KnownFailure, Question, read_known_failures, require_subjects

ENTRY = {
    "test": "test_looped_model_converts_to_int8",
    "stage": "conversion",
    "outcome": "crashed",
    "signal": "SIGSEGV",
    "upstream": "https://example.org/1",
    "reason": "it dies",
}


def write(folder: Path, *entries: dict[str, str]) -> Path:
    path = folder / "known.toml"
    lines = ["[[known]]\n" + "".join(f"{key} = '{value}'\n" for key, value in entry.items()) for entry in entries]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def entry(**changes: str | list[str]) -> KnownFailure:
    return KnownFailure(**{**ENTRY, **changes})


def test_entries_are_read(tmp_path: Path) -> None:
    read = read_known_failures(write(tmp_path, ENTRY, {**ENTRY, "model": "gru_*"}))
    assert read == [entry(), entry(model="gru_*")]


def test_a_file_without_entries_has_none(tmp_path: Path) -> None:
    assert read_known_failures(write(tmp_path)) == []


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({**ENTRY, "tests": "x"}, r"known.toml: unknown key 'tests' in an entry; the keys are model, outcome, reason"),
        ({key: ENTRY[key] for key in ENTRY if key != "outcome"}, r"known.toml: an entry is incomplete: .*'outcome'"),
        ({key: ENTRY[key] for key in ENTRY if key != "upstream"}, r"known.toml: an entry is incomplete: .*'upstream'"),
    ],
    ids=["unknown key", "no outcome", "no upstream"],
)
def test_an_entry_that_is_not_whole_is_refused(tmp_path: Path, entry: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_known_failures(write(tmp_path, entry))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text("[[known]\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"cannot read .*known.toml: "):
        read_known_failures(path)


def test_a_pattern_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "known.toml"
    file.write_text('[[known]]\ntest = ["test_x", 3]\noutcome = "fail"\nupstream = "x"\nreason = "x"\n')
    with pytest.raises(UsageError, match=r"test is \['test_x', 3\] in an entry: give text, or a list of texts"):
        read_known_failures(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*known.toml"):
        read_known_failures(tmp_path / "known.toml")


@pytest.mark.parametrize(
    ("changes", "concerned"),
    [
        ({}, True),
        ({"test": "test_looped_*"}, True),
        ({"test": "test_looped_model"}, False),
        ({"test": "TEST_LOOPED_MODEL_CONVERTS_TO_INT8"}, False),
        ({"model": "gru_*_int8", "target": "u55_*"}, True),
        ({"model": "lstm_*"}, False),
        ({"target": "u85_*"}, False),
        ({"target": "u[56]5_128_*"}, True),
        ({"test": ["test_other", "test_looped_*"]}, True),
        ({"model": ["lstm_*", "rnn_*"]}, False),
        ({"toolchain": "guide"}, False),
        ({"toolchain": "to*"}, True),
        ({"vela": "today"}, True),
        ({"vela": "tf2*"}, False),
    ],
)
def test_an_entry_concerns_what_its_patterns_fit(changes: dict[str, Any], *, concerned: bool) -> None:
    target = "u55_128_high_end_embedded_shared_sram"
    asked = Question("test_looped_model_converts_to_int8", "gru_u8_t3_none_int8", target, vela="today")
    assert entry(**changes).concerns(asked) == concerned


def test_an_entry_that_names_no_toolchain_is_about_todays() -> None:
    asked = Question("test_looped_model_converts_to_int8", "gru_u8_t3_none_int8_guide", toolchain="guide")
    assert not entry().concerns(asked)
    assert entry(toolchain="guide").concerns(asked)


def test_an_entry_explains_just_its_failure() -> None:
    failure = {"stage": "conversion", "kind": "crashed", "signal": "SIGSEGV", "detail": "whatever"}
    assert entry().explains({"failure": failure})
    for key, other in {"stage": "compilation", "kind": "hung", "signal": "SIGABRT"}.items():
        assert not entry().explains({"failure": {**failure, key: other}})
    assert not entry(signal="").explains({"failure": failure})
    assert not entry().explains({"verdict": {"passed": False}})
    assert not entry().explains({})


def test_an_entry_may_be_about_a_claim_that_does_not_hold() -> None:
    known = entry(outcome="fail", stage="", signal="")
    assert known.explains({"verdict": {"passed": False}})
    assert not known.explains({"verdict": {"passed": True}})
    assert not known.explains({"failure": {"stage": "", "kind": "fail", "signal": ""}})


ASKED = [
    Question("test_looped_model_converts_to_int8", "gru", "u55"),
    Question("test_is_estimated", "lstm", "u55"),
]


def test_an_entry_must_be_about_something_that_is_asked() -> None:
    require_subjects([entry(), entry(model="gr*"), entry(test="test_that_nobody_asked")], ASKED)
    with pytest.raises(UsageError, match=r"test_looped_model_converts_to_int8 on model 'lstm'.* remove it, or mend"):
        require_subjects([entry(model="lstm")], ASKED)
    require_subjects([entry(model="lstm", toolchain="guide")], ASKED)
