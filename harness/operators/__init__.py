"""Predicts, operator by operator, what Vela will place on the NPU and which of its constraints stands in the way.

Runs in a child. The constraints are the sentences that the installed Vela lists for each operator
(`harness.vela.operator_constraints`); a table turns each sentence into a predicate over the operator. A sentence that
the table does not know is counted and never guessed. Vela 5.2 decides on each operator alone, wherever it stands; the
graph matters only in what it leaves out.
"""

from __future__ import annotations

from harness.operators.constraints import holds
from harness.operators.node import Node
from harness.operators.prediction import FAMILIES, UNSUPPORTED, VELA_NAMES, predict
from harness.operators.tflm import tflm_kernel

__all__ = ["FAMILIES", "UNSUPPORTED", "VELA_NAMES", "Node", "holds", "predict", "tflm_kernel"]
