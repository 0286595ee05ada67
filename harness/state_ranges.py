"""The range that each state takes within its windows, against what the tensors that hold it can (runs in a child)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

import numpy as np

from harness.quantization import feedback_chains
from harness.tflite import dtype_name, indices, operator_name, text, view_model

if TYPE_CHECKING:
    from numpy.typing import NDArray


def ranges_of(
    model: bytes, pairs: list[dict[str, Any]], trajectories: Mapping[str, NDArray[Any]], steps: int
) -> dict[str, Any]:
    """For each state what it takes in float64 and what the graph can hold, by the places of a window.

    `trajectories` (n, 1 + windows * steps, units) holds each state before the first step and after each. The 1 + steps
    places of a window are the state input, the state after each step, and the state output. Returns by state
    * `low`, `high`: the smallest and largest value over all sequences, (windows, places);
    * `held_low`, `held_high`, `scale` of the tensor at each place, (places,); NaN where the graph shows none;
    * `signal`, `clipped`: the sums of squares of the state, and of what lies beyond the range of its tensor, over the
      places that the graph shows, for each sequence and window, (n, windows);
    * `beyond_lsb`: how far the farthest value lies beyond that range, in steps of its tensor, for each sequence, window
      and place, (n, windows, places) float32; NaN where the graph shows none.
    """
    tree = view_model(model)
    return {
        pair["state"]: _range(tree, _places(tree, model, pair, steps), trajectories[pair["state"]], steps)
        for pair in pairs
    }


def _range(tree: Any, places: list[int | None], trajectory: NDArray[Any], steps: int) -> dict[str, Any]:
    starts = np.arange(0, trajectory.shape[1] - 1, steps)
    values = trajectory[:, starts[:, np.newaxis] + np.arange(steps + 1)]
    low, high, scale = np.array([_held(tree, place) for place in places]).T
    known = ~np.isnan(scale)
    beyond = values - np.clip(values, low[:, np.newaxis], high[:, np.newaxis])
    return {
        "low": values.min(axis=(0, 3)),
        "high": values.max(axis=(0, 3)),
        "held_low": low,
        "held_high": high,
        "scale": scale,
        "signal": np.sum(values[:, :, known] ** 2, axis=(2, 3)),
        "clipped": np.sum(beyond[:, :, known] ** 2, axis=(2, 3)),
        "beyond_lsb": (np.max(np.abs(beyond), axis=3) / scale).astype(np.float32),
    }


def _held(tree: Any, place: int | None) -> tuple[float, float, float]:
    """Smallest and largest value, and step, of a tensor; NaN for none and for floats."""
    quantization = None if place is None else tree.subgraphs[0].tensors[place].quantization
    if quantization is None or quantization.scale is None or len(quantization.scale) != 1:
        return (np.nan, np.nan, np.nan)
    limits = np.iinfo(dtype_name(tree.subgraphs[0].tensors[place]))
    scale, zero_point = float(quantization.scale[0]), int(quantization.zeroPoint[0])
    return scale * (int(limits.min) - zero_point), scale * (int(limits.max) - zero_point), scale


def _places(tree: Any, model: bytes, pair: Mapping[str, Any], steps: int) -> list[int | None]:
    """The tensors that hold a state: its input, what it is after each step, its output."""
    named = {text(tensor.name): place for place, tensor in enumerate(tree.subgraphs[0].tensors)}
    first, last = named[pair["input"]], named[pair["output"]]
    between = _cell_chain(tree, first) if pair["state"] == "state_c" else _hidden_chain(named, model, first)
    found: list[int | None] = [place for place in between if place not in (first, last)]
    return [first, *(found if len(found) == steps - 1 else [None] * (steps - 1)), last]


def _hidden_chain(named: Mapping[str, int], model: bytes, first: int) -> list[int]:
    """What reaches the recurrent kernel, step by step; the states of a GRU reach its first recurrent kernel."""
    chains = [[named[name] for name in chain] for chain in feedback_chains(model)]
    return next((chain for chain in chains if first in chain), [])


def _cell_chain(tree: Any, first: int) -> list[int]:
    """From the cell state of an LSTM on: it is multiplied by the forget gate, and what is new is added."""
    found, state = [first], first
    while True:
        kept = _result(tree, "MUL", state)
        after = None if kept is None else _result(tree, "ADD", kept)
        if after is None:
            return found
        found.append(after)
        state = after


def _result(tree: Any, name: str, operand: int) -> int | None:
    """What the first operator of this name makes of a tensor."""
    users = (operator for operator in tree.subgraphs[0].operators if operand in indices(operator.inputs))
    return next((indices(user.outputs)[0] for user in users if operator_name(tree, user) == name), None)
