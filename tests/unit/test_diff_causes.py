"""Each cause is found by its evidence, and not by what is much like it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diff_subjects import (
    CHAIN,
    FLOAT_SPLIT,
    FLOAT_TANH,
    NEW,
    OLD,
    PER_CHANNEL,
    PER_TENSOR,
    TODAY,
    case,
    figures,
    model,
    side,
)

from harness.diff import CAUSES, compare, why
from harness.diff.change import (
    BYTES,
    COMPILED,
    CYCLES,
    ERROR,
    INSPECTED,
    OPERATORS,
    PLACEMENT,
    SCALES,
    SEGMENTS,
    WORSE,
    Change,
)
from harness.diff.subject import Claim, Pair, Subject, Tools

FC = {"FULLY_CONNECTED": 7}
ON_CPU = figures(npu_segments=2.0)
OTHER_KERNELS = replace(TODAY, litert="2.4.0")
SLOWER = figures(total_cycles=1_080_000.0)
OTHER_SCALE = replace(PER_TENSOR, ports={"output scores": "int8 0.2 at 3"})
FAILED = Claim(name="is estimated", outcome="cannot tell", topic=COMPILED, cause="the converter dies on loops")
TF_NEWER_NOT_SEEN = replace(OLD, tensorflow="2.19.1")


def change(topic: str, detail: str = "", growth: float | None = None) -> Change:
    return Change(kind=WORSE, topic=topic, subject="gru", what="", sentence="", detail=detail, growth=growth, unit="%")


MOVED = change(PLACEMENT, "FULLY_CONNECTED")
CYCLES_UP = change(CYCLES, "total_cycles", 8.0)
Evidence = tuple[Subject, Subject, Change]

FOUND: dict[tuple[str, str], list[Evidence]] = {
    ("per-channel FULLY_CONNECTED", "certain"): [
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), MOVED),
        (case(inventory=PER_CHANNEL), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), MOVED),
        (case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), case(inventory=PER_CHANNEL), MOVED),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), change(SEGMENTS)),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), CYCLES_UP),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), change(BYTES)),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), change(COMPILED, "fully on NPU")),
    ],
    ("per-channel FULLY_CONNECTED", "likely"): [
        # Nobody looked into the model: the version of TensorFlow tells.
        (case(tools=OLD, inventory=None), case(tools=TF_NEWER_NOT_SEEN, inventory=None, on_cpu=FC), MOVED),
        # A compiled file that does not name its Vela.
        (case(tools=Tools()), case(tools=Tools(), inventory=PER_CHANNEL, on_cpu=FC), MOVED),
        # The same operators in the same places, on one Vela: what per channel costs.
        (case(), case(inventory=PER_CHANNEL, figures=SLOWER), CYCLES_UP),
        (case(inventory=PER_CHANNEL), case(), change(CYCLES, "total_cycles", -7.0)),
        (case(), case(inventory=PER_CHANNEL), change(BYTES, "flash_used_bytes", 1.6)),
        (model(), model(inventory=PER_CHANNEL), change(BYTES, "file_bytes", 6.1)),
    ],
    ("float SPLIT chain", "likely"): [
        (case(), case(inventory=FLOAT_SPLIT, on_cpu=CHAIN), change(PLACEMENT, "SPLIT")),
        (case(), case(inventory=FLOAT_SPLIT, on_cpu=CHAIN), change(PLACEMENT, "QUANTIZE")),
        (case(tools=OLD), case(inventory=FLOAT_SPLIT, on_cpu=CHAIN), change(SEGMENTS)),
        (model(), model(inventory=FLOAT_SPLIT), change(OPERATORS, "SPLIT")),
        (model(inventory=replace(PER_TENSOR, converted=CHAIN)), model(), change(OPERATORS, "SPLIT")),
    ],
    ("converter regression", "certain"): [
        (case(tools=NEW), case(tools=OLD, inventory=FLOAT_TANH, on_cpu={"TANH": 1}), change(PLACEMENT, "TANH")),
        (model(tools=OLD, inventory=FLOAT_SPLIT), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
        (case(tools=NEW), case(tools=OLD, inventory=FLOAT_TANH, on_cpu={"TANH": 1}), CYCLES_UP),
        (model(tools=NEW), model(tools=OLD, inventory=FLOAT_TANH), change(OPERATORS, "DEQUANTIZE")),
        (model(tools=NEW), model(tools=OLD, inventory=FLOAT_TANH), change(INSPECTED, "computes in integers")),
    ],
    ("converter improvement", "certain"): [
        (case(tools=OLD, inventory=FLOAT_TANH), case(tools=NEW), change(SEGMENTS)),
        (case(tools=OLD, inventory=FLOAT_TANH, on_cpu={"TANH": 1}), case(tools=NEW), change(PLACEMENT, "TANH")),
    ],
    ("float operators", "possible"): [
        (case(), case(inventory=FLOAT_TANH, on_cpu={"TANH": 1}), change(PLACEMENT, "TANH")),
        (model(tools=Tools()), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
    ],
    ("estimator change", "certain"): [
        (case(), case(tools=replace(TODAY, vela="5.3.0")), CYCLES_UP),
        (case(), case(tools=replace(TODAY, vela_config="soc.ini")), CYCLES_UP),
        (case(), case(tools=replace(TODAY, system={"core_clock": "1e9"})), CYCLES_UP),
        (case(tools=NEW, inventory=PER_CHANNEL), case(inventory=PER_CHANNEL), CYCLES_UP),
    ],
    ("estimator change", "likely"): [
        (case(tools=OLD), case(inventory=PER_CHANNEL), CYCLES_UP),
        (case(tools=OLD, inventory=None), case(), CYCLES_UP),
        (case(tools=OLD), case(on_cpu={"TANH": 1}), CYCLES_UP),
    ],
    ("other placement", "certain"): [
        (case(), case(on_cpu={"TANH": 1}), CYCLES_UP),
        (case(tools=NEW), case(on_cpu={"TANH": 1}), change(BYTES)),
    ],
    ("compiler change", "likely"): [
        (case(tools=NEW), case(on_cpu={"TANH": 1}), change(PLACEMENT, "TANH")),
        (case(tools=NEW), case(), change(BYTES, "sram_used_bytes")),
        (case(), case(tools=replace(TODAY, vela_config="soc.ini")), change(BYTES, "sram_used_bytes")),
    ],
    ("compiler change", "possible"): [
        (case(tools=NEW), case(inventory=PER_CHANNEL), change(BYTES, "sram_used_bytes")),
        (case(tools=NEW, inventory=None), case(on_cpu={"TANH": 1}), change(PLACEMENT, "TANH")),
        (case(tools=NEW), case(inventory=PER_CHANNEL), change(COMPILED, "is estimated")),
    ],
    ("kernel change", "certain"): [
        (model(sha256="ab"), model(sha256="ab", tools=OTHER_KERNELS), change(ERROR, "sqnr_db_output")),
    ],
    ("kernel change", "likely"): [(model(), model(tools=OTHER_KERNELS), change(ERROR, "sqnr_db_output"))],
    ("per-channel weights", "likely"): [
        (model(), model(inventory=PER_CHANNEL), change(ERROR, "sqnr_db_output")),
        (model(tools=OLD), model(tools=NEW, inventory=PER_CHANNEL), change(OPERATORS, "FULLY_CONNECTED")),
    ],
    ("quantizer change", "likely"): [
        (model(tools=OLD), model(tools=NEW, inventory=PER_CHANNEL), change(SCALES, "output scores")),
        (model(tools=OLD), model(inventory=PER_CHANNEL), change(OPERATORS, "SPLIT_V")),
        (model(tools=OLD), model(inventory=OTHER_SCALE), change(SCALES, "output scores")),
        (model(tools=OLD), model(), change(ERROR, "sqnr_db_output")),
        (model(tools=OLD), model(), change(INSPECTED, "has sane scales")),
    ],
    ("stage failure", "likely"): [
        (case(tools=OLD), case(claims=(FAILED,)), change(COMPILED, "is estimated")),
        (case(claims=(FAILED,)), case(tools=OLD), change(COMPILED, "is estimated")),
    ],
    ("another model file", "likely"): [
        (model(sha256="ab"), model(sha256="cd"), change(ERROR, "sqnr_db_output")),
        (model(sha256="ab"), model(sha256="cd", inventory=OTHER_SCALE), change(SCALES, "output scores")),
    ],
    ("cause not known", "unknown"): [
        (case(), case(), MOVED),
        (case(), case(), CYCLES_UP),
        (case(), case(), change(BYTES)),
        (model(), model(), change(ERROR, "sqnr_db_output")),
        (model(), model(inventory=OTHER_SCALE), change(SCALES, "output scores")),
    ],
}

NEAR_MISSES: dict[str, list[Evidence]] = {
    "per-channel FULLY_CONNECTED": [
        # Vela 4.0 and later places them; per tensor; another operator; the same on both sides; TensorFlow too old.
        (case(), case(tools=replace(NEW, vela="4.0.1"), inventory=PER_CHANNEL, on_cpu=FC), MOVED),
        (case(tools=OLD), case(tools=NEW, on_cpu=FC), MOVED),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu={**FC, "TANH": 1}), change(PLACEMENT, "TANH")),
        (case(tools=NEW, inventory=PER_CHANNEL), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), MOVED),
        (case(tools=OLD, inventory=None), case(tools=OLD, inventory=None, on_cpu=FC), MOVED),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC), change(ERROR)),
        (case(), case(tools=Tools(), on_cpu=FC), MOVED),
        # Fewer cycles per channel, both per channel, other operators, another Vela, another placement.
        (case(), case(inventory=PER_CHANNEL), change(CYCLES, "total_cycles", -8.0)),
        (model(), model(inventory=PER_CHANNEL), change(BYTES, "file_bytes", -6.1)),
        (case(inventory=PER_CHANNEL), case(inventory=PER_CHANNEL), CYCLES_UP),
        (case(), case(inventory=replace(PER_CHANNEL, operators={"FULLY_CONNECTED": 9})), CYCLES_UP),
        (case(tools=replace(TODAY, vela="5.1.0")), case(inventory=PER_CHANNEL), CYCLES_UP),
        (case(), case(inventory=PER_CHANNEL, on_cpu={"TANH": 1}), CYCLES_UP),
        (case(), case(inventory=PER_CHANNEL, figures=ON_CPU), CYCLES_UP),
    ],
    "float SPLIT chain": [
        (case(), case(inventory=FLOAT_SPLIT, on_cpu=CHAIN), change(PLACEMENT, "TANH")),
        (model(), model(inventory=FLOAT_TANH), change(OPERATORS, "DEQUANTIZE")),
        (model(), model(inventory=replace(FLOAT_SPLIT, in_float={**CHAIN, "TANH": 1})), change(OPERATORS, "SPLIT")),
        (model(inventory=FLOAT_SPLIT), model(inventory=FLOAT_SPLIT), change(OPERATORS, "SPLIT")),
        (model(inventory=None), model(inventory=FLOAT_SPLIT), change(OPERATORS, "SPLIT")),
        (model(), model(inventory=FLOAT_SPLIT), change(ERROR)),
    ],
    "converter regression": [
        # Another Vela estimates otherwise, whatever the operators are.
        (case(tools=OLD), case(inventory=FLOAT_TANH, on_cpu={"TANH": 1}), CYCLES_UP),
        (case(), case(inventory=FLOAT_TANH), change(PLACEMENT, "TANH")),
        (model(tools=Tools()), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
        (model(tools=OLD), model(inventory=FLOAT_TANH), change(OPERATORS, "SPLIT")),
        (model(tools=OLD, inventory=FLOAT_TANH), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
        (model(tools=OLD), model(inventory=replace(PER_TENSOR, operators={"TANH": 3})), change(OPERATORS, "TANH")),
    ],
    "converter improvement": [
        (model(inventory=FLOAT_TANH), model(), change(OPERATORS, "TANH")),
        (model(tools=OLD, inventory=FLOAT_TANH), model(), change(OPERATORS, "SPLIT")),
        (model(tools=OLD, inventory=FLOAT_SPLIT), model(inventory=FLOAT_TANH), change(OPERATORS, "SPLIT")),
        (model(tools=OLD), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
    ],
    "float operators": [
        (model(tools=OLD), model(inventory=FLOAT_TANH), change(OPERATORS, "TANH")),
        (model(), model(inventory=FLOAT_TANH), change(OPERATORS, "ADD")),
    ],
    "estimator change": [
        (case(), case(), CYCLES_UP),
        (case(), case(tools=OTHER_KERNELS), CYCLES_UP),
        (case(), case(tools=replace(TODAY, vela="5.3.0")), change(BYTES)),
    ],
    "other placement": [
        (case(), case(on_cpu=None), CYCLES_UP),
        (case(), case(), CYCLES_UP),
        (case(), case(on_cpu={"TANH": 1}), change(ERROR)),
    ],
    "compiler change": [
        (case(), case(on_cpu={"TANH": 1}), change(PLACEMENT, "TANH")),
        (case(tools=NEW), case(inventory=PER_CHANNEL), change(ERROR)),
        (case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL), change(BYTES)),
        (case(), case(tools=OTHER_KERNELS), change(BYTES)),
    ],
    "kernel change": [
        (model(sha256="ab"), model(sha256="ab"), change(ERROR)),
        (model(sha256="ab"), model(sha256="cd", tools=OTHER_KERNELS), change(ERROR)),
        (model(), model(tools=OTHER_KERNELS, inventory=OTHER_SCALE), change(ERROR)),
        (model(inventory=None), model(inventory=None, tools=OTHER_KERNELS), change(ERROR)),
        (model(tools=OLD), model(tools=OTHER_KERNELS), change(ERROR)),
        (model(), model(tools=replace(TODAY, litert="")), change(ERROR)),
        (model(), model(tools=OTHER_KERNELS), change(SCALES)),
    ],
    "per-channel weights": [
        (model(), model(inventory=PER_CHANNEL), change(OPERATORS, "SPLIT")),
        (model(), model(inventory=PER_CHANNEL), change(SCALES, "output scores")),
        (model(), model(inventory=replace(PER_CHANNEL, operators={"CONV_2D": 1})), change(ERROR)),
        (
            model(inventory=PER_CHANNEL),
            model(inventory=replace(PER_CHANNEL, per_channel={"FULLY_CONNECTED": 6})),
            change(ERROR),
        ),
        (model(inventory=None), model(inventory=PER_CHANNEL), change(ERROR)),
    ],
    "quantizer change": [
        (model(), model(), change(ERROR)),
        (model(tools=replace(TODAY, tensorflow="")), model(), change(ERROR)),
        (case(tools=OLD), case(), change(SEGMENTS)),
    ],
    "stage failure": [
        (case(), case(claims=(FAILED,)), change(COMPILED, "is one NPU segment")),
        (case(), case(claims=(replace(FAILED, cause=""),)), change(COMPILED, "is estimated")),
        (case(), case(claims=(replace(FAILED, outcome="pass"),)), change(COMPILED, "is estimated")),
        (case(), case(claims=(FAILED,)), change(BYTES, "is estimated")),
    ],
    "another model file": [
        (model(sha256="ab"), model(sha256="ab"), change(ERROR)),
        (model(), model(sha256="cd"), change(ERROR)),
    ],
}


def rows(table: dict[tuple[str, str], list[Evidence]]) -> list[object]:
    return [
        pytest.param(name, certainty, *evidence, id=f"{name}-{certainty}-{number}")
        for (name, certainty), own in table.items()
        for number, evidence in enumerate(own)
    ]


@pytest.mark.parametrize(("name", "certainty", "before", "after", "change"), rows(FOUND))
def test_a_cause_is_found(name: str, certainty: str, before: Subject, after: Subject, change: Change) -> None:
    cause, evidence = why(change, Pair(before, after))
    assert (cause.name, cause.certainty) == (name, certainty)
    assert bool(evidence) == (name != "cause not known")


@pytest.mark.parametrize(
    ("name", "before", "after", "change"),
    [
        pytest.param(name, *evidence, id=f"{name}-{number}")
        for name, own in NEAR_MISSES.items()
        for number, evidence in enumerate(own)
    ],
)
def test_what_is_much_like_it_is_none(name: str, before: Subject, after: Subject, change: Change) -> None:
    pair = Pair(before, after)
    own = [cause for cause in CAUSES if cause.name == name and change.topic in cause.topics]
    assert [cause.evidence(pair, change) for cause in own] == [""] * len(own)


def test_every_cause_has_evidence_and_near_misses() -> None:
    assert {(cause.name, cause.certainty) for cause in CAUSES} | {("cause not known", "unknown")} == set(FOUND)
    assert {cause.name for cause in CAUSES} == set(NEAR_MISSES)


def test_what_only_one_side_has_needs_no_cause() -> None:
    ((came, pair), *_) = compare(side("a", case()), side("b", case(), model())).changes
    assert why(came, pair)[0].name == "not asked on both sides"


def test_the_evidence_names_versions_and_numbers() -> None:
    _, evidence = why(MOVED, Pair(case(tools=OLD), case(tools=NEW, inventory=PER_CHANNEL, on_cpu=FC)))
    assert evidence == (
        "7 FULLY_CONNECTED with a scale per channel, Vela 3.10.0; on the other side 0 per channel, Vela 3.10.0"
    )
    _, evidence = why(CYCLES_UP, Pair(case(), case(tools=replace(TODAY, vela="5.3.0", system={"core_clock": "1e9"}))))
    assert evidence == "Vela 5.2.0 -> 5.3.0, core_clock 500e6 -> 1e9"
