"""The evidence of each cause of an operator on the CPU, and what is much like it and is none."""

from __future__ import annotations

IN_A_LOOP = ("GATHER", "Unsupported opType", "gru_1/while/TensorArrayV2Read")
OLD_TYPES = "Tensors must be of type: int16, int32, int8, uint8"
PER_AXIS = "Per-axis quantization is only supported for the following op types: CONV_2D, DEPTHWISE_CONV_2D"
LAST_TANH = "model/lstm_0/lstm_cell/Tanh_15"
FLOAT32 = "Operation has tensor with unsupported DataType Float32 (gru/a)"
EVIDENCE: dict[str, list[tuple[str, ...]]] = {
    "loop": [
        ("WHILE", FLOAT32),
        ("LESS", ""),
        ("LOGICAL_AND", "Unsupported opType"),
        ("TENSORLISTRESERVE", ""),
        IN_A_LOOP,
    ],
    "resource variable": [("VAR_HANDLE", ""), ("READ_VARIABLE", "Unsupported opType"), ("ASSIGN_VARIABLE", "")],
    "dynamic shape": [
        ("SHAPE", ""),
        ("PACK", "Unsupported opType"),
        ("FILL", ""),
        ("STRIDED_SLICE", "Operation has shapeless tensor"),
    ],
    "open dimension": [("TANH", "Dynamic non-batch dimension at axis 1 on tensor x")],
    "scalar": [("TANH", "Operation has shapeless tensor")],
    "float SPLIT chain": [("SPLIT", FLOAT32)],
    "last tanh in float": [("TANH", OLD_TYPES, LAST_TANH), ("TANH", FLOAT32, LAST_TANH)],
    "per-channel FULLY_CONNECTED": [("FULLY_CONNECTED", PER_AXIS)],
    "float border": [("DEQUANTIZE", "Unsupported opType"), ("QUANTIZE", FLOAT32), ("QUANTIZE", "")],
    "float": [("TANH", FLOAT32), ("ADD", "x DataType Float16"), ("MUL", "x DataType Float64"), ("PACK", FLOAT32)],
    "element type": [("GATHER", "Operation has tensor with unsupported DataType UInt32 (a)"), ("MUL", OLD_TYPES)],
    "wide integers": [("TANH", "Unsupported dataType Int32"), ("ADD", "Unsupported dataType Int64")],
    "operand type": [("BATCH_MATMUL", "Matmul with unsupported IFM type"), ("GELU", "Unsupported IFM type: Int16")],
    "missing quantization": [("ADD", "Operation has tensor a with missing quantization parameters")],
    "per-channel quantization": [("ADD", "Operation does not support per-axis quantization")],
    "mismatching quantization": [("MAXIMUM", "Operation has mismatching quantization parameters.")],
    "zero point": [("ADD", "Unsupported zeroPoint 3 for dataType: Int32"), ("ADD", "IFM ZeroPoint out of range")],
    "scale out of range": [("ADD", "Quantization scale of any tensor must be positive.")],
    "computed parameter": [
        ("SLICE", "non-constant parameter-tensor a"),
        ("CONV_2D", "Operation has non-constant bias tensor."),
    ],
    "parameter type": [("PAD", "Unsupported params tensor with datatype: Int16")],
    "stride": [("CONV_2D", "Unsupported kernel stride: 4, 4"), ("TRANSPOSE_CONV", "stride out of range: (3,3)")],
    "kernel size": [
        ("AVERAGE_POOL_2D", "kernel width: 9 out of range"),
        ("MAX_POOL_2D", "kernel product: 80000 out of range"),
    ],
    "transposed convolution": [("TRANSPOSE_CONV", "(Padding::SAME) Unsupported IFM/OFM shapes. ifm:(4,4), ofm:(7,7)")],
    "resize": [("RESIZE_BILINEAR", "Scaling matches and operation has unsupported scale-factor=3")],
    "argmax": [
        ("ARG_MAX", "The depth of the argmax: 200, is over the limit: 127."),
        ("ARG_MAX", "Axis is 1, but number of input dimensions is 3. Only last axis or -1 is supported."),
    ],
    "large product": [
        ("BATCH_MATMUL", "Reduced axis is too large: 70000"),
        ("FULLY_CONNECTED", "OFM depth is too large: 70000"),
    ],
    "large softmax": [("SOFTMAX", "Unsupported ifmShape: (1, 1, 65537, 2), W * H = 65537")],
    "reduction": [("MEAN", "Unsupported depth-reduction.  IFM: 1, 8, 8, 4"), ("MEAN", "Reduced axis is too large")],
    "gather axis": [("GATHER", "axis: 1 != batch_dims: 0")],
    "scatter": [("SCATTER_ND", "index tensor contains duplicates")],
    "slice": [("STRIDED_SLICE", "StridedSlice with unsupported stride axis")],
    "reverse": [("REVERSE_V2", "Unsupported reverse mask.")],
    "transpose": [("TRANSPOSE", "Unsupported transpose-type")],
    "weights": [("CONV_2D", "Weights tensor with precision: Int16")],
    "bias": [("CONV_2D", "Operation has bias with type:Int16"), ("FULLY_CONNECTED", "Bias shape: 4, 1")],
    "fused LSTM of a later Vela": [("UNIDIRECTIONAL_SEQUENCE_LSTM", "")],
    "fused LSTM": [("UNIDIRECTIONAL_SEQUENCE_LSTM", "Peephole weight tensor present")],
    "shapes": [("LOG", "Mismatching shapes: IFM=1, 8, OFM=8")],
    "Select TF operator": [("FlexErf", "Unsupported opType")],
    "unsupported operator": [
        ("GELU", "Unsupported opType"),
        ("SPLIT", "Unsupported opType"),
        ("GATHER", "Unsupported opType"),
    ],
    "unknown": [("TANH", ""), ("CONV_2D", "Kernel stride is too large"), ("SPLIT_V", "Axis"), ("WHILE_TOO", "Axis")],
}
"""By cause: operator, Vela's reason, and the tensor where it matters."""

