"""Each kind of change is seen where it is and nowhere else, and is worse, better or neither."""

from __future__ import annotations

from dataclasses import replace

import pytest
from diff_subjects import CHAIN, FLOAT_SPLIT, PER_CHANNEL, PER_TENSOR, case, changes, figures, model, side

from harness.diff import compare
from harness.diff.change import (
    BETTER,
    BYTES,
    CAME,
    CYCLES,
    ERROR,
    OPERATORS,
    PLACEMENT,
    SCALES,
    SEGMENTS,
    SHOWN,
    WENT,
    WORSE,
)
from harness.diff.subject import Subject, Tools, more, release
from harness.errors import UsageError

SPLIT_ON_CPU = case(on_cpu={"SPLIT": 3}, reasons={"SPLIT": "in float"})


def seen(before: Subject, after: Subject) -> list[tuple[str, str, str]]:
    return [(change.kind, change.topic, change.sentence) for change in changes(before, after)]


@pytest.mark.parametrize("subject", [case(), model(), SPLIT_ON_CPU, case(on_cpu=None), model(inventory=None)])
def test_equal_subjects_have_no_changes(subject: Subject) -> None:
    assert changes(subject, subject) == []


def test_operators_that_move_are_named_with_the_reason() -> None:
    assert seen(case(), SPLIT_ON_CPU) == [(WORSE, PLACEMENT, "SPLIT moved to the CPU: in float (0 -> 3)")]
    assert seen(SPLIT_ON_CPU, case()) == [(BETTER, PLACEMENT, "SPLIT moved from the CPU: in float (3 -> 0)")]
    fewer = case(on_cpu={"SPLIT": 1, "TANH": 1})
    assert [(kind, text) for kind, _, text in seen(SPLIT_ON_CPU, fewer)] == [
        (WORSE, "TANH moved to the CPU: 0 -> 1"),
        (BETTER, "SPLIT moved from the CPU: in float (3 -> 1)"),
    ]


def test_what_was_not_compiled_has_no_placement() -> None:
    assert changes(case(on_cpu=None), SPLIT_ON_CPU) == []
    assert changes(SPLIT_ON_CPU, case(on_cpu=None)) == []


@pytest.mark.parametrize(("before", "after", "kind"), [(1, 3, WORSE), (3, 1, BETTER), (1, 0, WORSE), (0, 2, BETTER)])
def test_segments(before: int, after: int, kind: str) -> None:
    found = seen(case(figures={"npu_segments": before}), case(figures={"npu_segments": after}))
    assert found == [(kind, SEGMENTS, f"NPU segments: {before} -> {after}")]


def test_segments_that_only_one_side_has_are_no_change() -> None:
    assert changes(case(figures={}), case()) == []


def test_operators_of_models_are_counted_by_type() -> None:
    assert seen(model(), model(inventory=FLOAT_SPLIT)) == [
        (SHOWN, OPERATORS, "DEQUANTIZE in the model: 0 -> 1"),
        (SHOWN, OPERATORS, "QUANTIZE in the model: 0 -> 2"),
        (WORSE, OPERATORS, "DEQUANTIZE in float: 0 -> 1"),
        (WORSE, OPERATORS, "QUANTIZE in float: 0 -> 2"),
        (WORSE, OPERATORS, "SPLIT in float: 0 -> 1"),
    ]
    back = [kind for kind, _, text in seen(model(inventory=FLOAT_SPLIT), model()) if "in float" in text]
    assert back == [BETTER] * 3


def test_what_a_repair_took_out_and_weights_per_channel_are_shown() -> None:
    converted = replace(PER_TENSOR, converted=CHAIN)
    assert {kind for kind, _, _ in seen(model(), model(inventory=converted))} == {SHOWN}
    assert seen(model(), model(inventory=PER_CHANNEL)) == [
        (SHOWN, OPERATORS, "FULLY_CONNECTED with weights per channel: 0 -> 7")
    ]


def test_the_operators_of_a_model_are_told_once_and_not_for_each_target() -> None:
    assert changes(case(), case(inventory=FLOAT_SPLIT)) == []


def test_scales_of_ports() -> None:
    other = replace(PER_TENSOR, ports={"output scores": "int8 0.2 at 3"})
    assert seen(model(), model(inventory=other)) == [
        (SHOWN, SCALES, "type and scale of output scores: int8 0.1 at 3 -> int8 0.2 at 3")
    ]
    gone = replace(PER_TENSOR, ports={})
    assert [text for _, _, text in seen(model(), model(inventory=gone))] == [
        "type and scale of output scores: int8 0.1 at 3 -> not there"
    ]


