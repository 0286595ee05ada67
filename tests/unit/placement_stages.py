"""Stages that ask the prediction and Vela about the same models."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from agreement_models import MORE
from constraint_row import U85
from constraint_rows import ROWS
from flat_models import model, tensor

from harness.operators import FAMILIES, VELA_NAMES, predict
from harness.operators import prediction as under_test
from harness.vela import compile_model, operator_constraints

TARGETS = {
    "u55": ("ethos-u55-128", "Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "u65": ("ethos-u65-256", "Ethos_U65_High_End", "Dedicated_Sram"),
    "u85": ("ethos-u85-256", "Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram"),
}
SAID = re.compile(r"operator: \S+ ofm: '[^']*'\s*\nReason: (.*)\n((?:(?!\n|Warning)[^\n]+\n?)*)")


def judge_rows() -> dict[str, Any]:
    """Both models of each row as predicted and as compiled; and the sentences of each family."""
    judged: dict[str, Any] = {
        row.sentence: {
            "right": _judge(row.right(), () if row.alone else row.families),
            "wrong": _judge(row.wrong(), () if row.alone else row.families),
        }
        for row in ROWS
    }
    constraints = {family: operator_constraints(family).values() for family in FAMILIES}
    judged["sentences"] = {
        family: sorted({text for texts in lists for text in texts}) for family, lists in constraints.items()
    }
    return judged


def judge_more() -> dict[str, Any]:
    return {name: _judge(make(), FAMILIES) for name, make in MORE.items()}


def built(operators: list[list[str]]) -> dict[str, Any]:
    """A chain of operators without options, each with its name and that of its result."""
    chain = [tensor(1, 8)] + [tensor(1, 8, name=name) for _, name in operators]
    named: list[Any] = [
        (operators[place][0], [chain[place]], [chain[place + 1]], "", {}) for place in range(len(operators))
    ]
    return {"model": model(named)}


def predict_in_words(model: bytes, text: str) -> dict[str, Any]:
    """The prediction with a Vela that has one more constraint."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            under_test,
            "operator_constraints",
            lambda family: {name: [*texts, text] for name, texts in operator_constraints(family).items()},
        )
        return predict(model)


def _judge(content: bytes, compiled_for: tuple[str, ...]) -> dict[str, Any]:
    operators = predict(content)["operators"]
    judged: dict[str, Any] = {}
    for family in FAMILIES:
        entries = [operator["families"][family] for operator in operators]
        judged[family] = {
            "name": operators[-1]["name"],
            "predicted": entries[-1]["placement"],
            "violated": entries[-1]["violated"],
            "all": [entry["placement"] for entry in entries],
            **(_compile(content, family) if family in compiled_for else {"reason": ""}),
        }
    return judged


def _compile(content: bytes, family: str) -> dict[str, Any]:
    accelerator, system_config, memory_mode = TARGETS["u85" if family == U85 else "u55"]
    start = os.fstat(1).st_size
    placement = compile_model(content, accelerator=accelerator, system_config=system_config, memory_mode=memory_mode)[
        "placement"
    ]
    printed = os.pread(1, 1 << 20, start).decode()
    name, result = predict_last(content)
    on_cpu = [operator["tensor"] for operator in placement["on_cpu"]]
    # Vela gives an operator that it refuses a paragraph, whose heading it leaves out where it has no reason to tell.
    told = printed.partition(f"ofm: '{result}'\n")[2].partition("\nWarning")[0] or printed.partition("\nWarning")[0]
    reason = re.match(r"Reason: (.*)", told)
    return {
        "compiled": "cpu" if result in on_cpu else "npu",
        "reason": reason.group(1) if reason else "",
        "said": [text for text in operator_constraints(family).get(name, []) if text.strip() in told],
    }


def predict_last(content: bytes) -> tuple[str, str]:
    """Name (as Vela spells it) and result of the last operator."""
    last = predict(content)["operators"][-1]
    return VELA_NAMES.get(last["name"], last["name"]), last["tensor"]