NEAR_MISSES: dict[str, list[tuple[str, ...]]] = {
    "loop": [
        ("WHILE_TOO", "Unsupported opType"),
        ("LESS_EQUAL", "Unsupported opType"),
        ("LOGICAL_OR", "Unsupported opType"),
        ("GATHER", "Unsupported opType"),
        ("GATHER", "Unsupported opType", "gru_1/awhile/Read"),
        ("GATHER_ND", "Unsupported opType", "gru_1/while/Read"),
    ],
    "resource variable": [("CALL", "Unsupported opType")],
    "dynamic shape": [
        ("PACK", FLOAT32),
        ("STRIDED_SLICE", "StridedSlice with unsupported stride axis"),
        ("UNPACK", "Unsupported opType"),
        ("RESHAPE", "Operation has shapeless tensor"),
    ],
    "open dimension": [("TANH", "Dynamic batch dimension on tensor x")],
    "scalar": [("TANH", "Tensors must be constant")],
    "float SPLIT chain": [
        ("SPLIT", "num_splits: 3 does not match the number of outputs: 2"),
        ("SPLIT_V", FLOAT32),
    ],
    "last tanh in float": [
        ("TANH", OLD_TYPES, "model/gru_0/gru_cell/Tanh_15"),
        ("TANH", "Unsupported dataType Int32", LAST_TANH),
        ("MUL", OLD_TYPES, LAST_TANH),
    ],
    "per-channel FULLY_CONNECTED": [
        ("ADD", PER_AXIS),
        ("FULLY_CONNECTED", "Operation does not support per-axis quantization"),
    ],
    "float border": [("QUANTIZE", "Dynamic non-batch dimension at axis 1 on tensor x"), ("CAST", FLOAT32)],
    "float": [("ADD", "Operation has tensor with unsupported DataType UInt32 (Float32)")],
    "element type": [("GATHER", "Unsupported dataType Int32")],
    "wide integers": [("TANH", "Unsupported dataType Int16"), ("ADD", "16-bit feature-maps are not supported")],
    "operand type": [("GELU", "Unsupported IFM shape: 1, 8"), ("ADD", "The IFM must be constant")],
    "missing quantization": [("ADD", "Operation has mismatching quantization parameters.")],
    "per-channel quantization": [("ADD", "Operation does not support per-axis reduction")],
    "mismatching quantization": [("MAXIMUM", "Operation has tensor a with missing quantization parameters")],
    "zero point": [("ADD", "kernel width: 0 out of range"), ("ADD", "Unsupported zero for dataType: Int32")],
    "scale out of range": [("ADD", "Quantization axis of any tensor must be positive.")],
    "computed parameter": [("SLICE", "Tensors must have constant shape")],
    "parameter type": [("PAD", "Parameter tensors must be constant")],
    "stride": [
        ("CONV_2D", "Kernel stride is too large"),
        ("STRIDED_SLICE", "StridedSlice with unsupported stride axis"),
        ("CONV_2D", "kernel width: 9, with a stride out of range"),
    ],
    "kernel size": [("MAX_POOL_2D", "kernel stride: 4 out of range")],
    "transposed convolution": [("TRANSPOSE_CONV", "OFM must be equal to IFM")],
    "resize": [("RESIZE_BILINEAR", "Quantization scale of any tensor must be positive.")],
    "argmax": [("ARG_MAX", "OFM depth must be less"), ("ARG_MAX", "The Axis is 1. Only last axis")],
    "large product": [("MEAN", "Reduced axis is too large"), ("BATCH_MATMUL", "Matmul with unsupported IFM type")],
    "large softmax": [("LOG_SOFTMAX", "Unsupported ifmShape: (1, 1, 65537, 2)"), ("SOFTMAX", "Unsupported opType")],
    "reduction": [("MEAN", "Batch must be constant"), ("MEAN", "The Batch > 1")],
    "gather axis": [("GATHER", "batch_dims: 0 != axis: 1")],
    "scatter": [("SCATTER_ND", "Index tensor must be constant"), ("SCATTER_ND", "The index shape")],
    "slice": [("STRIDED_SLICE", "Operation has shapeless tensor"), ("STRIDED_SLICE", "A StridedSlice with steps")],
    "reverse": [("REVERSE_V2", "Axis is not supported")],
    "transpose": [("TRANSPOSE", "IF IFM is Int64")],
    "weights": [("CONV_2D", "Weights have a scale for each channel"), ("FULLY_CONNECTED", "Unsupported weights")],
    "bias": [("CONV_2D", "Operation has non-constant bias tensor."), ("CONV_2D", "The Bias shape: 4, 1")],
    "fused LSTM of a later Vela": [("TANH", ""), ("UNIDIRECTIONAL_SEQUENCE_LSTM", "Unsupported opType")],
    "fused LSTM": [
        ("FULLY_CONNECTED", "Peephole weight tensor present"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "Unsupported opType"),
    ],
    "shapes": [("GELU", "Mismatching dataTypes: IFM=Int8, OFM=Int16"), ("ADD", "An Operation without IFM")],
    "Select TF operator": [("FLEX", "Unsupported opType"), ("Flex", "Unsupported opType")],
    "unsupported operator": [("ADD", "An operator with Unsupported opType beside it")],
}
"""What is much like the evidence of a cause, and is none."""
