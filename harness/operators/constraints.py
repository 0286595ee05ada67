"""Whether an operator meets a constraint that Vela states in words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from harness.operators.axis_constraints import AXIS_CONSTRAINTS
from harness.operators.node import Node
from harness.operators.tensor_constraints import TENSOR_CONSTRAINTS
from harness.operators.weight_constraints import WEIGHT_CONSTRAINTS
from harness.operators.window_constraints import WINDOW_CONSTRAINTS

CONSTRAINTS = (*TENSOR_CONSTRAINTS, *WEIGHT_CONSTRAINTS, *WINDOW_CONSTRAINTS, *AXIS_CONSTRAINTS)
"""The beginning of a sentence, as a pattern, and what decides it; no sentence has two."""


def holds(text: str, node: Node) -> bool | None:
    """Whether a node meets a constraint in Vela's words; None where no predicate knows the sentence or the node.

    A node without the tensor, the option or the constant that the sentence is about is one that nobody knows how Vela
    reads.
    """
    match, predicate = _decider(text)
    if match is None:
        return None
    try:
        verdict = predicate(node, match)
    except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
        return None
    return None if verdict is None else bool(verdict)


@lru_cache(maxsize=None)
def _decider(text: str) -> Any:
    """The match of a sentence and its predicate, found once for all operators; (None, None) for an unknown one."""
    found = ((re.match(pattern, text, re.DOTALL), predicate) for pattern, predicate in CONSTRAINTS)
    return next((pair for pair in found if pair[0]), (None, None))
