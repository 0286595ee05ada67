"""How far float32 arithmetic may be off: single operations, sums in any order, activations.

Errors are absolute and to first order in the unit roundoff. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

UNIT_ROUNDOFF = 2.0**-24
"""Largest relative error of one float32 operation, rounding to nearest (IEEE 754)."""

SMALLEST_NORMAL = 2.0**-126
"""What float32 loses where an implementation flushes subnormal numbers to zero, as Eigen and XLA do."""

FLOAT64_TOLERANCE = 1e-9
"""How far two float64 evaluations of one model may lie apart. Each of some 10^4 roundings in a row is 2^-53 of values
around 1, 1e-12 together; a thousand times that for recurrences that amplify. Exchanged gates, steps, layers or
directions move the outputs by 1e-3 and more."""

PRODUCT_TOLERANCE = 2.0**-20
"""Relative error allowed in a scale that is the product of two float32 scales: rounded once (2^-24); sixteen times
that is far below the quantization step of an int32 bias that matters, and below every wrong scale seen (1.02 to 19)."""

LAMBDA = 9.0
"""Confidence of the probabilistic bound, as in Higham and Mary, "A new approach to probabilistic rounding
error analysis", SIAM J. Sci. Comput. 41(5), 2019, section 2: where roundings are independent and have mean
0, their weighted sum exceeds lambda times the root of the sum of squares with a probability of at most 2
exp(-lambda^2 / 2), by Hoeffding's inequality. That is 5e-18; over 10 million components and steps, less
than 1e-10.
"""

ACTIVATION_ROUNDINGS = 16.0
"""Relative error of float32 tanh, sigmoid and exp in units of UNIT_ROUNDOFF: twice the largest one measured.

Measured on x86-64 against float64, at every 16th or 17th float32 number of magnitude 1e-8 to 80: TensorFlow
2.21 tanh 5.7 (Eigen) and 4.8 (XLA), sigmoid 8.2 and 2.4, exp 2.0 and 1.4; LiteRT 2.3, default kernels, tanh
5.3, sigmoid 8.3; NumPy 2.4 tanh 1.8, exp 3.5. Eigen states "accurate up to a couple of ulp"
(MathFunctionsImpl.h); an ulp is up to two units of roundoff. Twice, for the instruction sets on which it
was not measured.
"""

SIGMOID_CUTOFF = float(np.exp(-18.0))
"""Largest error of exp(x) for sigmoid(x) below x = -9, where TFLite's reference LOGISTIC takes it."""


def activation_error(values: Array) -> Array:
    """Bound the error of tanh or exp with these values; the argument is taken as exact."""
    error: Array = ACTIVATION_ROUNDINGS * UNIT_ROUNDOFF * np.abs(values) + SMALLEST_NORMAL
    return error


def sigmoid_error(values: Array) -> Array:
    """Bound the error of a sigmoid with these values; exp(x) - sigmoid(x) is at most its square."""
    error: Array = activation_error(values) + np.minimum(values**2, SIGMOID_CUTOFF)
    return error


class Rounded(NamedTuple):
    """Values that come out of several roundings each, no intermediate result larger than `magnitudes` (n, k).

    factors (n, k), or one: what each value does to that by which the rows of its `Errors` derive.
    """

    factors: Array | float
    magnitudes: Array
    roundings: int


class Errors(NamedTuple):
    """What is wrong with values that reach R components through the same: the derivatives are row times factor.

    rows (n, R, k); `rounded` are values that come out of roundings, `off` factors and errors, (n, k) each, of values
    that are off by so much at most.
    """

    rows: Array
    rounded: Sequence[Rounded]
    off: Sequence[tuple[Array | float, Array]] = ()


def moved(*errors: Errors) -> Array:
    """Bound what all that is wrong moves each component: (n, R).

    Of roundings it is the smaller of what is certain, roundings times magnitude added up, and what is probable, LAMBDA
    times the root of the sum of squares. A sum of m products counts as m roundings in any order: m - 1 additions, and
    the products, which together are no larger than one addition.
    """
    certain, squares, off = (sum(parts) for parts in zip(*map(_moved, errors)))
    total: Array = UNIT_ROUNDOFF * np.minimum(certain, LAMBDA * np.sqrt(squares)) + off
    return total


def _moved(errors: Errors) -> tuple[Array, Array, Array]:
    """The sums over what reaches the components through the same, (n, R) each: certain, of squares, of what is off."""
    floor = SMALLEST_NORMAL / UNIT_ROUNDOFF  # adds to each rounding what a flush to zero takes
    largest = [(v.roundings, np.abs(v.factors) * (v.magnitudes + floor)) for v in errors.rounded]
    none = np.zeros((len(errors.rows), errors.rows.shape[2]))
    certain = sum((roundings * each for roundings, each in largest), none)
    squares = sum((roundings * each**2 for roundings, each in largest), none)
    off = sum((np.abs(factors) * each for factors, each in errors.off), none)
    rows = np.abs(errors.rows)
    first, last = np.moveaxis(rows @ np.stack([certain, off], axis=2), 2, 0)
    rows *= rows
    return first, (rows @ squares[:, :, np.newaxis])[:, :, 0], last
