"""Why an operator is on the CPU or a stage failed, and what to do: causes by the evidence that identifies them.

A row of a table stands for one cause. Its evidence are patterns: of an operator, its name, its tensor and Vela's reason
(or the constraint that it violates, in Vela's words); of a failure, the stage, the kind of outcome, the signal, and
what the tool said (its last line or its log). The first row whose patterns all fit explains. How sure it is:
`certain`, where the evidence leaves no other cause; `likely`, where another is rare; `possible`, where the evidence
fits others too.
"""

from __future__ import annotations

from harness.explain.cause import Cause
from harness.explain.explanation import CAUSES, FAILURES, explain, explain_failure

__all__ = ["CAUSES", "FAILURES", "Cause", "explain", "explain_failure"]
