"""Why Vela failed: models that it dies of or refuses, and targets that it does not know."""

from __future__ import annotations

from harness.explain.cause import Cause
from harness.explain.remedies import FIXED_BATCH, INT8, TFLITE_MICRO, UNROLL

COMPILATION_FAILURES = (
    Cause(
        name="width that U85 lacks",
        stage="compilation",
        text=r"Could not find a valid OFM microblock",
        sentence="Vela lets an operator on int32 or int64 pass for U85 and dies when it finds no unit for it",
        remedy="keep the operator that the message names in int8 or int16, or off the NPU (vela --ignore-ops)",
    ),
    Cause(
        name="truth values at the border",
        stage="compilation",
        text=r"Non-passthrough operation \((And|NotEqual)\)",
        sentence="an input or output of the model is a bool, for which Vela adds an operator that U55 and U65 lack",
        remedy="let the model end in int8 and compare on the host",
    ),
    Cause(
        name="unsupported after all",
        stage="compilation",
        text=r"Non-passthrough operation \(\w+\) could not run on NPU",
        certainty="likely",
        sentence="Vela planned the operator that the message names for the NPU and then found that it cannot run there",
        remedy="keep it off the NPU (vela --ignore-ops) and report it to Vela's maintainers with the reproducer",
    ),
    Cause(
        name="open batch before a reshape",
        stage="compilation",
        text=r"RESHAPE .*number of elements must match",
        certainty="likely",
        sentence="the batch is open: Vela sets it to 1 in one tensor and not in the other, and the sizes differ",
        remedy=FIXED_BATCH,
        upstream=f"{TFLITE_MICRO}197",
    ),
    Cause(
        name="empty constant",
        stage="compilation",
        text=r"Constant tensors must not have empty buffers",
        sentence="the converter left a constant without data, which Vela refuses",
        remedy=f"{FIXED_BATCH}; a constant without data often is a shape that was to be computed",
    ),
    Cause(
        name="model that contradicts itself",
        stage="compilation",
        text=r"Does not have valid TFLite Semantics|Out of bounds|Null pointer exception",
        certainty="likely",
        sentence="an operator does not fit its own tensors",
        remedy="convert the model again; if a tool rewrote the file, report it to its makers",
    ),
    Cause(
        name="target that Vela does not know",
        stage="compilation",
        text=r"Vela refused the target",
        sentence="the system configuration or memory mode does not exist or does not fit",
        remedy="see the names in vela.ini; an own file is given with --npu-vela-config",
    ),
    Cause(
        name="weights that are no matrix",
        stage="compilation",
        kind="crashed",
        signal="SIGFPE",
        certainty="likely",
        sentence="Vela divides by zero; weights of a FULLY_CONNECTED with more than two axes do that",
        remedy="reshape the weights to (outputs, inputs) before the conversion",
    ),
    Cause(
        name="computed sizes of TILE, MEAN or REVERSE",
        stage="compilation",
        kind="crashed",
        signal="SIGSEGV",
        text=r"(Tile|ReverseV2)Options' is not yet implemented",
        certainty="possible",
        sentence="Vela dies where the sizes of a TILE or the axes of a REVERSE_V2 are computed at run time",
        remedy="make them constants of the model",
    ),
    Cause(
        name="assertion without a word",
        stage="compilation",
        kind="refused",
        text=r"(^|\n)AssertionError(\n|$)",
        certainty="possible",
        sentence="Vela stops at an assertion of its own; those of the 3.0 line do so at loops (WHILE)",
        remedy=f"{UNROLL}; or compile with a later Vela",
    ),
    Cause(
        name="large float graph",
        stage="compilation",
        kind="hung",
        certainty="likely",
        sentence="Vela needs a minute and more for graphs with hundreds of operators on the CPU",
        remedy=f"{INT8}; a model that stays in float gains nothing from the NPU",
    ),
)
