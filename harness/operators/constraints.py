"""Whether an operator meets a constraint that Vela states in words."""

from __future__ import annotations

import re

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
    for pattern, predicate in CONSTRAINTS:
        match = re.match(pattern, text, re.DOTALL)
        if match:
            try:
                verdict = predicate(node, match)
            except (ArithmeticError, IndexError, KeyError, TypeError, ValueError):
                return None
            return None if verdict is None else bool(verdict)
    return None
