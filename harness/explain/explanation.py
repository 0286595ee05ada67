"""The first cause whose evidence fits, of an operator and of a failure."""

from __future__ import annotations

from harness.evidence import CpuOperator
from harness.explain.cause import Cause
from harness.explain.compilation import COMPILATION_FAILURES
from harness.explain.conversion import CONVERSION_FAILURES
from harness.explain.endings import ENDINGS, NOT_INSTALLED
from harness.explain.execution import EXECUTION_FAILURES
from harness.explain.files import FILES
from harness.explain.limits import LIMITS
from harness.explain.numbers import NUMBERS
from harness.explain.structure import STRUCTURE

CAUSES = (*STRUCTURE, *NUMBERS, *LIMITS)
"""Why an operator is on the CPU."""

FAILURES = (*NOT_INSTALLED, *CONVERSION_FAILURES, *FILES, *COMPILATION_FAILURES, *EXECUTION_FAILURES, *ENDINGS)
"""Why a stage failed."""


def explain(operator: CpuOperator) -> Cause:
    """The first cause whose evidence fits; one that says so where none does."""
    for cause in CAUSES:
        if cause.explains_operator(operator):
            return cause
    given = f"Vela says: {operator.reason}" if operator.reason else "Vela gives no reason"
    remedy = "compare the operator with vela --supported-ops-report; --ignore-ops keeps operators off without a reason"
    return Cause(name="unknown", sentence=given, remedy=remedy, certainty="unknown")


def explain_failure(stage: str, kind: str, signal: str, detail: str, log: str) -> Cause:
    """The first cause of a failed stage whose evidence fits; one that asks for the reproducer where none does.

    `kind` and `signal` are those of `harness.engine.Outcome`; `detail` is the tool's last line, `log` what it printed.
    """
    for cause in FAILURES:
        if cause.explains_failure(stage, kind, signal, f"{detail}\n{log}"):
            return cause
    how = f"{kind} with {signal}" if signal else kind
    return Cause(
        name="unknown",
        sentence=f"{stage} {how}, and nobody has described this yet" + (f": {detail}" if detail else ""),
        remedy="run the reproducer beside this report; if it fails again, report it to the tool's makers with it",
        certainty="unknown",
    )
