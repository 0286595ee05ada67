"""Runs a quantized model over windows and hands its states over: by their contract, as bytes, or not at all.

Runs in a child. Integers in, integers out; a state is recorded as the next window gets it, in the terms of its input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, Mapping, NamedTuple

import numpy as np

from harness import kernels
from harness.contract import fresh, judge, rescale
from harness.errors import ModelError
from harness.kernels import REFERENCE

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays = Dict[str, "NDArray[Any]"]
HandOver = Callable[["NDArray[Any]", Mapping[str, Any]], "NDArray[Any]"]


class Way(NamedTuple):
    """How a state output becomes the next state input; with `restart`, each window starts fresh all the same.

    Without `reset`, variables of the interpreter keep what the sequence before left in them.
    """

    hand_over: HandOver
    restart: bool = False
    reset: bool = True


class Recurrent(NamedTuple):
    """A model on a set of kernels, its states (pairs of `harness.contract`), its other inputs and outputs by name."""

    content: bytes
    kernels: str
    interpreter: Any
    pairs: list[dict[str, Any]]
    data: list[str]
    results: list[str]


def load(model: bytes, name: str = REFERENCE, pairs: list[list[str]] | None = None) -> Recurrent:
    """A model ready to run on a named set of kernels; `pairs` as in `harness.contract.judge`.

    Raises ModelError for a state that neither a copy nor a rescale can hand over.
    """
    contract = judge(model, pairs)
    if contract["problems"]:
        raise ModelError("; ".join(contract["problems"]))
    interpreter, found = kernels.load(model, name), contract["pairs"]
    given, handed = ({pair[side] for pair in found} for side in ("input", "output"))
    return Recurrent(
        model,
        name,
        interpreter,
        found,
        [name for name in interpreter.inputs if name not in given],
        [name for name in interpreter.outputs if name not in handed],
    )


def copied(values: NDArray[Any], _pair: Mapping[str, Any]) -> NDArray[Any]:
    """The bytes of a state output as they are."""
    return values


HAND_OVERS = {
    "contract": Way(rescale),
    "raw": Way(copied),
    "reset": Way(rescale, restart=True),
    "unreset": Way(rescale, reset=False),
}


def run_windows(model: Recurrent, data: Arrays, way: Way) -> Arrays:
    """Outputs and states (n, windows, ...) of sequences of windows (n, windows, ...) by input name.

    Each sequence begins with fresh states, and variables as the way says.
    """
    count = len(next(iter(data.values())))
    sequences = [_run(model, {name: array[row] for name, array in data.items()}, way) for row in range(count)]
    return {name: np.stack([sequence[name] for sequence in sequences]) for name in sequences[0]}


def fresh_states(pairs: list[dict[str, Any]]) -> Arrays:
    """What each state input gets at a reset, by its name."""
    return {pair["input"]: np.full(pair["shape"][1:], fresh(pair), pair["dtype"]) for pair in pairs}


def to_real(model: Recurrent, integers: Arrays) -> Arrays:
    """The real values of what `run_windows` gives; what is not quantized stands for itself."""
    details = dict(model.interpreter.outputs)
    details.update({pair["state"]: model.interpreter.inputs[pair["input"]] for pair in model.pairs})
    return {
        name: kernels.dequantize_as(array, details[name]) if details[name]["quantization"][0] else array.astype(float)
        for name, array in integers.items()
    }


def compare_windows(model: Recurrent, data: Arrays, streamed: Arrays, way: Way) -> dict[str, Any]:
    """How far each window of this model is from what was `streamed`, where it starts from the states of `streamed`.

    Returns for each output and state `largest_lsb` and `differing`, the share of the values.
    """
    count, windows = next(iter(data.values())).shape[:2]
    given = {name: array.reshape(count * windows, *array.shape[2:]) for name, array in data.items()}
    for pair, start in zip(model.pairs, fresh_states(model.pairs).values()):
        after = streamed[pair["state"]]
        before = np.concatenate([np.broadcast_to(start, (count, 1, *start.shape)), after[:, :-1]], axis=1)
        given[pair["input"]] = before.reshape(count * windows, *start.shape)
    outputs = kernels.run(model.content, model.kernels, given)
    own = {name: outputs[name] for name in model.results}
    own.update({pair["state"]: way.hand_over(outputs[pair["output"]], pair) for pair in model.pairs})
    return {name: _distance(array, streamed[name].reshape(array.shape)) for name, array in own.items()}


def compare_restart(model: Recurrent, data: Arrays) -> dict[str, Any]:
    """A reset of the model, which has run, against a new interpreter that gets zeros.

    Returns `differing` (of the values of all outputs of the first window of each sequence) and `value`, the largest
    magnitude that a state has after the reset.
    """
    reset = fresh_states(model.pairs)
    differing = 0
    for row in range(len(next(iter(data.values())))):
        new = kernels.load(model.content, model.kernels)
        first = {name: array[row, 0] for name, array in data.items()}
        zeros = {name: kernels.quantize_as(np.zeros(state.shape), new.inputs[name]) for name, state in reset.items()}
        used, expected = model.interpreter.invoke({**first, **reset}), new.invoke({**first, **zeros})
        differing += sum(int(np.sum(used[name] != array)) for name, array in expected.items())
    values = [kernels.dequantize_as(state, model.interpreter.inputs[name]) for name, state in reset.items()]
    return {"differing": differing, "value": float(max(np.abs(value).max() for value in values))}


def _run(model: Recurrent, data: Arrays, way: Way) -> Arrays:
    start = carried = fresh_states(model.pairs)
    rows = []
    for place in range(len(next(iter(data.values())))):
        if way.restart or (way.reset and place == 0):
            model.interpreter.reset()
        outputs = model.interpreter.invoke({**{name: array[place] for name, array in data.items()}, **carried})
        handed = {pair["state"]: way.hand_over(outputs[pair["output"]], pair) for pair in model.pairs}
        rows.append({**{name: outputs[name] for name in model.results}, **handed})
        carried = start if way.restart else {pair["input"]: handed[pair["state"]] for pair in model.pairs}
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _distance(first: NDArray[Any], second: NDArray[Any]) -> dict[str, Any]:
    apart = np.abs(first.astype(np.int64) - second.astype(np.int64))
    return {"largest_lsb": int(apart.max()), "differing": float(np.mean(apart > 0))}
