"""The quantization error of a generated model: kernels and rounding oracle against float64 (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Mapping, NamedTuple, Sequence

import numpy as np

from harness import kernels
from harness.calibration import windows_of
from harness.datasets import SEQUENCES, load_digits, seed_for
from harness.errors import ModelError
from harness.expected import run_rounded
from harness.kernels import MICRO, REFERENCE
from harness.model import state_names
from harness.noise import agrees, energy, errors_of, saturation, spread, sqnr_db
from harness.oracle import float_outputs
from harness.tflite import indices, operator_name, text, view_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Dict[str, "NDArray[Any]"]

ROUNDED, UNROUNDED = "rounded", "unrounded"
UNROUNDED_SEQUENCES = 64
"""Whether the graph without rounding is the function of the float model shows in a few sequences."""

MICRO_SEQUENCES = 64
"""TFLite Micro's kernels for a PC take four times as long as LiteRT's reference kernels (GRU 256x28: 6.5 ms)."""


class _Runs(NamedTuple):
    """details of inputs and outputs; their integers as given and, by kernels, as got; real outputs by source."""

    details: dict[str, Mapping[str, Any]]
    given: Arrays
    integers: dict[str, Arrays]
    real: dict[str, Arrays]


def judge(  # noqa: PLR0913 - what the question consists of
    spec: dict[str, Any],
    weights: Arrays,
    model: bytes,
    *,
    sequences: int = 256,
    kind: str = "normal",
    mnist: bytes = b"",
) -> dict[str, Any]:
    """The error of the quantized model of a spec on sequences that no calibration uses, against float64.

    Random weights are judged on seeded sequences of a `kind` of `harness.datasets.SEQUENCES`, trained ones on MNIST
    test digits. State inputs hold what the float64 model makes of the windows before. Returns
    * `data` (the kind, or mnist), `sequences`, `bits` (of an activation);
    * `signal`: for each output the sum of squares of each sequence in float64, (n,);
    * `errors`: for each source (the kernels, those of TFLite Micro on the first MICRO_SEQUENCES and only where they can
      run the model, `rounded`: the rounding oracle, `unrounded`: the graph with nothing but its constants quantized, on
      the first UNROUNDED_SEQUENCES) and output: `noise` (n,) as `signal`, `sqnr_db` over all, the
      `harness.noise.QUANTILES` of that of each sequence, `worst_sequence` and `worst_db`;
    * `unmeasured`: why there is no error of a set of kernels, by its name;
    * `agrees`: for each source, whether it gives a sequence (its last step) the label that float64 gives it, (n,) bool;
    * `spread`: for each output, how far the kernels are apart: `largest_lsb`, `differing` (share of the values);
    * `limits`: for each input and output, `at_limits` (share of the values at the limits of the type, on reference
      kernels), `largest_lsb` (their largest distance from float64, in steps of the tensor) and `clipping_db` (signal to
      what lies beyond the range of the tensor in float64; inf: nothing does);
    * `hidden_db`: SQNR of the hidden state after each time step in the rounding oracle, None for a step that the graph
      does not show; empty where it shows none, or has several layers or directions.

    Raises ValueError where the time steps do not divide a digit, ModelError where the oracle cannot run the model.
    """
    windows, positions = judging_windows(spec, sequences, kind, mnist)
    inputs = {"input": windows[np.arange(sequences), positions], **_rolled(spec, weights, windows, positions)}
    watch = _hidden_tensors(spec, model)
    runs = _runs(model, inputs, [name for name in watch if name])
    unmeasured = _run_micro(model, runs)
    expected, hidden = float_outputs(spec, weights, inputs)
    return {
        "data": kind if spec["weights"] == "random" else "mnist",
        "sequences": sequences,
        **_measured(runs, inputs, expected),
        "unmeasured": unmeasured,
        "agrees": {source: agrees(expected["output"], outputs["output"]) for source, outputs in runs.real.items()},
        "hidden_db": [name and sqnr_db(hidden[:, step], runs.real[ROUNDED][name]) for step, name in enumerate(watch)],
    }


def measure(model: bytes, inputs: Mapping[str, NDArray[Any]], expected: Arrays) -> dict[str, Any]:
    """The error of any quantized model on inputs (n, ...), against the outputs that are expected, by tensor name.

    Returns what `judge` does, without labels, hidden states and TFLite Micro, and `unexplained`: why there is no
    rounding oracle for this model, empty where there is one.
    """
    runs, unexplained = _run_kernels(model, inputs), ""
    try:
        runs.real.update(_run_oracle(model, runs, inputs, []))
    except ModelError as error:
        unexplained = str(error)
    measured = _measured(runs, inputs, expected)
    return {**measured, "sequences": _count(inputs), "agrees": {}, "hidden_db": [], "unexplained": unexplained}


def _measured(runs: _Runs, inputs: Mapping[str, NDArray[Any]], expected: Arrays) -> dict[str, Any]:
    return {
        "bits": 8 * next(iter(runs.integers[REFERENCE].values())).itemsize,
        "signal": {name: energy(array) for name, array in expected.items()},
        "errors": {source: errors_of(expected, outputs) for source, outputs in runs.real.items()},
        "spread": {name: spread(*(runs.integers[kernel][name] for kernel in kernels.KERNELS)) for name in expected},
        "limits": _limits(runs, {**inputs, **expected}),
    }


def judging_windows(spec: dict[str, Any], count: int, kind: str, mnist: bytes) -> tuple[NDArray[Any], NDArray[Any]]:
    """Streams (n, windows, steps, features), and for each of them the place of the window that is judged."""
    steps = spec["time_steps"]
    if spec["weights"] == "random":
        before, judged = (
            SEQUENCES[name](count, steps, spec["features"], seed_for(purpose, spec["seed"]))
            for name, purpose in (("normal", "judging states"), (kind, "judging"))
        )
        return np.stack([before, judged], axis=1), np.ones(count, np.int64)
    digits = load_digits(mnist, "test").x
    # Where a window is a whole digit, the state that it starts from is fresh or that of the digit before.
    each = 2 if steps == digits.shape[1] else 1
    chosen = np.random.default_rng(seed_for("judging", spec["seed"])).permutation(len(digits))[: count * each]
    windows = windows_of(digits[chosen], steps).reshape(count, -1, steps, digits.shape[2])
    return windows, np.arange(count) % windows.shape[1]


def _rolled(spec: dict[str, Any], weights: Arrays, windows: NDArray[Any], positions: NDArray[Any]) -> Arrays:
    """The state inputs of the judged windows: from zero, through all windows before."""
    states = {name: np.zeros((len(windows), spec["units"])) for name in state_names(spec)}
    for place in range(windows.shape[1] - 1 if states else 0):
        rows = positions > place
        inputs = {name + "_in": state[rows] for name, state in states.items()}
        outputs, _ = float_outputs(spec, weights, dict(inputs, input=windows[rows, place]))
        for name, state in states.items():
            state[rows] = outputs[name + "_out"]
    return {name + "_in": state for name, state in states.items()}


def _hidden_tensors(spec: dict[str, Any], model: bytes) -> list[str | None]:
    """The tensor that holds the hidden state after each step, None where there is none; empty where none is known."""
    chains = feedback_chains(model)
    if spec["layers"] > 1 or spec["bidirectional"] or not chains:
        return []
    # A GRU with reset_after=False has two recurrent kernels: the state reaches the first, the reset state the second.
    found: list[str | None] = [name for name in chains[0] if name != "state_h_in"]
    final = "state_h_out" if spec["state"] == "transfer" else None
    return [*found, final] if len(found) == spec["time_steps"] - 1 else []


def feedback_chains(model: bytes) -> list[list[str]]:
    """The tensors that reach each recurrent kernel, step by step, by name: a list for each such kernel.

    A recurrent kernel is the weights of at least two FULLY_CONNECTED operators, each of which depends on the result of
    the one before. Of a layer that begins with zeros, the converter drops the first step.
    """
    tree = view_model(model)
    graph = tree.subgraphs[0]
    uses: dict[int, list[tuple[int, int]]] = {}
    depths: dict[int, dict[int, int]] = {}
    for operator in graph.operators:
        behind: dict[int, int] = {}
        for tensor in indices(operator.inputs):
            for kernel, depth in depths.get(tensor, {}).items():
                behind[kernel] = max(depth, behind.get(kernel, 0))
        if operator_name(tree, operator) == "FULLY_CONNECTED":
            data, kernel = indices(operator.inputs)[:2]
            uses.setdefault(kernel, []).append((data, behind.get(kernel, 0)))
            behind[kernel] = behind.get(kernel, 0) + 1
        depths.update(dict.fromkeys(indices(operator.outputs), behind))
    chains = [steps for steps in uses.values() if len(steps) > 1 and [d for _, d in steps] == list(range(len(steps)))]
    return [[text(graph.tensors[data].name) for data, _ in steps] for steps in chains]


def _runs(model: bytes, inputs: Mapping[str, NDArray[Any]], watch: Sequence[str]) -> _Runs:
    runs = _run_kernels(model, inputs)
    runs.real.update(_run_oracle(model, runs, inputs, watch))
    return runs


def _run_micro(model: bytes, runs: _Runs) -> dict[str, str]:
    """Add what TFLite Micro makes of the first sequences; says why it cannot, by the name of its kernels."""
    try:
        interpreter = kernels.load(model, MICRO)
    except ModelError as error:
        return {MICRO: str(error)}
    few = {name: array[:MICRO_SEQUENCES] for name, array in runs.given.items()}
    runs.real[MICRO] = _real(kernels.run_loaded(interpreter, few), runs.details)
    return {}


def _run_kernels(model: bytes, inputs: Mapping[str, NDArray[Any]]) -> _Runs:
    loaded = {name: kernels.load(model, name) for name in kernels.KERNELS}
    details = {**loaded[REFERENCE].inputs, **loaded[REFERENCE].outputs}
    given = {name: kernels.quantize_as(array, details[name]) for name, array in inputs.items()}
    integers = {name: kernels.run_loaded(interpreter, given) for name, interpreter in loaded.items()}
    return _Runs(details, given, integers, {name: _real(outputs, details) for name, outputs in integers.items()})


def _run_oracle(
    model: bytes, runs: _Runs, inputs: Mapping[str, NDArray[Any]], watch: Sequence[str]
) -> dict[str, Arrays]:
    few = {name: array[:UNROUNDED_SEQUENCES] for name, array in inputs.items()}
    return {
        ROUNDED: run_rounded(model, _real(runs.given, runs.details), watch),
        UNROUNDED: run_rounded(model, few, rounding=False),
    }


def _count(inputs: Mapping[str, NDArray[Any]]) -> int:
    return len(next(iter(inputs.values())))


def _real(integers: Arrays, details: Mapping[str, Mapping[str, Any]]) -> Arrays:
    return {name: kernels.dequantize_as(array, details[name]) for name, array in integers.items()}


def _limits(runs: _Runs, real: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, float]]:
    integers = {**runs.given, **runs.integers[REFERENCE]}
    return {name: saturation(runs.details[name], integers[name], array) for name, array in real.items()}
