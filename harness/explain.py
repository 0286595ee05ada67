"""Why an operator is on the CPU or a stage failed, and what to do: causes by the evidence that identifies them.

A row of a table stands for one cause. Its evidence are patterns: of an operator, its name, its tensor and Vela's reason
(or the constraint that it violates, in Vela's words); of a failure, the stage, the kind of outcome, the signal, and
what the tool said (its last line or its log). The first row whose patterns all fit explains. How sure it is:
`certain`, where the evidence leaves no other cause; `likely`, where another is rare; `possible`, where the evidence
fits others too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from harness.evidence import CpuOperator

Certainty = Literal["certain", "likely", "possible", "unknown"]

TENSORFLOW = "https://github.com/tensorflow/tensorflow/issues/"
TFLITE_MICRO = "https://github.com/tensorflow/tflite-micro/issues/"

CALIBRATE = "give a representative dataset of float32 samples, as dicts by input name, in the inputs' shapes"
OTHER_OPERATOR = "replace it by supported operators; vela --supported-ops-report lists them and their constraints"
INT8 = "quantize the model to int8 with a representative dataset (TFLITE_BUILTINS_INT8)"
UNROLL = "build the layer with unroll=True, a fixed number of time steps and a fixed batch size"
FIXED_BATCH = (
    "give every input a fixed shape with batch size 1 (keras.Input(batch_shape=(1, ...))) and convert a function "
    "traced at that shape: Keras's model.export opens the batch again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A cause with its remedy, how sure it is, and where it is reported.

    `operator`, `kind`, `stage` and `signal` must match in full; `tensor`, `reason` and `text` anywhere, case and all.
    """

    name: str
    sentence: str
    remedy: str
    certainty: Certainty = "certain"
    upstream: str = ""
    operator: str = ".*"
    tensor: str = ""
    reason: str = ""
    stage: str = ".*"
    kind: str = ".*"
    signal: str = ".*"
    text: str = ""

    def explains_operator(self, operator: CpuOperator) -> bool:
        """Whether the evidence of an operator fits."""
        return bool(
            re.fullmatch(self.operator, operator.name)
            and re.search(self.tensor, operator.tensor)
            and re.search(self.reason, operator.reason)
        )

    def explains_failure(self, stage: str, kind: str, signal: str, text: str) -> bool:
        """Whether the evidence of a failed stage fits."""
        pairs = ((self.stage, stage), (self.kind, kind), (self.signal, signal))
        return all(re.fullmatch(pattern, value) for pattern, value in pairs) and bool(re.search(self.text, text))


