"""Why a conversion failed: what the converter cannot do, and samples that it cannot use."""

from __future__ import annotations

from harness.explain.cause import Cause
from harness.explain.remedies import CALIBRATE, TENSORFLOW, UNROLL

CONVERSION = r"conversion|float_conversion|fused_conversion"

CONVERSION_FAILURES = (
    Cause(
        name="looped int8 conversion",
        stage="conversion",
        kind="crashed",
        signal="SIGSEGV",
        text=r"calibrator\.py|MinMax::Update|LoggingEval",
        certainty="likely",
        sentence="the converter dies while it calibrates a looped recurrent layer (WHILE) with a fixed batch size",
        remedy=UNROLL,
        upstream=f"{TENSORFLOW}75140",
    ),
    Cause(
        name="looped layer that cannot be calibrated",
        stage=CONVERSION,
        text=r"Failed to parse the model",
        certainty="likely",
        sentence="the calibrating interpreter cannot read the loop of a recurrent layer (WHILE), as in TensorFlow 2.5",
        remedy=UNROLL,
    ),
    Cause(
        name="looped layer with an open batch",
        stage=CONVERSION,
        text=r"TensorListReserve.*element_shape",
        sentence="the converter needs the shape of what a looped recurrent layer collects, and the batch is open",
        remedy=UNROLL,
    ),
    Cause(
        name="state without a value",
        text=r"variable != nullptr was not true|READ_VARIABLE\) failed to",
        sentence="a variable of the model was never initialized in the interpreter that calibrates it",
        remedy="convert from a SavedModel or freeze the function (convert_variables_to_constants_v2); no stateful=True",
    ),
    Cause(
        name="no representative dataset",
        stage=CONVERSION,
        text=r"`?representative_dataset`? must be specified",
        sentence="full integer quantization needs sample inputs to find the ranges of the tensors",
        remedy=CALIBRATE,
    ),
    Cause(
        name="representative dataset of another kind",
        stage=CONVERSION,
        text=r"Unsupported value from dataset",
        sentence="a sample of the representative dataset is neither a dict nor a list of arrays",
        remedy=CALIBRATE,
    ),
    Cause(
        name="representative dataset of another shape",
        text=r"ResizeInputTensorStrict only allows|Cannot set tensor: Dimension mismatch",
        sentence="a sample has another shape than the input that it is fed to; a list follows the order of the graph's "
        "inputs, neither Keras's nor the alphabet",
        remedy=CALIBRATE,
    ),
    Cause(
        name="representative dataset of another type",
        text=r"Cannot set tensor: Got value of type",
        sentence="a sample has another element type than the input that it is fed to",
        remedy=CALIBRATE,
    ),
    Cause(
        name="representative dataset without an input",
        stage=CONVERSION,
        kind="refused",
        text=r"^'[\w:/]+'\n",
        certainty="likely",
        sentence="a sample of the representative dataset lacks the input that the message names",
        remedy=CALIBRATE,
    ),
    Cause(
        name="output in float",
        stage=CONVERSION,
        text=r"Unsupported (in|out)put type INT\d+ for (in|out)put tensor",
        sentence="an input or output was to be of integers, but the operator behind it stayed in float",
        remedy="replace the operator at that end of the model, or leave this end in float",
    ),
    Cause(
        name="no TFLite operator",
        stage=CONVERSION,
        text=r"neither a custom op nor a flex op",
        sentence="TensorFlow Lite has no builtin operator for what the layer computes",
        remedy="write the layer with operations that TFLite has, or take the computation out of the model",
    ),
    Cause(
        name="no integer operator",
        stage=CONVERSION,
        text=r"Quantization not yet supported for op",
        sentence="the operator that the message names exists in float only",
        remedy="replace the layer: what stays in float runs on the CPU",
    ),
)
