"""What of the reference kernels only the source tells: real scales, and table entries at ties."""

from __future__ import annotations

import numpy as np

from harness.npu.reference import Reference, connected_operators, make_reference, other_tables
from harness.npu.source import quantized_scales

from .workshop import Workshop

TANH = 28
# tanh at 94 lies 2.5e-6 LSB below 92.5: LiteRT 2.3 rounds it up, Vela down.
OPERATORS = {"tanh": (TANH, (0.008865849114954472, -9), (0.0078125, 0))}
TIE, FIRST = 94, -128


def exact_table() -> np.ndarray:
    real = np.tanh((np.arange(-128, 128) + 9) * 0.008865849114954472) * 128
    return np.clip(np.trunc(real + np.copysign(0.5, real)), -128, 127).astype(np.int8)


def test_an_entry_at_a_tie_is_that_of_the_reference() -> None:
    table = exact_table()
    assert other_tables(OPERATORS, {"tanh": table}) == []
    reference = table.copy()
    reference[TIE - FIRST] += 1
    ((exact, other),) = other_tables(OPERATORS, {"tanh": reference})
    np.testing.assert_array_equal(exact, table)
    np.testing.assert_array_equal(other, reference)
    assert make_reference([], [np.stack([exact, other])]).tables == {table.tobytes(): reference.tobytes()}


def test_an_entry_that_is_wrong_is_not_explained_by_a_tie() -> None:
    wrong = exact_table()
    wrong[[TIE - FIRST, 0]] += 1
    assert other_tables(OPERATORS, {"tanh": wrong}) == []


def test_real_scales_are_found_by_multiplier_and_shift() -> None:
    entry = {"rows": np.array([[1, 2]], np.int16), "scales": np.array([0.3, 0.7]), "ends": np.array([[0.1, 0.2]])}
    reference = make_reference([entry], [])
    multipliers, shifts = quantized_scales(np.array([0.1 * 0.7 / 0.2, 0.1 * 0.3 / 0.2]))
    found = reference.scales_of(multipliers, shifts)
    assert found is not None
    np.testing.assert_allclose(found, [0.35, 0.15], rtol=1e-15)
    assert reference.scales_of(multipliers + 1, shifts) is None
    assert make_reference([], []).scales_of(multipliers, shifts) is None


def test_rows_and_scales_are_those_of_the_model(workshop: Workshop) -> None:
    entries = connected_operators(workshop.source("gru_transfer_32x8"))
    assert sorted((entry["rows"].shape, len(entry["ends"])) for entry in entries) == [
        ((10, 32), 1),
        ((96, 28), 8),
        ((96, 32), 8),
    ]
    assert isinstance(make_reference(entries, []), Reference)