CAUSES = (
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
        name="float border",
        operator=r"QUANTIZE|DEQUANTIZE",
        reason=r"^$|Unsupported opType|Float|Feature-map dataTypes",
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
        reason=r"unsupported DataType|Feature-map dataTypes must be one of",
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
    Cause(
        name="computed parameter",
        reason=r"non-constant|tensors? must be constant",
        sentence="an axis, size, index or bias is computed at run time, and the NPU needs it when it is compiled for",
        remedy="make the parameter a constant of the model; a fixed batch size often does",
    ),
    Cause(
        name="parameter type",
        reason=r"Unsupported params tensor|Params tensor must be",
        sentence="sizes of a padding must be int32 or int64",
        remedy="convert the model again: the converter writes int32",
    ),
    Cause(
        name="stride",
        reason=r"Unsupported kernel stride|^stride out of range|unsupported stride combination|Kernel stride must be|"
        r"Stride>3 is only|Stride values WxH must be",
        sentence="U55 and U65 take strides up to 3 (transposed: 2), more only without padding and dilation",
        remedy="use a smaller stride, padding='valid', or a pooling layer before",
    ),
    Cause(
        name="kernel size",
        reason=r"kernel (height|width|product): .* out of range|[Kk]ernel (product|constraints)",
        sentence="the window of the kernel is too large: 8 x 8 for a padded average, 256 high otherwise",
        remedy="pool in two layers, with padding='valid', or over the whole image (GlobalAveragePooling2D)",
    ),
    Cause(
        name="transposed convolution",
        reason=r"Unsupported IFM/OFM shapes|OFM must be equal to IFM \* stride",
        sentence="the output of the transposed convolution is not the input times the stride",
        remedy="leave output_padding out, and let padding='same' give the size",
    ),
    Cause(
        name="resize",
        reason=r"scale-?[fF]actor|Scale-factor|align_corners|IFM H == IFM W == 1",
        sentence="the NPU does not resize by this factor (U55 and U65: 2, 4 or 8; U85 bilinear: powers of 2)",
        remedy="resize by 2, several times if need be, without half_pixel_centers on U55 and U65",
    ),
    Cause(
        name="argmax",
        reason=r"depth of the argmax|^Axis is .* Only last axis|along the depth axis|IFM depth must be less",
        sentence="U55 and U65 take the argmax along the last axis only, of at most 127 values",
        remedy="let the firmware take the argmax of the scores, or keep to the last axis and 127 classes",
    ),
    Cause(
        name="large product",
        operator=r"FULLY_CONNECTED|BATCH_MATMUL",
        reason=r"Reduced axis|OFM depth",
        sentence="U55 and U65 multiply computed matrices of at most 65,536 columns",
        remedy="split the matrices, or make the weights constant",
    ),
    Cause(
        name="large softmax",
        operator=r"SOFTMAX",
        reason=r"Unsupported ifmShape|product of IFM width and height",
        sentence="the softmax is over more than 65,536 rows at once",
        remedy="split the input, or let the firmware take the softmax",
    ),
    Cause(
        name="reduction",
        reason=r"^Batch > 1|Batch must be 1|depth-reduction|Reduction over depth|Reduced axis|reduced elements",
        sentence="it reduces over an axis, or over more elements, than the NPU can sum up",
        remedy="average over height and width of one image; reshape so that an axis of size 1 stands beside the depth",
    ),
    Cause(
        name="gather axis",
        reason=r"^axis: .* != batch_dims|axis must be equal to batch_dims",
        sentence="U85 gathers along the axis after the batch dimensions only",
        remedy="gather along axis 0, or transpose before",
    ),
    Cause(
        name="scatter",
        reason=r"^index (shape|tensor contains duplicates)|Index tensor (must have channel|elements must be unique)",
        sentence="U85 scatters whole rows, each to a place of its own",
        remedy="make the indices a constant of shape (n, 1) without duplicates",
    ),
    Cause(
        name="slice",
        reason=r"^StridedSlice with|Slice must represent a volume",
        sentence="the slice steps backward, or over another axis than height and width",
        remedy="slice without a step, or transpose so that the step is over a time or image axis",
    ),
    Cause(
        name="reverse",
        reason=r"Unsupported reverse mask|Axis attribute is not supported",
        sentence="U55 and U65 cannot read a tensor backward (go_backwards=True, Bidirectional with a loop)",
        remedy="unroll the layer, which reverses the steps without an operator, or reverse the input on the host",
    ),
    Cause(
        name="transpose",
        reason=r"transpose|Tensor dimension must be <=|IF IFM is Int(32|8)|Transpose",
        sentence="the transpose has more axes or larger ones than the NPU can swap",
        remedy="keep axes up to 65,536, at most 4 of them for int32, or store the constant transposed",
    ),
    Cause(
        name="weights",
        reason=r"^Weights tensor with precision|Weight tensors must be 8-bit|absolute sum of weight|Weigth sum|"
        r"Unsupported weights shape|FullyConnected weights must be",
        sentence="the weights are not 8-bit, not a matrix, or their sum does not fit the accumulator of the NPU",
        remedy="quantize the weights to int8 and split layers of more than 65,000 inputs",
    ),
    Cause(
        name="bias",
        reason=r"^Bias |^Operation has bias with type|Bias (values|tensors)|Int64 bias must be",
        sentence="the bias is not one int32 or int64 value a channel that fits the NPU's 40 bits (U85: 48)",
        remedy="convert again with full integer quantization; a bias out of range means an input scale close to 0",
    ),
    Cause(
        name="fused LSTM",
        operator=r"UNIDIRECTIONAL_SEQUENCE_LSTM",
        reason=r"Peephole|Missing gate|Implicit gate|Projection|[Nn]ormalization",
        sentence="the fused LSTM has peepholes, a projection, a coupled gate or layer normalization",
        remedy="use the plain LSTM layer of Keras, unrolled",
    ),
    Cause(
        name="shapes",
        reason=r"^Mismatching shapes|IFM and OFM shapes must match|num_splits|"
        r"^Operation without|Operations must have at least one",
        certainty="likely",
        sentence="inputs and outputs of the operator do not fit each other, or are missing",
        remedy="convert the model again: the file was changed after the conversion",
    ),
    Cause(
        name="Select TF operator",
        operator=r"Flex\w+",
        sentence="it is an operator of TensorFlow itself (SELECT_TF_OPS), which neither the NPU nor TFLite Micro has",
        remedy="build the layer from TFLite's builtin operators and convert without SELECT_TF_OPS",
    ),
    Cause(
        name="unsupported operator",
        reason=r"^Unsupported opType",
        sentence="the NPU has no such operator",
        remedy=OTHER_OPERATOR,
    ),
)
"""Why an operator is on the CPU."""

