"""A quantized classifier of MNIST digits, whose rows arrive in as many windows as it takes (runs in a child)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.datasets import load_digits
from harness.feedback import HAND_OVERS, load, run_windows
from harness.kernels import quantize_as


def classify(model: bytes, kernels: str, mnist: bytes, limit: int, *, feedback: str = "contract") -> dict[str, Any]:
    """Labels that the int8 model gives the first `limit` MNIST test digits, states (if any) starting at zero.

    The time steps of the model divide the 28 rows of a digit: it sees a digit in that many windows, its states handed
    over by a `feedback` of HAND_OVERS. Returns `labels` and `expected`, (limit,) int64.
    """
    loaded = load(model, kernels)
    digits, expected = (part[:limit] for part in load_digits(mnist, "test"))
    detail = loaded.interpreter.inputs["input"]
    windows = quantize_as(digits, detail).reshape(len(digits), -1, *detail["shape"][1:])
    labels = [
        int(np.argmax(run_windows(loaded, {"input": digit[np.newaxis]}, HAND_OVERS[feedback])["output"][0, -1]))
        for digit in windows
    ]
    return {"labels": np.array(labels, np.int64), "expected": expected.astype(np.int64)}
