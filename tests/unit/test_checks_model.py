"""Each check of a model passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from observations import COUNTER, FLOAT, INT8, OUTPUT, WEIGHTS, view
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import model
from harness.evidence import Repair, Tensor
from harness.outcome import Outcome
from harness.policy import Policy
from harness.subjects import GivenModel

GIVEN = GivenModel("mine", Path("mine.tflite"), None, "cannot read mine.tflite: No such file; name one that exists")


def plain(tensor: Tensor, custom_code: str = "", size_bytes: int = 1_000) -> Outcome:
    """An inspection of a model with one operator that writes one tensor."""
    fields: dict[str, Any] = {name: getattr(tensor, name) for name in Tensor.__slots__}
    operator = {"name": "CUSTOM" if custom_code else "ADD", "custom_code": custom_code, "inputs": [], "outputs": [0]}
    graph = {"name": "", "inputs": [0], "outputs": [0], "tensors": [fields], "operators": [operator]}
    return Outcome("inspection", "key", "done", {"size_bytes": size_bytes, "made_by": {}, "subgraphs": [graph]})


PASSING: dict[str, Judge] = {
    "is_quantized_tflite": lambda: model.is_quantized_tflite(GIVEN, plain(INT8)),
    "computes_in_integers": lambda: model.computes_in_integers(view(INT8, OUTPUT)),
    "has_static_shapes": lambda: model.has_static_shapes(view(INT8, OUTPUT)),
    "has_sane_scales": lambda: model.has_sane_scales(view(INT8, WEIGHTS, OUTPUT)),
    "repairs_are_proven": lambda: model.repairs_are_proven(Repair(("SPLIT a became int8",), ())),
    "holds_a_loop": lambda: model.holds_a_loop(view(FLOAT, name="WHILE")),
}

FAILING: list[Wrong] = [
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, None),
        ("cannot read mine.tflite: No such file; name one that exists",),
    ),
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, Outcome("inspection", "key", "refused", detail="it is empty")),
        ("mine.tflite: it is empty",),
    ),
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, Outcome("inspection", "key", "crashed", signal="SIGSEGV")),
        ("mine.tflite: inspection crashed with SIGSEGV",),
    ),
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, plain(INT8, "ethos-u")),
        ("mine.tflite is already compiled: it holds a custom operator ethos-u", "give the .tflite that went into Vela"),
    ),
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, plain(FLOAT)),
        ("mine.tflite is a float model: none of its 1 operators computes in integers", "quantize it to int8"),
    ),
    (
        "is_quantized_tflite",
        lambda: model.is_quantized_tflite(GIVEN, plain(COUNTER)),
        ("mine.tflite is a float model",),
    ),
    (
        "computes_in_integers",
        lambda: model.computes_in_integers(view(FLOAT, INT8)),
        ("1 float tensor at ADD island", "allowed: no float tensor", "on the CPU, in float", "harness.repair"),
    ),
    (
        "computes_in_integers",
        lambda: model.computes_in_integers(view(INT8, operators=False)),
        ("0 float tensors",),
    ),
    (
        "has_static_shapes",
        lambda: model.has_static_shapes(view(INT8, replace(OUTPUT, dynamic=True))),
        ("open dimensions in output", "allowed: fixed shapes", "batch size 1"),
    ),
    *(
        (
            "has_sane_scales",
            lambda wrong=wrong: model.has_sane_scales(view(INT8, replace(OUTPUT, **wrong))),
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
        lambda: model.has_sane_scales(view(FLOAT)),
        ("0 quantized tensors",),
    ),
    (
        "repairs_are_proven",
        lambda: model.repairs_are_proven(Repair(("one",), ("float SPLIT a is not fed by a DEQUANTIZE",))),
        ("refused: float SPLIT a is not fed by a DEQUANTIZE", "allowed: no refusal"),
    ),
    (
        "holds_a_loop",
        lambda: model.holds_a_loop(view(FLOAT)),
        ("0 WHILE operators", "allowed: at least 1"),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(model)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_a_float_tensor_without_elements_holds_no_value() -> None:
    assert model.computes_in_integers(view(INT8, replace(FLOAT, shape=(0,)), OUTPUT))
    assert not model.computes_in_integers(view(INT8, replace(FLOAT, shape=()), OUTPUT))


def test_scales_are_a_matter_of_policy() -> None:
    assert not model.has_sane_scales(view(INT8), Policy(max_scale=0.4))


def test_a_long_list_is_cut_short() -> None:
    islands = [replace(FLOAT, name=f"t{number}", dynamic=True) for number in range(9)]
    assert "t0, t1, t2, t3, t4, t5 and 3 more" in str(model.has_static_shapes(view(*islands)))
