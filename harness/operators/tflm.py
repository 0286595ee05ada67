"""Which kernel TensorFlow Lite Micro registers for a builtin operator."""

from __future__ import annotations

import re

# The builtin operators that tflite-micro (development release of October 2026) registers a kernel for.
_TFLM = re.compile(
    "ABS|ADD|ADD_N|ARG_MAX|ARG_MIN|ASSIGN_VARIABLE|AVERAGE_POOL_2D|BATCH_MATMUL|BATCH_TO_SPACE_ND|BROADCAST_ARGS|"
    "BROADCAST_TO|CALL_ONCE|CAST|CEIL|CONCATENATION|CONV_2D|COS|CUMSUM|DEPTHWISE_CONV_2D|DEPTH_TO_SPACE|DEQUANTIZE|DIV|"
    "DYNAMIC_UPDATE_SLICE|ELU|EMBEDDING_LOOKUP|EQUAL|EXP|EXPAND_DIMS|FILL|FLOOR|FLOOR_DIV|FLOOR_MOD|FULLY_CONNECTED|"
    "GATHER|GATHER_ND|GREATER|GREATER_EQUAL|HARD_SWISH|IF|L2_NORMALIZATION|L2_POOL_2D|LEAKY_RELU|LESS|LESS_EQUAL|LOG|"
    "LOGICAL_AND|LOGICAL_NOT|LOGICAL_OR|LOGISTIC|LOG_SOFTMAX|MAXIMUM|MAX_POOL_2D|MEAN|MINIMUM|MIRROR_PAD|MUL|NEG|"
    "NOT_EQUAL|PACK|PAD|PADV2|PRELU|QUANTIZE|READ_VARIABLE|REDUCE_ALL|REDUCE_MAX|REDUCE_MIN|RELU|RELU6|RESHAPE|"
    "RESIZE_BILINEAR|RESIZE_NEAREST_NEIGHBOR|REVERSE_V2|ROUND|RSQRT|SELECT_V2|SHAPE|SIN|SLICE|SOFTMAX|"
    "SPACE_TO_BATCH_ND|SPACE_TO_DEPTH|SPLIT|SPLIT_V|SQRT|SQUARE|SQUARED_DIFFERENCE|SQUEEZE|STRIDED_SLICE|SUB|SUM|SVDF|"
    "TANH|TRANSPOSE|TRANSPOSE_CONV|UNIDIRECTIONAL_SEQUENCE_LSTM|UNPACK|VAR_HANDLE|WHILE|ZEROS_LIKE"
)
# The words that MicroMutableOpResolver does not spell as one capital and small letters.
_TFLM_WORDS = {"2D": "2D", "ND": "Nd", "MATMUL": "MatMul", "CUMSUM": "CumSum", "LSTM": "LSTM", "PADV2": "PadV2"}


def tflm_kernel(name: str) -> str | None:
    """The method of MicroMutableOpResolver that registers a builtin operator; None where tflite-micro has no kernel."""
    if not _TFLM.fullmatch(name):
        return None
    return "Add" + "".join(_TFLM_WORDS.get(word, word.capitalize()) for word in name.split("_"))
