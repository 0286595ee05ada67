"""What a model keeps from one inference to the next in variables, and whether a reset clears it (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict

import numpy as np

from harness import kernels
from harness.npu.samples import calibrated

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Dict[str, "NDArray[Any]"]

INFERENCES = 16


def observe(model: bytes) -> dict[str, Any]:
    """Each of INFERENCES inputs three times: in a new interpreter, again as it is then, and again after a reset.

    On all kernels, those of TFLite Micro where they can run the model. The inputs are normal values that fill the range
    of their tensors. Returns `inferences`, and by kernels and output how far from the first inference the others are:
    `repeated` and `after_reset`, each `values` (how many were compared), `differing` and `largest_lsb`.
    """
    micro = () if kernels.micro_obstacle(model) else (kernels.MICRO,)
    found = {name: _run(model, name) for name in (*kernels.KERNELS, *micro)}
    return {
        "inferences": INFERENCES,
        "repeated": {name: _distances(first, again) for name, (first, again, _) in found.items()},
        "after_reset": {name: _distances(first, last) for name, (first, _, last) in found.items()},
    }


def _run(model: bytes, name: str) -> list[Arrays]:
    """The outputs of the first inferences, of those that repeat them, and of those after a reset."""
    rng = np.random.default_rng(0)
    inputs = kernels.load(model, name).inputs
    samples = {tensor: calibrated(rng, detail, INFERENCES) for tensor, detail in inputs.items()}
    given = [{tensor: array[row] for tensor, array in samples.items()} for row in range(INFERENCES)]
    rows = [_three(kernels.load(model, name), sample) for sample in given]
    return [{key: np.stack([outputs[key] for outputs in kind]) for key in kind[0]} for kind in zip(*rows)]


def _three(interpreter: kernels.Loaded, sample: Arrays) -> tuple[Arrays, Arrays, Arrays]:
    return interpreter.invoke(sample), interpreter.invoke(sample), kernels.begin(interpreter, sample)


def _distances(first: Arrays, other: Arrays) -> dict[str, dict[str, Any]]:
    return {name: _distance(array, other[name]) for name, array in first.items()}


def _distance(first: NDArray[Any], other: NDArray[Any]) -> dict[str, Any]:
    apart = np.abs(first.astype(np.float64) - other.astype(np.float64))
    return {"values": apart.size, "differing": int(np.count_nonzero(apart)), "largest_lsb": int(np.ceil(apart.max()))}
