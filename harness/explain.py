"""Why an operator is on the CPU, and what to do about it: a table of causes, by the evidence that identifies them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.evidence import CpuOperator


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause with its remedy. `operator` and `reason` are patterns over the operator's name and Vela's reason."""

    name: str
    operator: str
    reason: str
    sentence: str
    remedy: str


CAUSES = (
    Cause(
        "loop",
        r"WHILE|LESS|LOGICAL_AND|GATHER|TENSORLIST.*",
        r"",
        "the recurrent layer is a loop over time steps, which the NPU cannot run",
        "build the layer with unroll=True and a fixed number of time steps",
    ),
    Cause(
        "resource variable",
        r"VAR_HANDLE|READ_VARIABLE|ASSIGN_VARIABLE|CALL_ONCE",
        r"",
        "the state is a resource variable (stateful=True), which TFLite keeps in float on the CPU",
        "make the state an input and an output of the model (return_state=True, initial_state=...)",
    ),
    Cause(
        "dynamic shape",
        r"SHAPE|PACK|FILL",
        r"",
        "the batch size or another dimension is open, so shapes are computed at run time",
        "give every input a fixed shape with batch size 1 (keras.Input(batch_shape=(1, ...)))",
    ),
    Cause(
        "float SPLIT chain",
        r"SPLIT",
        r".*Float32",
        "the quantizer left a SPLIT in float between DEQUANTIZE and QUANTIZE",
        "run python -m harness.repair on the model: the chain becomes an int8 SPLIT, bit for bit the same",
    ),
    Cause(
        "float border",
        r"QUANTIZE|DEQUANTIZE",
        r".*",
        "it converts between float32 and integers, around a float operator or at the border of the model",
        "mend the float operator beside it, or set inference_input_type and inference_output_type to int8",
    ),
    Cause(
        "float",
        r".*",
        r".*Float(16|32|64)",
        "it computes in floating point; the NPU computes in integers only",
        "quantize the model to int8 with a representative dataset (TFLITE_BUILTINS_INT8)",
    ),
    Cause(
        "unsupported operator",
        r".*",
        r"Unsupported opType.*",
        "the NPU has no such operator",
        "replace it by supported operators; vela --supported-ops-report lists them",
    ),
)


def explain(operator: CpuOperator) -> Cause:
    """The first cause whose evidence fits; one that says so where none does."""
    for cause in CAUSES:
        if re.fullmatch(cause.operator, operator.name) and re.match(cause.reason, operator.reason):
            return cause
    given = f"Vela says: {operator.reason}" if operator.reason else "Vela gives no reason"
    return Cause(
        "unknown",
        operator.name,
        operator.reason,
        given,
        "compare the operator with vela --supported-ops-report",
    )
