"""Why an operator is on the CPU: the numbers it computes with, their types, scales and zero points."""

from __future__ import annotations

from harness.explain.cause import Cause
from harness.explain.remedies import INT8, TENSORFLOW

NUMBERS = (
    Cause(
        name="float SPLIT chain",
        operator=r"SPLIT",
        reason=r"DataType Float32",
        certainty="likely",
        sentence="the quantizer left a SPLIT in float between DEQUANTIZE and QUANTIZE",
        remedy="run python -m harness.repair on the model: the chain becomes an int8 SPLIT, bit for bit the same",
        upstream=f"{TENSORFLOW}97941",
    ),
    Cause(
        name="last tanh in float",
        operator=r"TANH",
        tensor=r"lstm_cell[^/]*/Tanh",
        reason=r"Tensors must be of type|DataType Float32",
        certainty="likely",
        sentence="TensorFlow 2.5 leaves the last tanh of an LSTM in float where the cell state is an output",
        remedy="convert with TensorFlow 2.9 or later",
    ),
    Cause(
        name="float border",
        operator=r"QUANTIZE|DEQUANTIZE",
        reason=r"^$|Unsupported opType|Float|Feature-map dataTypes|Tensors must be of type",
        sentence="it converts between float32 and integers, around a float operator or at the border of the model",
        remedy="mend the float operator beside it, or set inference_input_type and inference_output_type to int8",
        upstream=f"{TENSORFLOW}37023",
    ),
    Cause(
        name="float",
        reason=r"DataType (BFloat|Float)\d+",
        sentence="it computes in floating point; the NPU computes in integers only",
        remedy=INT8,
    ),
    Cause(
        name="element type",
        reason=r"unsupported DataType|Feature-map dataTypes must be one of|Tensors must be of type",
        certainty="likely",
        sentence="it works on elements of a type that the NPU does not have",
        remedy=INT8,
    ),
    Cause(
        name="wide integers",
        reason=r"Unsupported dataType Int(32|64)|(32|64)-bit feature-maps are not supported",
        sentence="it computes in integers of 32 or 64 bits, which this operator has on the NPU in no such width",
        remedy="keep indices, counters and sums of wide integers out of the model, or cast them to int8 before",
    ),
    Cause(
        name="operand type",
        reason=r"Unsupported (IFM|ifm) type|^U?Int\d+ IFM|Mismatching dataTypes|Matmul with unsupported IFM|"
        r"IFM precision must be|datatypes must match, and must be|^IFM must be ",
        certainty="likely",
        sentence="the NPU has this operator for other integers: most for int8, some for int16, few for uint8 or int32",
        remedy="quantize the model to int8 instead of int16x8, or replace the operator",
    ),
    Cause(
        name="missing quantization",
        reason=r"missing quantization parameters|must have quantization parameters",
        sentence="a tensor of integers has no scale and zero point",
        remedy="convert the model again with full integer quantization; the tensor was added or cut out afterwards",
    ),
    Cause(
        name="per-channel FULLY_CONNECTED",
        operator=r"FULLY_CONNECTED",
        reason=r"Per-axis quantization is only supported for",
        sentence="its weights have a scale for each channel, as TensorFlow writes since 2.17; Vela before 4.0 takes "
        "such weights for convolutions only",
        remedy="compile with Vela 4.0 or later, or convert with TensorFlow before 2.17",
    ),
    Cause(
        name="per-channel quantization",
        reason=r"[Pp]er-axis quantization",
        sentence="a tensor has a scale for each channel, which the NPU takes for weights only",
        remedy="quantize activations and constants of this operator with one scale",
    ),
    Cause(
        name="mismatching quantization",
        reason=r"mismatching quantization parameters|quantization parameters must match OFM",
        sentence="a minimum or maximum on the NPU needs the same scale and zero point at its inputs and its output",
        remedy="convert again with the current quantizer, which gives them one scale, or compute it with RELU",
    ),
    Cause(
        name="zero point",
        reason=r"Unsupported zeroPoint|zeroPoint out of range|ZeroPoint out of range|Zero-points must be",
        sentence="a zero point is outside of what the NPU can subtract from this type",
        remedy="quantize symmetrically (zero point 0) for int16 and int32, within the type for int8",
    ),
    Cause(
        name="scale out of range",
        reason=r"Quantization scale of any tensor must be positive",
        certainty="likely",
        sentence="a scale is 2^32 or more: the calibration saw values without bound",
        remedy="calibrate with data like the deployed one; look for infinities and unscaled inputs",
    ),
)
