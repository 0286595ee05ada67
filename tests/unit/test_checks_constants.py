"""Each check of constants passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace

from observations import BIAS, COPY, INT8, MATRIX, OUTPUT, layer, split
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import constants
from harness.evidence import Graph, ModelView, Operator, Tensor

SHARED = layer(INT8, MATRIX, replace(BIAS, scales=(0.125, 0.5)), steps=1)
SOUND = layer(INT8, MATRIX, BIAS, steps=1)

PASSING: dict[str, Judge] = {
    "biases_are_mended": lambda: constants.biases_are_mended(SHARED, SOUND),
    "has_exact_bias_scales": lambda: constants.has_exact_bias_scales(layer(INT8, MATRIX, BIAS)),
    "shares_weights": lambda: constants.shares_weights(layer(INT8, MATRIX, None, replace(COPY, constant_hash=8))),
    "converts_alike_each_time": lambda: constants.converts_alike_each_time(split(1, 2)),
}

FAILING: list[Wrong] = [
    (
        "biases_are_mended",
        lambda: constants.biases_are_mended(SHARED, SHARED),
        ("as converted: 1 of 1 biases at another scale, off by a factor of up to 2", "repaired: 1 of 1", "left a bias"),
    ),
    (
        "biases_are_mended",
        lambda: constants.biases_are_mended(SHARED, layer(INT8, MATRIX, None, steps=1)),
        ("repaired: 0 biases", "no bias fewer", "or an operator without one"),
    ),
    *(
        (
            "has_exact_bias_scales",
            lambda scales=scales: constants.has_exact_bias_scales(
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
        lambda: constants.shares_weights(layer(INT8, MATRIX, None, COPY)),
        ("weights of shape (10, 4) in 2 copies", "allowed: one copy of each", "once for each time step"),
    ),
    *(
        (
            "converts_alike_each_time",
            lambda used=used: constants.converts_alike_each_time(split(*used)),
            ("an output of SPLIT reset is not used", "allowed: no unused output", "use state transfer"),
        )
        for used in ((1,), (2,), ())
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(constants)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_the_repair_of_biases_tells_before_and_after() -> None:
    verdict = constants.biases_are_mended(SHARED, SOUND)
    assert "as converted: 1 of 1 biases at another scale, off by a factor of up to 2" in verdict.observed
    assert "repaired: 1 biases at input scale times weight scale" in verdict.observed
    assert verdict.figures == {"mended_biases": 1, "worst_bias_factor": 2.0}
    assert constants.biases_are_mended(SOUND, SOUND).figures == {"mended_biases": 0, "worst_bias_factor": 1.0}


def test_each_gate_of_a_fused_lstm_has_a_bias_at_its_own_scale() -> None:
    kernels = tuple(replace(MATRIX, name=f"kernel{gate}", scales=(0.25 * (gate + 1),)) for gate in range(4))
    biases = tuple(replace(BIAS, name=f"bias{gate}", scales=(0.125 * (gate + 1),)) for gate in range(4))
    assert "4 biases at input scale" in str(constants.has_exact_bias_scales(lstm(*kernels, *biases)))
    wrong = constants.has_exact_bias_scales(lstm(*kernels, biases[0], biases[2], *biases[2:]))
    assert "1 of 4 biases at another scale, off by a factor of up to 1.5: UNIDIRECTIONAL_SEQUENCE_LSTM" in str(wrong)
    assert "forget gate" in str(wrong)
    assert "3 biases" in str(constants.has_exact_bias_scales(lstm(*kernels, replace(BIAS, scales=()), *biases[1:])))


def lstm(*tensors: Tensor) -> ModelView:
    """A fused LSTM with four input kernels and four biases of these tensors."""
    inputs = (0, *range(2, 6), *(-1,) * 7, *range(6, 10), *(-1,) * 8)
    operator = Operator("UNIDIRECTIONAL_SEQUENCE_LSTM", "", inputs, (1,), 0, 0)
    return ModelView(1_000, (Graph("main", (0,), (1,), (INT8, OUTPUT, *tensors), (operator,)),))
