"""Laws that hold for every input: quantization, signal to noise, intervals, tests, and windows of the oracle."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from harness.metrics import (
    QUANTIZED_DTYPES,
    PairedComparison,
    Proportion,
    agreement,
    compare_paired,
    dequantize,
    lsb_distance,
    quantize,
    sqnr_db,
)
from harness.recurrence import run_cell

SCALES = st.floats(2**-20, 2**4, width=32)
REALS = arrays(np.float64, array_shapes(max_dims=2, max_side=6), elements=st.floats(-1e4, 1e4, allow_subnormal=False))
BYTES = arrays(np.int8, st.integers(1, 12), elements=st.integers(-128, 127))


@given(values=REALS, scale=SCALES, zero_point=st.integers(-128, 127))
def test_quantizing_is_off_by_half_an_lsb_where_it_does_not_saturate(
    values: np.ndarray, scale: float, zero_point: int
) -> None:
    low, high = scale * (-128 - zero_point), scale * (127 - zero_point)
    inside = np.clip(values, low, high)
    error = np.abs(dequantize(quantize(inside, scale, zero_point, "int8"), scale, zero_point) - inside)
    # The division and the subtraction round too, by less than 2^-50 of what they work on.
    assert (error <= scale / 2 + 2.0**-50 * (np.abs(inside) + scale)).all()


@given(values=REALS, scale=SCALES, zero_point=st.integers(0, 127), dtype=st.sampled_from(QUANTIZED_DTYPES))
def test_quantizing_again_changes_nothing(values: np.ndarray, scale: float, zero_point: int, dtype: str) -> None:
    codes = quantize(values, scale, zero_point, dtype)
    assert np.array_equal(quantize(dequantize(codes, scale, zero_point), scale, zero_point, dtype), codes)


@given(codes=BYTES, scale=SCALES, zero_point=st.integers(-128, 127))
def test_every_code_survives_float32(codes: np.ndarray, scale: float, zero_point: int) -> None:
    real = dequantize(codes, scale, zero_point).astype(np.float32)
    assert np.array_equal(quantize(real, scale, zero_point, "int8"), codes)


@given(values=REALS, scale=SCALES, zero_point=st.integers(-128, 127))
def test_quantizing_saturates_and_keeps_the_order(values: np.ndarray, scale: float, zero_point: int) -> None:
    codes = quantize(np.sort(values.ravel()), scale, zero_point, "int8")
    assert (np.diff(codes.astype(int)) >= 0).all()
    beyond = scale * 300.0
    assert (quantize(np.abs(values) + beyond, scale, zero_point, "int8") == 127).all()
    assert (quantize(-np.abs(values) - beyond, scale, zero_point, "int8") == -128).all()


@given(values=REALS, scale=st.floats(2**-10, 2**4, width=32))  # 10^4 / 2^-10 fits an int32
def test_quantizing_is_odd_around_zero_point_zero(values: np.ndarray, scale: float) -> None:
    assert np.array_equal(quantize(-values, scale, 0, "int32"), -quantize(values, scale, 0, "int32"))


@st.composite
def _signal_and_noise(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    signal, noise = (
        draw(arrays(np.float64, 5, elements=st.floats(-1.0, 1.0, allow_subnormal=False))) for _ in range(2)
    )
    signal[0] = draw(st.floats(0.5, 1.0))
    noise[0] = draw(st.floats(0.5, 1.0))
    return signal, noise


@given(pair=_signal_and_noise(), size=st.floats(1e-250, 1e250), sign=st.sampled_from([-1.0, 1.0]))
def test_sqnr_does_not_depend_on_the_scale(pair: tuple[np.ndarray, ...], size: float, sign: float) -> None:
    signal, noise = pair
    expected = sqnr_db(signal, signal + noise)
    assert math.isclose(sqnr_db(sign * size * signal, sign * size * (signal + noise)), expected, abs_tol=1e-9)


@given(pair=_signal_and_noise(), decades=st.integers(0, 5))
def test_a_tenth_of_the_noise_is_20_db(pair: tuple[np.ndarray, ...], decades: int) -> None:
    signal, noise = pair
    quieter = sqnr_db(signal, signal + noise / 10.0**decades)
    # signal + noise rounds by 2^-53: 1e-16 / 1e-5 of the noise
    assert math.isclose(quieter, sqnr_db(signal, signal + noise) + 20 * decades, abs_tol=1e-6)


@given(pair=_signal_and_noise())
def test_sqnr_is_the_ratio_of_the_powers(pair: tuple[np.ndarray, ...]) -> None:
    signal, noise = pair
    measured = signal + noise
    ratio = np.sum(signal**2) / np.sum((signal - measured) ** 2)
    assert math.isclose(sqnr_db(signal, measured), 10 * math.log10(ratio), abs_tol=1e-9)


@given(a=BYTES, data=st.data())
def test_lsb_distance_is_a_distance(a: np.ndarray, data: st.DataObject) -> None:
    b, c = (data.draw(arrays(np.int8, a.shape, elements=st.integers(-128, 127))) for _ in range(2))
    assert (
        lsb_distance(a, b) == lsb_distance(b, a) == max(abs(x - y) for x, y in zip(a.tolist(), b.tolist(), strict=True))
    )
    assert (lsb_distance(a, b) == 0) == np.array_equal(a, b)
    assert lsb_distance(a, c) <= lsb_distance(a, b) + lsb_distance(b, c)


@st.composite
def _proportions(draw: st.DrawFn) -> Proportion:
    total = draw(st.integers(1, 10**6))
    return Proportion(draw(st.integers(0, total)), total)


@given(proportion=_proportions(), confidence=st.floats(0.5, 0.999))
def test_wilson_contains_the_value_and_stays_within_0_and_1(proportion: Proportion, confidence: float) -> None:
    low, high = proportion.wilson(confidence)
    assert 0 <= low <= proportion.value <= high <= 1
    assert low < high
    wider = proportion.wilson((1 + confidence) / 2)
    assert wider[0] <= low
    assert wider[1] >= high


@given(proportion=_proportions())
def test_wilson_limits_solve_the_score_equation(proportion: Proportion) -> None:
    n, value = proportion.total, proportion.value
    for limit in proportion.wilson():
        if 0 < limit < 1:
            assert math.isclose(
                abs(value - limit), 1.959963984540054 * math.sqrt(limit * (1 - limit) / n), rel_tol=1e-6, abs_tol=1e-9
            )


@given(proportion=_proportions())
def test_wilson_of_failures_mirrors_that_of_successes(proportion: Proportion) -> None:
    low, high = proportion.wilson()
    mirrored = Proportion(proportion.total - proportion.successes, proportion.total).wilson()
    assert np.allclose(mirrored, (1 - high, 1 - low), rtol=0, atol=1e-12)


COUNTS = st.lists(st.integers(0, 400), min_size=4, max_size=4).filter(any)


@given(counts=COUNTS)
def test_exchanging_the_two_classifiers_mirrors_the_comparison(counts: list[int]) -> None:
    both, first, second, neither = counts
    one = PairedComparison(both=both, only_first=first, only_second=second, neither=neither)
    other = PairedComparison(both=both, only_first=second, only_second=first, neither=neither)
    assert one.p_value == other.p_value
    assert one.difference == -other.difference
    assert np.allclose(one.interval(), np.negative(other.interval()[::-1]), rtol=0, atol=1e-12)


@given(counts=COUNTS)
def test_paired_interval_contains_the_difference_and_stays_within_minus_1_and_1(counts: list[int]) -> None:
    both, first, second, neither = counts
    comparison = PairedComparison(both=both, only_first=first, only_second=second, neither=neither)
    low, high = comparison.interval()
    assert -1 - 1e-12 <= low <= comparison.difference <= high <= 1 + 1e-12


@given(differing=st.integers(1, 60))
def test_mcnemar_falls_with_every_further_difference_to_one_side(differing: int) -> None:
    p_values = [
        PairedComparison(both=0, only_first=first, only_second=differing - first, neither=0).p_value
        for first in range(differing // 2 + 1)
    ]
    assert all(0 < p <= 1 for p in p_values)
    assert p_values == sorted(p_values)
    assert p_values[0] == min(1.0, 2.0 ** (1 - differing))


@given(pairs=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50))
def test_paired_counts_agree_with_both_accuracies(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs).T
    comparison = compare_paired(first, second)
    assert comparison.total == len(pairs)
    assert math.isclose(comparison.difference, second.mean() - first.mean(), abs_tol=1e-12)
    assert agreement(first, second).successes == comparison.both + comparison.neither


GATES = {"gru": 3, "lstm": 4, "rnn": 1}


@given(
    variant=st.sampled_from([("gru", True), ("gru", False), ("lstm", False), ("rnn", False)]),
    lengths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    seed=st.integers(0, 2**32 - 1),
)
def test_windows_with_the_state_carried_over_are_one_run(
    variant: tuple[str, bool], lengths: list[int], seed: int
) -> None:
    (cell, reset_after), rng, units, features = variant, np.random.default_rng(seed), 4, 3
    width = GATES[cell] * units
    bias_shape = (2, width) if reset_after else (width,)
    weights = [rng.normal(size=shape) for shape in ((features, width), (units, width), bias_shape)]
    inputs = rng.normal(size=(2, sum(lengths), features))
    states = tuple(rng.normal(size=(2, units)) for _ in range(1 + (cell == "lstm")))

    whole = run_cell(cell, weights, inputs, states, reset_after=reset_after)
    hidden = []
    for window in np.split(inputs, np.cumsum(lengths)[:-1], axis=1):
        run = run_cell(cell, weights, window, states, reset_after=reset_after)
        states = run.states
        hidden.append(run.hidden)
    assert np.array_equal(np.concatenate(hidden, axis=1), whole.hidden)
    assert all(np.array_equal(carried, final) for carried, final in zip(states, whole.states, strict=True))


@given(cell=st.sampled_from(sorted(GATES)), seed=st.integers(0, 2**32 - 1))
def test_sequences_of_a_batch_do_not_touch_each_other(cell: str, seed: int) -> None:
    rng, units, features = np.random.default_rng(seed), 4, 3
    width = GATES[cell] * units
    shapes = ((features, width), (units, width), (2, width) if cell == "gru" else (width,))
    weights, inputs = [rng.normal(size=shape) for shape in shapes], rng.normal(size=(3, 5, features))
    together = run_cell(cell, weights, inputs).last
    alone = [run_cell(cell, weights, inputs[index : index + 1]).last[0] for index in range(3)]
    # Not bit for bit: a matrix product may add up a batch of another size in another order.
    assert np.allclose(together, alone, rtol=0, atol=1e-12)
