"""Each check passes what is right and rejects what is wrong in just its way, in words that need no context."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import checks
from harness.checks import Verdict, figures_of, state_resolution
from harness.engine import Outcome
from harness.evidence import (
    Compilation,
    CpuOperator,
    Estimate,
    FloatOutputs,
    Graph,
    Labels,
    Memory,
    ModelView,
    Operator,
    Oracle,
    Repair,
    Tensor,
    macs,
)
from harness.policy import Policy
from harness.questions import GivenModel

INT8 = Tensor(
    name="input",
    dtype="int8",
    shape=(1, 4),
    dynamic=False,
    scales=(0.5,),
    zero_points=(3,),
    axis=0,
    buffer=1,
    constant_bytes=None,
    constant_hash=None,
    variable=False,
)
OUTPUT = replace(INT8, name="output", scales=(1 / 256,), zero_points=(-128,))
FLOAT = replace(INT8, name="island", dtype="float32", scales=(), zero_points=())
COUNTER = replace(FLOAT, name="counter", dtype="int32")
WEIGHTS = replace(INT8, name="weights", scales=(1e-12, 0.1), zero_points=(0, 0), constant_bytes=8)
GIVEN = GivenModel("mine", Path("mine.tflite"), None, "cannot read mine.tflite: No such file; name one that exists")
ESTIMATE = Estimate(
    total_cycles=1_000_000,
    npu_cycles=900_000,
    core_clock_hz=500e6,
    macs=10,
    encoded_weight_bytes=2_000,
    constants_in="OffChipFlash",
    arena_in="Sram",
    constant_bytes_per_cycle=0.5,
    memories={
        "Sram": Memory(4_096, 100, {}, {}),
        "OffChipFlash": Memory(70_000, 950_000, {"weights": 6_000}, {}),
    },
)
COMPILED = Compilation(
    segments=1,
    source_operators=4,
    on_cpu=(),
    compiled_bytes=1,
    reported_cpu_operators=0,
    reported_npu_operators=9,
    estimate=ESTIMATE,
    operator_cycles={},
)
SPLIT = CpuOperator("SPLIT", "gru/split", 0, 1, "Operation has tensor with unsupported DataType Float32 (gru/split)")
WHILE = CpuOperator("WHILE", "gru/while", 0, 2, "Unsupported opType")
ON_CPU = replace(COMPILED, segments=2, on_cpu=(SPLIT, SPLIT, WHILE), reported_cpu_operators=3)
ALL_ON_CPU = replace(ON_CPU, segments=0, reported_npu_operators=0, estimate=replace(ESTIMATE, total_cycles=0))
MATRIX = replace(INT8, name="kernel", shape=(10, 4), constant_bytes=40, constant_hash=7, buffer=2, scales=(0.25, 0.5))
COPY = replace(MATRIX, buffer=3)
BIAS = replace(INT8, name="bias", dtype="int32", constant_bytes=8, scales=(0.125, 0.25), zero_points=(0, 0))
WORK = CpuOperator("FULLY_CONNECTED", "output", 0, 1, "")
LOOPED = {"output": np.array([[0.25, 0.75]], np.float32)}
ORACLE = Oracle({"output": np.array([[0.25, 0.75]])}, {"output": np.array([[1e-6, 1e-6]])})
RIGHT = Labels(np.arange(10), np.arange(10))
WRONG = Labels(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 0]), np.arange(10))


def view(*tensors: Tensor, name: str = "ADD", code: str = "", operators: bool = True) -> ModelView:
    """A graph whose one operator reads and writes all tensors."""
    places = tuple(range(len(tensors)))
    operator = Operator(name, code, places, places, 0, 0)
    graph = Graph("main", places[:1], places[-1:], tensors, (operator,) if operators else ())
    return ModelView(1_000, (graph,))


def plain(tensor: Tensor, custom_code: str = "", size_bytes: int = 1_000) -> Outcome:
    """An inspection of a model with one operator that writes one tensor."""
    fields: dict[str, Any] = {name: getattr(tensor, name) for name in Tensor.__slots__}
    operator = {"name": "CUSTOM" if custom_code else "ADD", "custom_code": custom_code, "inputs": [], "outputs": [0]}
    graph = {"name": "", "inputs": [0], "outputs": [0], "tensors": [fields], "operators": [operator]}
    return Outcome("inspection", "key", "done", {"size_bytes": size_bytes, "subgraphs": [graph]})


def layer(source: Tensor, weights: Tensor, bias: Tensor | None, *more: Tensor, steps: int = 2) -> ModelView:
    """Time steps that each apply weights of their own choice: `weights` in the first, `more` in the next ones."""
    tensors = [source, OUTPUT, weights, *([bias] if bias else []), *more]
    places = [2, *range(3 + bool(bias), 3 + bool(bias) + len(more))]
    operators = tuple(
        Operator("FULLY_CONNECTED", "", (0, places[step % len(places)], 3 if bias else -1), (1,), 0, step)
        for step in range(steps)
    )
    return ModelView(1_000, (Graph("main", (0,), (1,), tuple(tensors), operators),))


def split(*used: int) -> ModelView:
    """A SPLIT into two, and an ADD of those results that are used."""
    tensors = (INT8, replace(INT8, name="reset"), replace(INT8, name="update"), OUTPUT)
    operators = (Operator("SPLIT", "", (-1, 0), (1, 2), 0, 0), Operator("ADD", "", used, (3,), 0, 1))
    return ModelView(1_000, (Graph("main", (0,), (3,), tensors, operators),))


def moved(by: float) -> FloatOutputs:
    """Outputs whose two models lie that far from the oracle, on opposite sides."""
    return FloatOutputs(
        {"output": LOOPED["output"] - np.float32(by)},
        {"output": LOOPED["output"] + np.float32(by)},
    )


CLOSE = ("unrolled_equals_looped", "windows_equal_one_run", "looped_equals_oracle", "unrolled_equals_oracle")
PASSING: dict[str, Callable[[], Verdict]] = {
    "is_quantized_tflite": lambda: checks.is_quantized_tflite(GIVEN, plain(INT8)),
    "computes_in_integers": lambda: checks.computes_in_integers(view(INT8, OUTPUT)),
    "has_static_shapes": lambda: checks.has_static_shapes(view(INT8, OUTPUT)),
    "has_sane_scales": lambda: checks.has_sane_scales(view(INT8, WEIGHTS, OUTPUT)),
    "has_exact_bias_scales": lambda: checks.has_exact_bias_scales(layer(INT8, MATRIX, BIAS)),
    "shares_weights": lambda: checks.shares_weights(layer(INT8, MATRIX, None, replace(COPY, constant_hash=8))),
    "converts_alike_each_time": lambda: checks.converts_alike_each_time(split(1, 2)),
    "puts_the_work_on_the_npu": lambda: checks.puts_the_work_on_the_npu(layer(INT8, MATRIX, None), COMPILED),
    "windows_equal_one_run": lambda: checks.windows_equal_one_run(moved(9e-7), ORACLE),
    "repairs_are_proven": lambda: checks.repairs_are_proven(Repair(("SPLIT a became int8",), ())),
    "fully_on_npu": lambda: checks.fully_on_npu(COMPILED),
    "stays_within_segments": lambda: checks.stays_within_segments(COMPILED),
    "report_agrees_with_file": lambda: checks.report_agrees_with_file(ON_CPU),
    "is_estimated": lambda: checks.is_estimated(COMPILED),
    "unrolled_equals_looped": lambda: checks.unrolled_equals_looped(moved(9e-7), ORACLE),
    "looped_equals_oracle": lambda: checks.looped_equals_oracle(moved(9e-7), ORACLE),
    "unrolled_equals_oracle": lambda: checks.unrolled_equals_oracle(moved(9e-7), ORACLE),
    "holds_a_loop": lambda: checks.holds_a_loop(view(FLOAT, name="WHILE")),
    "stays_off_the_npu": lambda: checks.stays_off_the_npu(ALL_ON_CPU),
    "reaches_accuracy": lambda: checks.reaches_accuracy(WRONG, 0.9),
    "keeps_accuracy": lambda: checks.keeps_accuracy(RIGHT, WRONG, 0.1, words="float and int8"),
}

FAILING: list[tuple[str, Callable[[], Verdict], tuple[str, ...]]] = [
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, None),
        ("cannot read mine.tflite: No such file; name one that exists",),
    ),
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, Outcome("inspection", "key", "refused", detail="it is empty")),
        ("mine.tflite: it is empty",),
    ),
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, Outcome("inspection", "key", "crashed", signal="SIGSEGV")),
        ("mine.tflite: inspection crashed with SIGSEGV",),
    ),
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, plain(INT8, "ethos-u")),
        ("mine.tflite is already compiled: it holds a custom operator ethos-u", "give the .tflite that went into Vela"),
    ),
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, plain(FLOAT)),
        ("mine.tflite is a float model: none of its 1 operators computes in integers", "quantize it to int8"),
    ),
    (
        "is_quantized_tflite",
        lambda: checks.is_quantized_tflite(GIVEN, plain(COUNTER)),
        ("mine.tflite is a float model",),
    ),
    (
        "computes_in_integers",
        lambda: checks.computes_in_integers(view(FLOAT, INT8)),
        ("1 float tensor at ADD island", "allowed: no float tensor", "on the CPU, in float", "harness.repair"),
    ),
    (
        "computes_in_integers",
        lambda: checks.computes_in_integers(view(INT8, operators=False)),
        ("0 float tensors",),
    ),
    (
        "has_static_shapes",
        lambda: checks.has_static_shapes(view(INT8, replace(OUTPUT, dynamic=True))),
        ("open dimensions in output", "allowed: fixed shapes", "batch size 1"),
    ),
    *(
        (
            "has_sane_scales",
            lambda wrong=wrong: checks.has_sane_scales(view(INT8, replace(OUTPUT, **wrong))),
            ("1 of 2 tensors are wrong: output", "allowed: scales finite, of activations in [1e-09, 100000]"),
        )
        for wrong in (
            {"scales": (float("nan"),)},
            {"scales": (float("inf"),)},
            {"scales": (0.0,)},
            {"scales": (-0.5,)},
            {"scales": (1e-10,)},
            {"scales": (1e6,)},
            {"zero_points": (128,)},
            {"dtype": "int4", "zero_points": (8,)},
            {"dtype": "uint8", "zero_points": (-1,)},
            {"dtype": "int16", "zero_points": (40_000,)},
        )
    ),
    (
        "has_sane_scales",
        lambda: checks.has_sane_scales(view(FLOAT)),
        ("0 quantized tensors",),
    ),
    *(
        (
            "has_exact_bias_scales",
            lambda scales=scales: checks.has_exact_bias_scales(
                layer(INT8, MATRIX, replace(BIAS, scales=scales), steps=1)
            ),
            ("1 of 1 biases at another scale", f"by a factor of up to {factor}: FULLY_CONNECTED output", "allowed: a "),
        )
        for scales, factor in (
            ((0.125, 0.5), "2"),
            ((0.0625, 0.25), "2"),
            ((0.1250002, 0.25), "1"),
            ((0.0, 0.25), "inf"),
            ((0.125,), "2"),
        )
    ),
    (
        "shares_weights",
        lambda: checks.shares_weights(layer(INT8, MATRIX, None, COPY)),
        ("weights of shape (10, 4) in 2 copies", "allowed: one copy of each", "once for each time step"),
    ),
    *(
        (
            "converts_alike_each_time",
            lambda used=used: checks.converts_alike_each_time(split(*used)),
            ("an output of SPLIT reset is not used", "allowed: no unused output", "use state transfer"),
        )
        for used in ((1,), (2,), ())
    ),
    (
        "puts_the_work_on_the_npu",
        lambda: checks.puts_the_work_on_the_npu(
            layer(INT8, MATRIX, None, steps=4), replace(COMPILED, segments=2, on_cpu=(WORK,))
        ),
        ("75.0% of 64 MACs and 75.0% of 4 source operators", "of the cycles: unknown", "allowed: 100.0% of the MACs"),
    ),
    (
        "puts_the_work_on_the_npu",
        lambda: checks.puts_the_work_on_the_npu(layer(INT8, MATRIX, None), replace(COMPILED, segments=0)),
        ("allowed: 100.0% of the MACs",),
    ),
    (
        "repairs_are_proven",
        lambda: checks.repairs_are_proven(Repair(("one",), ("float SPLIT a is not fed by a DEQUANTIZE",))),
        ("refused: float SPLIT a is not fed by a DEQUANTIZE", "allowed: no refusal"),
    ),
    (
        "fully_on_npu",
        lambda: checks.fully_on_npu(ON_CPU),
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
        lambda: checks.fully_on_npu(replace(COMPILED, segments=0)),
        ("allowed: no operator on the CPU",),
    ),
    (
        "stays_within_segments",
        lambda: checks.stays_within_segments(ON_CPU),
        ("2 NPU segments", "allowed: 1 to 1", "each CPU operator in between stops the NPU"),
    ),
    (
        "stays_within_segments",
        lambda: checks.stays_within_segments(ALL_ON_CPU),
        ("0 NPU segments", "allowed: 1 to 1"),
    ),
    (
        "report_agrees_with_file",
        lambda: checks.report_agrees_with_file(replace(ON_CPU, reported_cpu_operators=1)),
        ("reports 1 CPU and 9 NPU operators; the file holds 3 CPU operators and 2 NPU segments", "trust the file"),
    ),
    (
        "report_agrees_with_file",
        lambda: checks.report_agrees_with_file(replace(COMPILED, reported_npu_operators=0)),
        ("reports 0 CPU and 0 NPU operators; the file holds 0 CPU operators and 1 NPU segment",),
    ),
    (
        "is_estimated",
        lambda: checks.is_estimated(ALL_ON_CPU),
        ("unknown: Vela estimates only what the NPU runs", "allowed: more than 0 cycles"),
    ),
    (
        "is_estimated",
        lambda: checks.is_estimated(replace(COMPILED, estimate=replace(ESTIMATE, total_cycles=0))),
        ("unknown",),
    ),
    *(
        (
            claim,
            lambda claim=claim: getattr(checks, claim)(moved(1.2e-6), ORACLE),
            ("largest difference output", "of the bound", "allowed: within the float32", "output differ by more"),
        )
        for claim in CLOSE
    ),
    *(
        (claim, lambda claim=claim: getattr(checks, claim)(moved(float("nan")), ORACLE), ("output nan",))
        for claim in CLOSE
    ),
    (
        "looped_equals_oracle",
        lambda: checks.looped_equals_oracle(FloatOutputs({**LOOPED, "state_h_out": LOOPED["output"]}, {}), ORACLE),
        ("only one of the two has state_h_out",),
    ),
    (
        "unrolled_equals_oracle",
        lambda: checks.unrolled_equals_oracle(FloatOutputs(LOOPED, {}), ORACLE),
        ("only one of the two has output",),
    ),
    (
        "holds_a_loop",
        lambda: checks.holds_a_loop(view(FLOAT)),
        ("0 WHILE operators", "allowed: at least 1"),
    ),
    (
        "stays_off_the_npu",
        lambda: checks.stays_off_the_npu(ON_CPU),
        ("2 NPU segments, 3 CPU operators", "allowed: no NPU segment"),
    ),
    (
        "stays_off_the_npu",
        lambda: checks.stays_off_the_npu(replace(ALL_ON_CPU, on_cpu=())),
        ("0 NPU segments, 0 CPU operators",),
    ),
    (
        "reaches_accuracy",
        lambda: checks.reaches_accuracy(WRONG, 0.91),
        ("90.00% [59.58%, 98.21%] of 10 digits", "allowed: at least 91.00%"),
    ),
    (
        "keeps_accuracy",
        lambda: checks.keeps_accuracy(RIGHT, WRONG, 0.09, words="float and int8", because="coarse states"),
        (
            "float and int8: 100.00% and 90.00%, change -10.00%",
            "1 digits lost and 0 won (McNemar p = 1)",
            "allowed: a drop of at most 9.00%",
            "coarse states",
        ),
    ),
]


def check_names() -> set[str]:
    """Every public function of the module that returns a verdict."""
    functions = inspect.getmembers(checks, inspect.isfunction)
    return {name for name, function in functions if function.__annotations__.get("return") == "Verdict"}


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == check_names()


@pytest.mark.parametrize("name", PASSING)
def test_what_is_right_passes(name: str) -> None:
    verdict = PASSING[name]()
    assert verdict
    assert verdict.claim == name
    assert str(verdict) == f"{name}: {verdict.observed}"
    assert verdict.observed


@pytest.mark.parametrize(("name", "judge", "words"), FAILING, ids=[f"{n}-{i}" for i, (n, _, _) in enumerate(FAILING)])
def test_what_is_wrong_fails_and_says_so(name: str, judge: Callable[[], Verdict], words: tuple[str, ...]) -> None:
    verdict = judge()
    assert not verdict
    assert verdict.claim == name
    assert [word for word in words if word not in str(verdict)] == []
    assert "\n" not in str(verdict)


def test_more_segments_are_a_matter_of_policy() -> None:
    assert checks.stays_within_segments(ON_CPU, Policy(max_npu_segments=2))


def test_scales_are_a_matter_of_policy() -> None:
    assert not checks.has_sane_scales(view(INT8), Policy(max_scale=0.4))


def test_a_long_list_is_cut_short() -> None:
    islands = [replace(FLOAT, name=f"t{number}", dynamic=True) for number in range(9)]
    assert "t0, t1, t2, t3, t4, t5 and 3 more" in str(checks.has_static_shapes(view(*islands)))


def test_the_estimate_says_what_it_is_made_of() -> None:
    verdict = checks.is_estimated(COMPILED)
    assert verdict.observed == (
        "1,000,000 cycles, 2.000 ms, 4,096 bytes of SRAM, 70,000 bytes behind it; bound by OffChipFlash, "
        "each weight read 3.0 times (0.024 ms at full bandwidth)"
    )
    assert verdict.figures["weight_read_bytes"] == 6_000


def test_a_model_without_weights_on_the_npu_reads_none() -> None:
    estimate = replace(ESTIMATE, encoded_weight_bytes=0, memories={"Sram": Memory(1, 0, {}, {})})
    assert estimate.weight_reads is None
    assert checks.is_estimated(replace(COMPILED, estimate=estimate))


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
    assert macs(graph, Operator("ADD", "", (0, 1), (1,), 0, 0)) == 0


def test_coverage_counts_the_operators_of_the_source() -> None:
    added = replace(SPLIT, index=None)
    assert replace(COMPILED, on_cpu=(SPLIT, added)).npu_operator_coverage == 0.75
    assert replace(COMPILED, source_operators=0).npu_operator_coverage == 0


def test_the_resolution_of_states_is_a_sentence() -> None:
    state = replace(INT8, name="state_h_in", scales=(0.0625,), zero_points=(-4,))
    assert state_resolution(view(state)) == "state_h_in is quantized over [-7.75, 8.19], 1 LSB = 0.0625"
    assert state_resolution(view(INT8)) == ""


def test_figures_are_plain_numbers() -> None:
    figures = {"half": np.float32(0.5), "count": 3, "nothing": float("nan"), "everything": np.inf}
    plainly = figures_of(Verdict("claim", passed=bool(np.bool_(1)), observed="x", figures=figures))
    assert plainly["figures"] == {"half": 0.5, "count": 3.0, "nothing": None, "everything": None}
    assert [type(plainly["figures"][name]) for name in ("half", "count")] == [float, float]
    assert plainly["passed"] is True
