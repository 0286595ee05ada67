"""The error that rounding alone explains: a quantized .tflite computed in float64, rounded where TFLite rounds.

Every operator computes exactly from the real values of its operands: constants stand for what their own scales say
(a bias with a wrong scale shows), and each result is rounded to the grid of its tensor: scale, zero point, saturation
(https://ai.google.dev/edge/litert/models/quantization_spec). What the kernels add to that are the roundings of their
fixed-point arithmetic within an operator.

Values carry the n sequences on an axis in front of the tensor's own, (n, 1, units) for (1, units); constants have 1
there. Plain: Python 3.8 syntax.
"""

from __future__ import annotations

from harness.expected.interpreter import load_rounded, run_rounded
from harness.expected.operators import MOVES, OPERATORS

__all__ = ["MOVES", "OPERATORS", "load_rounded", "run_rounded"]
