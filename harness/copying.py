"""What copying state bytes does to a model that comes without its float model (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from harness.contract import judge
from harness.errors import ModelError
from harness.feedback import HAND_OVERS, load, run_windows, to_real

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEQUENCES, WINDOWS = 4, 100
DEVIATIONS = 8
"""Standard deviations in the range of an integer input: 6 of 100,000 normal values lie beyond."""


def compare(model: bytes, pairs: list[list[str]] | None = None) -> dict[str, Any]:
    """A stream whose state bytes are copied beside one whose states are handed over by the contract.

    Inputs that are no states get seeded normal values that fill the range of their tensors. Returns `windows`, `pairs`
    (of the contract), `problem` (why there is no contract to compare with; empty), and for each output and state the
    sums of squares of the stream by contract, `signal`, and of how far the other is from it, `noise`, (n, windows);
    none without pairs, or with a problem.

    `pairs` as in `harness.contract.judge`.
    """
    contract, problem = _contract(model, pairs)
    if problem or not contract["pairs"]:
        return {"windows": WINDOWS, "pairs": [], "problem": problem, "signal": {}, "noise": {}}
    loaded = load(model, pairs=pairs)
    rng = np.random.default_rng(0)
    data = {name: _normal(rng, loaded.interpreter.inputs[name]) for name in loaded.data}
    right, copied = (to_real(loaded, run_windows(loaded, data, HAND_OVERS[way])) for way in ("contract", "raw"))
    return {
        "windows": WINDOWS,
        "pairs": loaded.pairs,
        "problem": "",
        "signal": {name: _energy(array) for name, array in right.items()},
        "noise": {name: _energy(array - copied[name]) for name, array in right.items()},
    }


def _contract(model: bytes, pairs: list[list[str]] | None) -> tuple[dict[str, Any], str]:
    """The contract of a model, and why it is none: another claim is about that."""
    try:
        contract = judge(model, pairs)
    except ModelError as error:
        return {"pairs": []}, str(error)
    return contract, "; ".join(contract["problems"])


def _normal(rng: np.random.Generator, detail: Mapping[str, Any]) -> NDArray[Any]:
    """Windows (SEQUENCES, WINDOWS, ...) for an input, without its batch axis."""
    values = rng.standard_normal((SEQUENCES, WINDOWS, *detail["shape"][1:]))
    dtype = np.dtype(detail["dtype"])
    if dtype.kind not in "iu":
        return values.astype(dtype)
    limits = np.iinfo(dtype)
    middle, span = (int(limits.max) + int(limits.min)) / 2, int(limits.max) - int(limits.min)
    integers: NDArray[Any] = np.clip(np.rint(middle + values * span / DEVIATIONS), limits.min, limits.max)
    return integers.astype(dtype)


def _energy(values: NDArray[Any]) -> NDArray[Any]:
    energy: NDArray[Any] = np.sum(np.square(values).reshape(*values.shape[:2], -1), axis=2)
    return energy