@pytest.mark.parametrize(
    ("changed", "kind", "topic", "sentence"),
    [
        ({"total_cycles": 1_100_000.0}, WORSE, CYCLES, "1,000,000 cycles -> 1,100,000 cycles (+10.0 %)"),
        ({"total_cycles": 1_040_000.0}, SHOWN, CYCLES, "(+4.0 %)"),
        ({"total_cycles": 900_000.0}, BETTER, CYCLES, "(-10.0 %)"),
        ({"total_cycles": 0.0}, WORSE, CYCLES, "1,000,000 cycles -> 0 cycles"),
        ({"ms": 2.2}, WORSE, CYCLES, "2.000 ms -> 2.200 ms (+10.0 %)"),
        ({"sram_used_bytes": 8_192.0}, WORSE, BYTES, "4,096 bytes -> 8,192 bytes (+100.0 %)"),
        ({"flash_used_bytes": 60_000.0}, BETTER, BYTES, "(-14.3 %)"),
        ({"sqnr_db_output": 29.0}, WORSE, ERROR, "30.00 dB -> 29.00 dB (-1.00 dB)"),
        ({"sqnr_db_output": 29.6}, SHOWN, ERROR, "(-0.40 dB)"),
        ({"sqnr_db_output": 31.0}, BETTER, ERROR, "(+1.00 dB)"),
    ],
)
def test_a_figure_is_judged_by_its_tolerance(changed: dict[str, float], kind: str, topic: str, sentence: str) -> None:
    ((found, about, text),) = seen(case(), case(figures=figures(**changed)))
    assert (found, about) == (kind, topic)
    assert sentence in text


@pytest.mark.parametrize(
    ("name", "before", "after", "kind"),
    [
        ("kernel_spread_lsb_output", 1.0, 60.0, SHOWN),
        ("raw_error_lsb_state_h", 1.0, 9.0, SHOWN),
        ("unexplained_db_output", 0.0, 2.0, WORSE),
        ("agreement", 0.97, 0.95, WORSE),
        ("agreement", 0.97, 0.965, SHOWN),
        ("metric_loss", 0.0, 0.1, WORSE),
        ("accuracy of default kernels keep accuracy", 0.97, 0.96, WORSE),
        ("accuracy of default kernels keep accuracy", 0.96, 0.97, BETTER),
        ("stream_db_host_output", 30.0, 28.0, WORSE),
        ("stream_db_host_output", 30.0, 29.0, SHOWN),
        ("file_bytes", 1_000.0, 2_000.0, SHOWN),
    ],
)
def test_errors_of_models(name: str, before: float, after: float, kind: str) -> None:
    found = changes(model(figures={name: before}), model(figures={name: after}))
    assert [change.kind for change in found] == [kind]


@pytest.mark.parametrize(
    "name",
    ["sqnr_db_output_low", "stream_db_rounded_output", "stream_db_reset_output", "stream_db_host_h_high", "seed_count"],
)
def test_what_is_no_result_of_its_own_is_not_compared(name: str) -> None:
    assert changes(model(figures={name: 1.0}), model(figures={name: 50.0})) == []


def test_what_reads_the_same_is_the_same() -> None:
    assert changes(model(figures={"sqnr_db_output": 30.001}), model(figures={"sqnr_db_output": 30.002})) == []


@pytest.mark.parametrize(
    "after",
    [
        case(tools=Tools(vela="5.3.0")),
        case(tools=replace(case().tools, vela_config="soc.ini")),
        case(tools=replace(case().tools, system={"core_clock": "1e9"})),
        case(on_cpu={"SPLIT": 1}),
        case(on_cpu=None),
    ],
    ids=["vela", "vela.ini", "system", "placement", "not compiled"],
)
def test_cycles_that_cannot_be_compared_are_not_judged(after: Subject) -> None:
    slower = replace(after, figures=figures(total_cycles=9e9))
    (cycles,) = [change for change in changes(case(), slower) if change.topic == CYCLES]
    assert cycles.kind == SHOWN


@pytest.mark.parametrize(
    ("after", "kind"),
    [(case(on_cpu={"SPLIT": 1}), SHOWN), (case(tools=Tools(vela="5.3.0")), WORSE)],
    ids=["cpu", "vela"],
)
def test_bytes_in_use_are_judged_where_the_same_operators_are_counted(after: Subject, kind: str) -> None:
    larger = replace(after, figures=figures(flash_used_bytes=9e9))
    assert [change.kind for change in changes(case(), larger) if change.topic == BYTES] == [kind]


def test_the_size_of_the_compiled_file_is_judged_in_any_case() -> None:
    before, after = case(figures={"compiled_bytes": 10}), case(figures={"compiled_bytes": 20}, on_cpu={"SPLIT": 1})
    assert [change.kind for change in changes(before, after) if change.topic == BYTES] == [WORSE]


def test_subjects_that_only_one_side_has_came_or_went() -> None:
    found = compare(side("a", case(), model()), side("b", case(), model(name="lstm"))).changes
    told = [(change.kind, change.subject, change.sentence, pair) for change, pair in found]
    assert told == [
        (WENT, "gru", "the model was not asked about any more", None),
        (CAME, "lstm", "the model was not asked about before", None),
    ]


def test_sides_with_nothing_in_common_cannot_be_compared() -> None:
    with pytest.raises(UsageError, match="a is about gru, b about gru-u55"):
        compare(side("a", model()), side("b", case()))
    many = side("b", *(model(name=f"m{number}") for number in range(5)))
    with pytest.raises(UsageError, match="m0, m1, m2 and 2 more"):
        compare(side("a", model()), many)


def test_two_empty_sides_are_alike() -> None:
    assert compare(side("a"), side("b")).changes == ()


def test_versions_are_compared_by_their_numbers() -> None:
    assert release("3.10.0") > release("3.4.0")
    assert release("4.0.1.dev1") == (4, 0, 1)
    assert release("") == release("unknown") == ()
    assert more({"A": 1, "B": 2}, {"A": 3, "B": 1, "C": 1}) == {"A": 2, "C": 1}