CONVERSION = r"conversion|float_conversion"
KERNELS = r"kernels.*|int8_.*|drift.*|streaming.*"

FAILURES = (
    Cause(
        name="TensorFlow is not installed",
        kind="not installed",
        text=r"No module named '(tensorflow|keras)",
        sentence="this needs TensorFlow, which is not installed here",
        remedy="pip install 'ethos-u-rnn-harness[keras]'",
    ),
    Cause(
        name="a tool is not installed",
        kind="not installed",
        sentence="this needs a package that is not installed here",
        remedy="install the package that the message names: pip install 'ethos-u-rnn-harness[keras,tflm]'",
    ),
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
    Cause(
        name="Python in the model file",
        text=r"`?Lambda`? layer whose `?function`?|Could not locate (class|function)",
        sentence="the .keras file refers to Python code that it does not hold",
        remedy="save a model of Keras's own layers, or register the class (keras.saving.register_keras_serializable)",
    ),
    Cause(
        name="weights of another model",
        text=r"set_weights\(weights\)` on layer|Layer \S+ weight shape .* is not compatible",
        sentence="the weights do not fit the layers that they are loaded into",
        remedy="use the weights of the same cell, units and features",
    ),
    Cause(
        name="already compiled",
        text=r"unresolved custom op: ethos-u",
        sentence="Vela has compiled this file: the reference kernels cannot run its custom operator ethos-u",
        remedy="give the .tflite that went into Vela",
    ),
    Cause(
        name="damaged file",
        text=r"Buffer contents inconsistent with generated schema|damaged or truncated|not a TFLite file|"
        r"not a valid Flatbuffer|Unable to parse TFLite input|the file is empty",
        sentence="the file is not a whole TFLite model",
        remedy="export or copy the model again and compare the sizes",
    ),
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
        name="large float graph",
        stage="compilation",
        kind="hung",
        certainty="likely",
        sentence="Vela needs a minute and more for graphs with hundreds of operators on the CPU",
        remedy=f"{INT8}; a model that stays in float gains nothing from the NPU",
    ),
    Cause(
        name="too slow",
        kind="hung",
        certainty="possible",
        sentence="the stage did not answer within its limit: a large model, a busy machine or a tool that hangs",
        remedy="try fewer units and time steps on a quiet machine; if that hangs too, report it with the reproducer",
    ),
    Cause(
        name="disk full",
        text=r"No space left on device",
        sentence="the disk that the tool writes to is full",
        remedy="free some space (TMPDIR and the store: --npu-store) and run again: nothing of this is kept",
    ),
    Cause(
        name="out of memory",
        kind="out of memory",
        sentence="the stage took more memory than it may",
        remedy="use fewer units and time steps, or fewer workers (--npu-workers)",
    ),
    Cause(
        name="killed",
        kind="crashed",
        signal="SIGKILL",
        certainty="likely",
        sentence="somebody ended the stage from outside, most often the system when memory ran out",
        remedy="use fewer workers (--npu-workers) and close other programs",
    ),
    Cause(
        name="kernel that stops",
        stage=KERNELS,
        kind="crashed",
        signal="SIGABRT",
        certainty="possible",
        sentence="a kernel of the interpreter found its own assumption violated and stopped the process",
        remedy="run the model on other kernels (LiteRT reference, default, TFLite Micro): only one of them may stop",
    ),
    Cause(
        name="kernel that refuses",
        stage=KERNELS,
        text=r"Node number \d+ \(\S+\) failed to (invoke|prepare)",
        certainty="likely",
        sentence="the kernel of the operator that the message names refused its inputs",
        remedy="check shapes and ranges of the inputs; convert the model again if the file was changed",
    ),
)
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
