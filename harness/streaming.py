"""A quantized model over many windows against one long float64 run of all their time steps (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from harness import kernels
from harness.datasets import SEQUENCES, seed_for
from harness.errors import ModelError
from harness.expected import load_rounded
from harness.feedback import HAND_OVERS, Arrays, Recurrent, compare_restart, compare_windows, load, run_windows, to_real
from harness.model import HEAD, SINGLE_LAYER, state_names
from harness.recurrence import run_states, softmax_head
from harness.state_ranges import ranges_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

HOST, GRAPH, RAW, RESET, ROUNDED = "host", "graph", "raw", "reset", "rounded"
WINDOWS = 100
SEQUENCES_OF_A_KIND = 8


def stream(  # noqa: PLR0913 - what the question consists of
    spec: dict[str, Any],
    weights: Arrays,
    model: bytes,
    mended: bytes,
    *,
    sequences: int = SEQUENCES_OF_A_KIND,
    windows: int = WINDOWS,
) -> dict[str, Any]:
    """The quantized model of a spec on n sequences of consecutive windows, its states handed over in every way.

    `mended` is the same model with a QUANTIZE at each state output, so that its bytes can be copied. Of each kind of
    `harness.datasets.SEQUENCES` there are so many `sequences`, none of which any calibration uses; each begins with
    fresh states. Judged are the output of each window and each state as the next window gets it. Returns
    * `kinds` (of each sequence), `windows`, `pairs` (of the contract);
    * `signal`: for `output` and each state the sum of squares of each sequence and window in float64, (n, windows);
    * `noise`: that of the error, by way of handing over: `host` (rescaled by the contract), `graph` (bytes of
      `mended`), `raw` (bytes of `model`), `reset` (each window starts fresh), `rounded` (the rounding oracle, states as
      real values); and `agrees`: whether the label is that of float64, (n, windows) bool;
    * `one_window`: `mended` from the states of `host`, as `harness.feedback.compare_windows`;
    * `restart`: as `harness.feedback.compare_restart`;
    * `ranges`: as `harness.state_ranges.ranges_of`.

    Raises ModelError where the contract of a model is not about the states of the spec.
    """
    inputs = {kind: _inputs(spec, kind, sequences, windows) for kind in SEQUENCES}
    plain, copying = _load(spec, model), _load(spec, mended)
    trajectories = _trajectories(spec, weights, np.concatenate(list(inputs.values())))
    expected = _at_ends(spec, weights, trajectories)
    data = {"input": _quantized(spec, plain, np.concatenate(list(inputs.values())), windows)}
    by_contract = run_windows(plain, data, HAND_OVERS["contract"])
    real = {
        HOST: to_real(plain, by_contract),
        GRAPH: to_real(copying, run_windows(copying, data, HAND_OVERS["raw"])),
        RAW: to_real(plain, run_windows(plain, data, HAND_OVERS["raw"])),
        RESET: to_real(plain, run_windows(plain, data, HAND_OVERS["reset"])),
        ROUNDED: _rounded(spec, plain, data["input"]),
    }
    return {
        "kinds": [kind for kind, array in inputs.items() for _ in array],
        "windows": windows,
        "pairs": plain.pairs,
        "signal": {name: _energy(array) for name, array in expected.items()},
        "noise": {
            way: {name: _energy(array - got[name]) for name, array in expected.items()} for way, got in real.items()
        },
        "agrees": {way: _labels(got) == _labels(expected) for way, got in real.items()},
        "one_window": compare_windows(copying, data, by_contract, HAND_OVERS["raw"]),
        "restart": compare_restart(plain, data),
        "ranges": ranges_of(model, plain.pairs, trajectories, spec["time_steps"]),
    }


def _inputs(spec: Mapping[str, Any], kind: str, sequences: int, windows: int) -> NDArray[Any]:
    """Whole sequences, (n, windows * steps, features), a seed of their own for each kind."""
    seed = seed_for("streaming " + kind, spec["seed"])
    return SEQUENCES[kind](sequences, windows * spec["time_steps"], spec["features"], seed)


def _load(spec: dict[str, Any], model: bytes) -> Recurrent:
    loaded = load(model)
    found, wanted = {pair["state"] for pair in loaded.pairs}, set(state_names(spec))
    if found != wanted or not wanted:
        raise ModelError("the states are %s in the model, %s in the spec" % (sorted(found), sorted(wanted)))
    return loaded


def _trajectories(spec: dict[str, Any], weights: Arrays, inputs: NDArray[Any]) -> Arrays:
    """Each state before the first step and after each, (n, 1 + windows * steps, units) float64: one long run."""
    cell = [weights[name] for name in SINGLE_LAYER]
    return dict(zip(state_names(spec), run_states(spec["cell"], cell, inputs, reset_after=spec["reset_after"])))


def _at_ends(spec: Mapping[str, Any], weights: Arrays, trajectories: Arrays) -> Arrays:
    """States and output after each window, (n, windows, ...)."""
    ends = {name: array[:, spec["time_steps"] :: spec["time_steps"]] for name, array in trajectories.items()}
    ends["output"] = softmax_head([weights[name] for name in HEAD], ends["state_h"])
    return ends


def _quantized(spec: Mapping[str, Any], model: Recurrent, inputs: NDArray[Any], windows: int) -> NDArray[Any]:
    integers = kernels.quantize_as(inputs, model.interpreter.inputs["input"])
    return integers.reshape(len(inputs), windows, spec["time_steps"], spec["features"])


def _rounded(spec: dict[str, Any], model: Recurrent, data: NDArray[Any]) -> Arrays:
    """The rounding oracle on all sequences at once, each state handed over as the real value that it stands for."""
    run, details = load_rounded(model.content), model.interpreter.inputs
    real = kernels.dequantize_as(data, details["input"])
    carried = {name: np.zeros((len(data), spec["units"])) for name in state_names(spec)}
    rows = []
    for place in range(data.shape[1]):
        outputs = run({"input": real[:, place], **{name + "_in": state for name, state in carried.items()}})
        carried = {name: _on_grid(outputs[name + "_out"], details[name + "_in"]) for name in carried}
        rows.append({"output": outputs["output"], **carried})
    return {name: np.stack([row[name] for row in rows], axis=1) for name in rows[0]}


def _on_grid(values: NDArray[Any], detail: Mapping[str, Any]) -> NDArray[Any]:
    """What a state input makes of real values."""
    return kernels.dequantize_as(kernels.quantize_as(values, detail), detail)


def _energy(values: NDArray[Any]) -> NDArray[Any]:
    """The sum of squares of each sequence and window, (n, windows)."""
    squares: NDArray[Any] = np.sum(np.square(values, dtype=np.float64).reshape(*values.shape[:2], -1), axis=2)
    return squares


def _labels(outputs: Arrays) -> NDArray[Any]:
    """The label of each sequence and window, (n, windows)."""
    labels: NDArray[Any] = np.argmax(outputs["output"], axis=2)
    return labels
