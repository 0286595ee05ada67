"""What a QUANTIZE on the state outputs changes: the model before and after on the same integers (runs in a child)."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness import kernels
from harness.contract import judge, rescale
from harness.pairing import Port, ports
from harness.tflite import view_model

RANDOM_ROWS = 24
SEED = 0


def measure(before: bytes, after: bytes) -> dict[str, Any]:
    """How far the model after the repair is from the model before it, whose state outputs the host rescales.

    Both run on RANDOM_ROWS random integers of the whole range and on all inputs at either limit. Gives back `states`
    (their outputs) and `kernels`: for each set of kernels and output, `values` (how many were compared), `differing`
    (how many are not equal) and `largest_lsb`.
    """
    pairs = {pair["output"]: pair for pair in judge(before)["pairs"]}
    rng = np.random.default_rng(SEED)
    inputs = {port.name: _integers(port, rng) for port in ports(view_model(before), "inputs")}
    compared: dict[str, Any] = {}
    for name in kernels.installed():
        expected, found = (kernels.run(model, name, inputs) for model in (before, after))
        expected.update({output: rescale(expected[output], pair) for output, pair in pairs.items()})
        compared[name] = {output: _distance(expected[output], found[output]) for output in expected}
    return {"states": list(pairs), "kernels": compared}


def _integers(port: Port, rng: np.random.Generator) -> np.ndarray:
    limits = np.iinfo(port.dtype)
    random = rng.integers(limits.min, limits.max + 1, (RANDOM_ROWS, *port.shape[1:]))
    ends = np.stack([np.full(port.shape[1:], end) for end in (limits.min, limits.max)])
    rows: np.ndarray = np.concatenate([random, ends]).astype(port.dtype)
    return rows


def _distance(expected: np.ndarray, found: np.ndarray) -> dict[str, int]:
    off = np.abs(expected.astype(np.int64) - found.astype(np.int64))
    return {"values": off.size, "differing": int(np.count_nonzero(off)), "largest_lsb": int(off.max())}
