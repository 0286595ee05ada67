"""Each check of placement and estimate passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace

from observations import ALL_ON_CPU, COMPILED, ESTIMATE, INT8, MATRIX, ON_CPU, OUTPUT, SPLIT, WORK, layer
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import placement
from harness.evidence import Forecast, Memory, Operator, Prediction, Predictions, macs
from harness.policy import Policy

PREDICTED = Predictions(
    tuple(
        Prediction(
            subgraph=0,
            index=index,
            name=name,
            tensor=f"gru/{name.lower()}",
            kernel=None,
            layer="gru",
            step=None,
            forecasts={"ethos-u55": Forecast(where, (), ())},
        )
        for index, (name, where) in enumerate(
            (("ADD", "npu"), ("SPLIT", "cpu"), ("WHILE", "unknown"), ("PACK", "dropped"))
        )
    )
)

PASSING: dict[str, Judge] = {
    "puts_the_work_on_the_npu": lambda: placement.puts_the_work_on_the_npu(layer(INT8, MATRIX, None), COMPILED),
    "fully_on_npu": lambda: placement.fully_on_npu(COMPILED),
    "stays_within_segments": lambda: placement.stays_within_segments(COMPILED),
    "runs_where_predicted": lambda: placement.runs_where_predicted(PREDICTED, ON_CPU, "ethos-u65"),
    "report_agrees_with_file": lambda: placement.report_agrees_with_file(ON_CPU),
    "is_estimated": lambda: placement.is_estimated(COMPILED),
    "stays_off_the_npu": lambda: placement.stays_off_the_npu(ALL_ON_CPU),
}

FAILING: list[Wrong] = [
    (
        "runs_where_predicted",
        lambda: placement.runs_where_predicted(PREDICTED, COMPILED, "ethos-u55"),
        ("4 operators, 1 undecided, 1 otherwise: SPLIT gru/split (cpu predicted)", "allowed: every decided prediction"),
    ),
    (
        "runs_where_predicted",
        lambda: placement.runs_where_predicted(
            PREDICTED, replace(ON_CPU, on_cpu=(*ON_CPU.on_cpu, replace(SPLIT, name="ADD", index=0))), "ethos-u55"
        ),
        ("1 otherwise: ADD gru/add (npu predicted)", "more than the constraints"),
    ),
    (
        "runs_where_predicted",
        lambda: placement.runs_where_predicted(Predictions(()), COMPILED, "ethos-u55"),
        ("0 operators",),
    ),
    (
        "puts_the_work_on_the_npu",
        lambda: placement.puts_the_work_on_the_npu(
            layer(INT8, MATRIX, None, steps=4), replace(COMPILED, segments=2, on_cpu=(WORK,))
        ),
        ("75.0% of 64 MACs and 75.0% of 4 source operators", "of the cycles: unknown", "allowed: 100.0% of the MACs"),
    ),
    (
        "puts_the_work_on_the_npu",
        lambda: placement.puts_the_work_on_the_npu(layer(INT8, MATRIX, None), replace(COMPILED, segments=0)),
        ("allowed: 100.0% of the MACs",),
    ),
    (
        "fully_on_npu",
        lambda: placement.fully_on_npu(ON_CPU),
        (
            "on the CPU: 2 SPLIT, 1 WHILE",
            "allowed: no operator on the CPU",
            "SPLIT: the quantizer left a SPLIT in float",
            "WHILE: the recurrent layer is a loop",
            "harness.repair",
            "unroll=True",
        ),
    ),
    (
        "fully_on_npu",
        lambda: placement.fully_on_npu(replace(COMPILED, segments=0)),
        ("allowed: no operator on the CPU",),
    ),
    (
        "stays_within_segments",
        lambda: placement.stays_within_segments(ON_CPU),
        ("2 NPU segments", "allowed: 1 to 1", "each CPU operator in between stops the NPU"),
    ),
    (
        "stays_within_segments",
        lambda: placement.stays_within_segments(ALL_ON_CPU),
        ("0 NPU segments", "allowed: 1 to 1"),
    ),
    (
        "report_agrees_with_file",
        lambda: placement.report_agrees_with_file(replace(ON_CPU, reported_cpu_operators=1)),
        ("reports 1 CPU and 9 NPU operators; the file holds 3 CPU operators and 2 NPU segments", "trust the file"),
    ),
    (
        "report_agrees_with_file",
        lambda: placement.report_agrees_with_file(replace(COMPILED, reported_npu_operators=0)),
        ("reports 0 CPU and 0 NPU operators; the file holds 0 CPU operators and 1 NPU segment",),
    ),
    (
        "is_estimated",
        lambda: placement.is_estimated(ALL_ON_CPU),
        ("unknown: Vela estimates only what the NPU runs", "allowed: more than 0 cycles"),
    ),
    (
        "is_estimated",
        lambda: placement.is_estimated(replace(COMPILED, estimate=replace(ESTIMATE, total_cycles=0))),
        ("unknown",),
    ),
    (
        "stays_off_the_npu",
        lambda: placement.stays_off_the_npu(ON_CPU),
        ("2 NPU segments, 3 CPU operators", "allowed: no NPU segment"),
    ),
    (
        "stays_off_the_npu",
        lambda: placement.stays_off_the_npu(replace(ALL_ON_CPU, on_cpu=())),
        ("0 NPU segments, 0 CPU operators",),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(placement)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_more_segments_are_a_matter_of_policy() -> None:
    assert placement.stays_within_segments(ON_CPU, Policy(max_npu_segments=2))


def test_the_estimate_says_what_it_is_made_of() -> None:
    verdict = placement.is_estimated(COMPILED)
    assert verdict.observed == (
        "1,000,000 cycles, 2.000 ms, 4,096 bytes of SRAM, 70,000 bytes behind it; bound by OffChipFlash, "
        "each weight read 3.0 times (0.024 ms at full bandwidth)"
    )
    assert verdict.figures["weight_read_bytes"] == 6_000


def test_a_model_without_weights_on_the_npu_reads_none() -> None:
    estimate = replace(ESTIMATE, encoded_weight_bytes=0, memories={"Sram": Memory(1, 0, {}, {})})
    assert estimate.weight_reads is None
    assert placement.is_estimated(replace(COMPILED, estimate=estimate))


def test_the_bound_is_what_takes_longest() -> None:
    assert ESTIMATE.bound_by == "OffChipFlash"
    assert replace(ESTIMATE, npu_cycles=960_000).bound_by == "NPU"
    assert ESTIMATE.roofline_cycles == 12_000


def test_multiplications_are_counted_from_shapes() -> None:
    (graph,) = layer(INT8, MATRIX, None).graphs
    tensors = (
        replace(OUTPUT, shape=(1, 5, 5, 8)),
        replace(MATRIX, shape=(8, 3, 3, 4)),
        replace(MATRIX, shape=(1, 3, 3, 8)),
    )
    convolved = replace(graph, tensors=tensors)
    assert macs(graph, graph.operators[0]) == 4 * 4
    assert macs(convolved, Operator("CONV_2D", "", (0, 1), (0,), 0, 0)) == 5 * 5 * 8 * 3 * 3 * 4
    assert macs(convolved, Operator("DEPTHWISE_CONV_2D", "", (0, 2), (0,), 0, 0)) == 5 * 5 * 8 * 3 * 3
    gates = (replace(MATRIX, shape=(16, 4)),) * 3 + (replace(MATRIX, shape=(16, 16)),) * 4
    fused = replace(graph, tensors=(INT8, replace(OUTPUT, shape=(1, 5, 16)), *gates))
    three_of_four_input_kernels = (0, -1, 2, 3, 4, 5, 6, 7, 8, -1, -1)
    lstm = Operator("UNIDIRECTIONAL_SEQUENCE_LSTM", "", three_of_four_input_kernels, (1,), 0, 0)
    assert macs(fused, lstm) == 5 * 16 * (3 * 4 + 4 * 16)
    assert macs(graph, Operator("ADD", "", (0, 1), (1,), 0, 0)) == 0


def test_coverage_counts_the_operators_of_the_source() -> None:
    added = replace(SPLIT, index=None)
    assert replace(COMPILED, on_cpu=(SPLIT, added)).npu_operator_coverage == 0.75
    assert replace(COMPILED, source_operators=0).npu_operator_coverage == 0
