"""Metrics of somebody's own: what gives a number and a direction, and what does not."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, Any]
Answer = Any
FAR_AWAY = 3.0


def agreement(outputs: Arrays, data: Arrays) -> tuple[float, str]:
    """The share of labels that are those of the data."""
    (scores,) = outputs.values()
    return float(np.mean(scores.argmax(axis=1) == data["label"])), "higher"


def largest_score(outputs: Arrays, data: Arrays) -> tuple[np.float32, str]:
    """A number of NumPy's, of which less is better."""
    assert set(data) == {"audio", "label"}
    (scores,) = outputs.values()
    return scores.max() + FAR_AWAY, "lower"


def only_a_number(outputs: Arrays, data: Arrays) -> float:
    del outputs, data
    return 0.5


def no_direction(outputs: Arrays, data: Arrays) -> tuple[float, str]:
    del outputs, data
    return 0.5, "up"


def not_a_number(outputs: Arrays, data: Arrays) -> tuple[float, str]:
    del outputs, data
    return float("nan"), "lower"


def fails(outputs: Arrays, data: Arrays) -> Answer:
    del outputs
    return data["labels"]
