"""Why an operator is on the CPU: what the NPU lacks, the operator itself or its parameters, sizes and axes."""

from __future__ import annotations

from harness.explain.cause import Cause

LIMITS = (
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
        sentence="U55 and U65 cannot read a tensor backward (go_backwards=True with a loop, or a Bidirectional that "
        "returns sequences, which flips those of its backward layer)",
        remedy="unroll the layer, which takes the steps backward without an operator; flip returned sequences on the "
        "host, return the last step only, or take a U85",
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
        name="fused LSTM of a later Vela",
        operator=r"UNIDIRECTIONAL_SEQUENCE_LSTM",
        reason=r"^$",
        certainty="likely",
        sentence="Vela 3.7 and earlier, and 4.0 for U85, do not know the LSTM as one operator",
        remedy="compile with a later Vela, or unroll the layer",
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
        remedy="replace it by supported operators; vela --supported-ops-report lists them and their constraints",
    ),
)
