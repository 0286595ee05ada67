"""Limits are read with their types and ranges; of two rules the more literal one holds, and a tie is told."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from harness.errors import UsageError
from harness.limits import LIMIT, LIMITS
from harness.policy import DEFAULT, Policy
from harness.rules import Rule, bounds_of, command_line_rules, explain_policy, policy_of, read_rules

TABLE = {
    "max_cycles": 900,
    "gru_*": {"max_cycles": 500, "max_ms": 2},
    "gru_u32_*": {"max_cycles": 300},
    "*u55[0-9_]*": {"max_ms": 1.5},
}
IDS = ("gru_u32_t8", "gru_u32_t8-u55_128")


def rules(table: dict[str, Any] = TABLE, **given: str) -> tuple[Rule, ...]:
    return (*read_rules(table, "[policy]"), *command_line_rules(given))


def test_the_policy_has_a_field_for_each_limit_with_the_same_default() -> None:
    ours = {field.name for field in fields(Policy)} - {"min_scale", "max_scale"}
    assert ours == set(LIMIT)
    assert all(getattr(DEFAULT, limit.name) == limit.default for limit in LIMITS)
    assert policy_of((), ("anything",)) == DEFAULT


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("max_cycles", 5, 5),
        ("max_cycles", "6", 6),
        ("max_ms", 5, 5.0),
        ("max_ms", "0.5", 0.5),
        ("min_sqnr_db", "-3", -3.0),
        ("fully_on_npu", False, False),
        ("fully_on_npu", "true", True),
        ("min_npu_mac_coverage", 1, 1.0),
    ],
)
def test_a_value_is_read_from_a_file_and_from_an_option(name: str, value: object, read: object) -> None:
    got = LIMIT[name].read(value, "here")
    assert (got, type(got)) == (read, type(read))


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("max_cycles", -1, "a whole number of 0 or more"),
        ("max_cycles", 1.5, "a whole number of 0 or more"),
        ("max_cycles", True, "a whole number of 0 or more"),
        ("max_cycles", "many", "a whole number of 0 or more"),
        ("max_npu_segments", 0, "a whole number of 1 or more"),
        ("max_ms", [1], "a number of 0 or more"),
        ("max_ms", float("nan"), "a number of 0 or more"),
        ("max_ms", "NaN", "a number of 0 or more"),
        ("min_npu_mac_coverage", 95, "a number from 0 to 1"),
        ("fully_on_npu", 1, "true or false"),
        ("fully_on_npu", "yes", "true or false"),
    ],
)
def test_a_value_of_another_kind_is_refused(name: str, value: object, wanted: str) -> None:
    with pytest.raises(UsageError) as raised:
        LIMIT[name].read(value, "here")
    assert str(raised.value) == f"{name} is {value!r} (here): give {wanted}"


def test_an_unknown_key_is_refused_with_the_known_ones() -> None:
    for table in ({"max_cylces": 5}, {"gru": {"max_cylces": 5}}):
        with pytest.raises(UsageError, match=r"unknown key 'max_cylces' in \[policy\].*: the keys are fully_on_npu"):
            read_rules(table, "[policy]")


def test_the_most_literal_pattern_holds() -> None:
    assert policy_of(rules(), IDS).max_cycles == 300
    assert policy_of(rules(), ("gru_u16", "gru_u16-u85")).max_cycles == 500
    assert policy_of(rules(), ("lstm", "lstm-u85")).max_cycles == 900
    assert policy_of(rules(), IDS).max_ms == 2.0
    assert policy_of(rules(), ("lstm", "lstm-u55_128")).max_ms == 1.5
    assert policy_of(rules(), ("lstm", "lstm-u85")).max_ms is None


def test_a_pattern_fits_the_model_or_the_case_and_heeds_case() -> None:
    table = {"kws": {"max_cycles": 1}, "kws-u55": {"max_cycles": 2}, "KWS*": {"max_ms": 1}}
    assert policy_of(rules(table), ("kws", "kws-u85")).max_cycles == 1
    assert policy_of(rules(table), ("kws", "kws-u55")).max_cycles == 2
    assert policy_of(rules(table), ("kws2", "kws2-u55")) == DEFAULT


def test_the_command_line_is_above_every_pattern() -> None:
    assert policy_of(rules(max_cycles="7"), IDS).max_cycles == 7
    assert bounds_of(rules(max_cycles="7"), IDS)["max_cycles"].origin == "the command line"


def test_a_tie_is_an_error_that_names_both() -> None:
    table = {"gru_*": {"max_cycles": 1}, "*_u32": {"max_cycles": 1}, "*3*2*": {"max_ms": 1}}
    with pytest.raises(UsageError) as raised:
        bounds_of(rules(table), ("gru_u32",))
    sentence = str(raised.value)
    assert '[policy] "gru_*" and [policy] "*_u32" both set max_cycles for gru_u32' in sentence
    assert bounds_of(rules(table), ("gru_u16",))["max_cycles"].allowed == 1
    assert bounds_of(rules(table, max_cycles="3"), ("gru_u16",))["max_cycles"].allowed == 3


def test_the_explanation_names_every_limit_its_rule_and_what_it_overrules() -> None:
    lines = explain_policy(rules(), IDS[1])
    assert lines[0] == f"policy for {IDS[1]}:"
    assert [line.split()[0] for line in lines[1:]] == list(LIMIT)
    said = {line.split()[0]: " ".join(line.split()[1:]) for line in lines[1:]}
    assert said["max_cycles"] == (
        '300 [policy] "gru_u32_*" (8 literal characters)'
        '; overrules 500 of [policy] "gru_*" (4 literal characters); overrules 900 of [policy] (0 literal characters)'
    )
    assert said["max_npu_segments"] == "1 default"
    assert said["max_sram_bytes"] == "not set: nothing is judged"
    assert explain_policy(rules(max_ms="3"), "x")[1 + list(LIMIT).index("max_ms")].endswith(
        "3.0        the command line"
    )


def test_a_rule_for_a_model_is_explained_for_its_cases() -> None:
    of_model = rules({"gru_u32_t8": {"max_ms": 7}})
    assert bounds_of(of_model, IDS)["max_ms"].allowed == 7
    (line,) = [line for line in explain_policy(of_model, IDS[1]) if line.split()[0] == "max_ms"]
    assert line.split()[1:3] == ["7.0", "[policy]"]
