"""Stages that stream a model with a fault planted into the road of its state, or into its calibration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from harness import conversion, feedback, streaming
from harness.contract import judge
from harness.state_ranges import ranges_of
from harness.tflite import indices, read_model, text, write_model

Tree = Pair = Any
"""The schema's object tree; a pair of `harness.contract`."""

SEQUENCES, WINDOWS = 4, 24


def stream(
    spec: dict[str, Any], weights: dict[str, np.ndarray], model: bytes, mended: bytes, *, fault: str = "none"
) -> dict[str, Any]:
    """Stream a few sequences with a fault of FAULTS; runs in a child of its own."""
    model, mended = FAULTS[fault](model, mended) or (model, mended)
    return streaming.stream(spec, weights, model, mended, sequences=SEQUENCES, windows=WINDOWS)


def convert_small_states(spec: dict[str, Any], weights: dict[str, np.ndarray]) -> dict[str, Any]:
    """A conversion that sees states ten times too small; its outputs follow, as a state is mostly kept."""
    sound = conversion.representative_samples

    def small(*arguments: Any) -> list[dict[str, np.ndarray]]:  # noqa: ANN401 - passed on
        return [
            {name: array * np.float32(0.1) if name != "input" else array for name, array in sample.items()}
            for sample in sound(*arguments)
        ]

    conversion.representative_samples = small
    return conversion.convert(spec, weights)


def range_of_constant(  # noqa: PLR0913 - the shape of the trajectories
    model: bytes, *, value: float, sequences: int, windows: int, steps: int, units: int
) -> dict[str, Any]:
    """The ranges of states that are zero, but for `value` after the second step of the last window."""
    pairs = judge(model)["pairs"]
    trajectory = np.zeros((sequences, 1 + windows * steps, units))
    trajectory[-1, -2, 0] = value
    return ranges_of(model, pairs, {pair["state"]: trajectory for pair in pairs}, steps)


def _raw_bytes(_model: bytes, _mended: bytes) -> None:
    streaming.HAND_OVERS["contract"] = feedback.Way(feedback.copied)


def _swapped_states(_model: bytes, _mended: bytes) -> None:
    def swapped(model: bytes, pairs: Any = None) -> dict[str, Any]:  # noqa: ANN401 - passed on
        return judge(model, pairs or [["state_c_out", "state_h_in"], ["state_h_out", "state_c_in"]])

    feedback.judge = swapped


def _half_of_it_reset(_model: bytes, _mended: bytes) -> None:
    def halved(values: np.ndarray, pair: Mapping[str, Any]) -> np.ndarray:
        carried: np.ndarray = feedback.rescale(values, pair).copy()
        carried[: len(carried) // 2] = feedback.fresh(pair)
        return carried

    streaming.HAND_OVERS["contract"] = feedback.Way(halved)


def _another_reset(_model: bytes, _mended: bytes) -> None:
    feedback.fresh = lambda pair: int(pair["input_zero_point"]) + 3


def _a_memory_of_its_own(_model: bytes, _mended: bytes) -> None:
    """Interpreters keep something over a reset: here, how often they ran."""
    sound = feedback.kernels.load

    def load(*arguments: Any) -> Any:  # noqa: ANN401 - passed on
        interpreter, runs = sound(*arguments), [0]

        def invoke(sample: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
            runs[0] += 1
            return {name: array + (runs[0] > WINDOWS) for name, array in interpreter.invoke(sample).items()}

        return interpreter._replace(invoke=invoke)

    feedback.kernels.load = load


def _another_quantize(_model: bytes, mended: bytes) -> tuple[bytes, bytes]:
    tree = read_model(mended)
    graph = tree.subgraphs[0]
    for tensor in (graph.tensors[place] for place in indices(graph.outputs)):
        if text(tensor.name).startswith("state_"):
            tensor.quantization.zeroPoint = tensor.quantization.zeroPoint + 1
    return _model, write_model(tree)


FAULTS: dict[str, Callable[[bytes, bytes], Any]] = {
    "none": lambda _model, _mended: None,
    "raw bytes": _raw_bytes,
    "swapped states": _swapped_states,
    "half of the state reset": _half_of_it_reset,
    "another reset": _another_reset,
    "a memory of its own": _a_memory_of_its_own,
    "another quantize": _another_quantize,
}
