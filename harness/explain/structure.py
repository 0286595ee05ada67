"""Why an operator is on the CPU: how the model is built, its loops, its state and its shapes."""

from __future__ import annotations

from harness.explain.cause import Cause
from harness.explain.remedies import FIXED_BATCH, TENSORFLOW, TFLITE_MICRO, UNROLL

STRUCTURE = (
    Cause(
        name="loop",
        operator=r"WHILE|TENSORLIST.*",
        sentence="the recurrent layer is a loop over time steps, which the NPU cannot run",
        remedy=UNROLL,
        upstream=f"{TFLITE_MICRO}2674",
    ),
    Cause(
        name="loop",
        operator=r"LESS|LOGICAL_AND",
        certainty="likely",
        sentence="it counts the steps of a loop, which the NPU cannot run, or compares values, as only U85 can",
        remedy=UNROLL,
    ),
    Cause(
        name="loop",
        operator=r"GATHER",
        tensor=r"(^|/)while(_\d+)?/",
        certainty="likely",
        sentence="it picks the input of a time step inside a loop, which the NPU cannot run",
        remedy=UNROLL,
    ),
    Cause(
        name="resource variable",
        operator=r"VAR_HANDLE|READ_VARIABLE|ASSIGN_VARIABLE|CALL_ONCE",
        sentence="the state is a resource variable (stateful=True), which TFLite keeps in float on the CPU",
        remedy="make the state an input and an output of the model (return_state=True, initial_state=...)",
        upstream=f"{TENSORFLOW}97941",
    ),
    Cause(
        name="dynamic shape",
        operator=r"SHAPE|FILL",
        sentence="the batch size or another dimension is open, so shapes are computed at run time",
        remedy=FIXED_BATCH,
        upstream=f"{TFLITE_MICRO}197",
    ),
    Cause(
        name="dynamic shape",
        operator=r"PACK|STRIDED_SLICE|CONCATENATION",
        reason=r"^$|Unsupported opType|shapeless tensor|must have constant shape",
        certainty="likely",
        sentence="the batch size or another dimension is open, so shapes are computed at run time",
        remedy=FIXED_BATCH,
        upstream=f"{TFLITE_MICRO}197",
    ),
    Cause(
        name="open dimension",
        reason=r"Dynamic non-batch dimension|Only the first dimension of tensors can be dynamic",
        sentence="a dimension other than the batch is open, and the NPU needs every shape when it is compiled for",
        remedy="fix the number of time steps and every other dimension of the inputs",
    ),
    Cause(
        name="scalar",
        reason=r"shapeless tensor|Tensors must have constant shape",
        sentence="it computes a scalar, a tensor without a shape, which the NPU cannot address",
        remedy="give the value a shape of (1,), or compute it outside the model",
    ),
)
