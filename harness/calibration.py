"""Representative datasets: dicts by input name, states rolled through the float model (runs in a child)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Mapping, Tuple

import numpy as np

Sample = Dict[str, np.ndarray]
Draw = Callable[[np.random.Generator, Tuple[int, int]], np.ndarray]
FloatModel = Callable[[Sample], Mapping[str, np.ndarray]]

DRAWS: dict[str, Draw] = {
    "zeros": lambda _rng, shape: np.zeros(shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "normal": lambda rng, shape: rng.standard_normal(shape),
}


def chain(windows: np.ndarray, run: FloatModel, states: Mapping[str, int], chain_windows: int) -> Iterator[Sample]:
    """Samples whose state inputs are the state outputs of the sample before, as on the device.

    `windows` (n, time_steps, features) in streaming order; `states` gives the units of each state by its name without
    `_in`; every `chain_windows` windows the state starts again from zero, as after a reset.
    """
    carried: Sample = {}
    for index, window in enumerate(windows):
        if index % chain_windows == 0:
            carried = {name: np.zeros((1, units), np.float32) for name, units in states.items()}
        sample = {"input": window[np.newaxis].astype(np.float32)}
        sample.update({name + "_in": carried[name] for name in states})
        yield sample
        if states:
            outputs = run(sample)
            carried = {name: np.asarray(outputs[name + "_out"], np.float32) for name in states}


def drawn(windows: np.ndarray, kind: str, states: Mapping[str, int], seed: int) -> Iterator[Sample]:
    """Samples whose state inputs have nothing to do with the model: values of a `kind` of DRAWS."""
    rng = np.random.default_rng(seed)
    for window in windows:
        sample = {"input": window[np.newaxis].astype(np.float32)}
        sample.update({name + "_in": DRAWS[kind](rng, (1, units)).astype(np.float32) for name, units in states.items()})
        yield sample


def windows_of(sequences: np.ndarray, time_steps: int) -> np.ndarray:
    """Cut sequences (n, steps, features) into consecutive windows (n * steps / time_steps, time_steps, features)."""
    count, steps, features = sequences.shape
    if steps % time_steps:
        raise ValueError(f"{time_steps} time steps do not divide a sequence of {steps}")
    return sequences.reshape(count * steps // time_steps, time_steps, features)


def ranges(samples: list[Sample]) -> dict[str, Any]:
    """Smallest and largest value that each input takes, by name."""
    return {
        name: [
            float(min(sample[name].min() for sample in samples)),
            float(max(sample[name].max() for sample in samples)),
        ]
        for name in samples[0]
    }
