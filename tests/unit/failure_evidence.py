"""The evidence of each cause of a failed stage, and what is much like it and is none."""

from __future__ import annotations

Failure = tuple[str, tuple[str, str], str]
"""Stage, kind and signal, the tool's last line."""

SEGFAULT = ("crashed", "SIGSEGV")
ABORT = ("crashed", "SIGABRT")
REFUSED = ("refused", "")
VELA_REFUSED = "Vela refused the model: Compilation failed: Error: "
NO_MICROBLOCK = (
    "in compile_model (vela.py:52); last line: Could not find a valid OFM microblock for Tanh with 32-bit input."
)
RESIZE_STRICT = (
    "Attempting to resize dimension 1 of tensor 0 with value 4 to 5. ResizeInputTensorStrict only allows mutating "
    "unknown dimensions identified by -1."
)
FAILURE_EVIDENCE: dict[str, Failure] = {
    "a toolchain is not installed": (
        "conversion",
        ("not installed", ""),
        "toolchain guide is not installed: run python -m harness.toolchains install guide",
    ),
    "TensorFlow is not installed": ("conversion", ("not installed", ""), "No module named 'tensorflow'"),
    "tf_keras is not installed": ("fused_conversion", ("not installed", ""), "No module named 'tf_keras'"),
    "a tool is not installed": ("int8_labels", ("not installed", ""), "No module named 'tflite_micro'"),
    "looped int8 conversion": ("conversion", SEGFAULT, "in _feed_tensors (calibrator.py:152); last line: none"),
    "looped layer that cannot be calibrated": (
        "conversion",
        REFUSED,
        "Failed to parse the model: pybind11::init(): factory function returned nullptr.",
    ),
    "looped layer with an open batch": (
        "float_conversion",
        REFUSED,
        "error: 'tf.TensorListReserve' op requires element_shape to be static during TF Lite transformation pass",
    ),
    "state without a value": (
        "conversion",
        REFUSED,
        "lite/kernels/read_variable.cc:67 variable != nullptr was not true.Node number 6 (READ_VARIABLE) failed",
    ),
    "no representative dataset": (
        "conversion",
        REFUSED,
        "For full integer quantization, a `representative_dataset` must be specified.",
    ),
    "representative dataset of another kind": (
        "conversion",
        REFUSED,
        "You need to provide either a dictionary [...] Unsupported value from dataset: [[[ 0.125",
    ),
    "representative dataset of another shape": ("conversion", REFUSED, RESIZE_STRICT),
    "representative dataset of another type": (
        "conversion",
        REFUSED,
        "Cannot set tensor: Got value of type FLOAT64 but expected type FLOAT32 for input 0, name: x",
    ),
    "representative dataset without an input": ("conversion", REFUSED, "'x'"),
    "output in float": (
        "conversion",
        REFUSED,
        "Unsupported output type INT16 for output tensor 'Identity' of type FLOAT32.",
    ),
    "no TFLite operator": ("conversion", REFUSED, "error: 'tf.BitwiseAnd' op is neither a custom op nor a flex op"),
    "no integer operator": ("conversion", REFUSED, "Quantization not yet supported for op: 'CONV_3D'."),
    "metric of the user's own": ("metric", REFUSED, "metric own:accuracy returned 0.5: return a number and"),
    "data of another model": (
        "float_outputs_of_data",
        REFUSED,
        "it is not clear how 'input' (3, 4) of one model and 'x' (12, 4) of the other pair up: give",
    ),
    "Python in the model file": ("float_outputs", REFUSED, "Exception encountered: Could not locate class 'Mine'."),
    "state pair": ("contract", REFUSED, "the model has no output h for a state pair: its outputs are y, h_out"),
    "weights of another model": (
        "float_outputs",
        REFUSED,
        "You called `set_weights(weights)` on layer 'functional' with a weight list of length 1",
    ),
    "already compiled": (
        "int8_labels",
        REFUSED,
        "Encountered unresolved custom op: ethos-u.\nNode number 0 (ethos-u) failed to prepare.",
    ),
    "damaged file": (
        "compilation",
        SEGFAULT,
        "last line: Failed to load TfLite model. Buffer contents inconsistent with generated schema.",
    ),
    "no float model": ("keras_model", REFUSED, "layer 'gru' is stateful=True, which no unrolled model keeps"),
    "width that U85 lacks": ("compilation", SEGFAULT, NO_MICROBLOCK),
    "truth values at the border": (
        "compilation",
        REFUSED,
        "Vela refused the model: Non-passthrough operation (And) could not run on NPU (Reason: Unsupported opType)",
    ),
    "unsupported after all": (
        "compilation",
        REFUSED,
        "Vela refused the model: Non-passthrough operation (FullyConnected) could not run on NPU",
    ),
    "open batch before a reshape": (
        "compilation",
        REFUSED,
        f"{VELA_REFUSED}RESHAPE 'a' Does not have valid Semantics. - Input and output number of elements must match",
    ),
    "empty constant": (
        "compilation",
        REFUSED,
        f"{VELA_REFUSED}'c' Does not have valid TFLite Semantics. - Constant tensors must not have empty buffers",
    ),
    "model that contradicts itself": (
        "compilation",
        REFUSED,
        f"{VELA_REFUSED}GELU 'out0' Does not have valid TFLite Semantics. - IFM and OFM types must match",
    ),
    "target that Vela does not know": ("compilation", REFUSED, "Vela refused the target: no such system configuration"),
    "weights that are no matrix": ("compilation", ("crashed", "SIGFPE"), "in compile_model (vela.py:52)"),
    "computed sizes of TILE, MEAN or REVERSE": (
        "compilation",
        SEGFAULT,
        "TfLiteReader: Built-in options type 'TileOptions' is not yet implemented and will be ignored.",
    ),
    "assertion without a word": ("compilation", REFUSED, "AssertionError"),
    "large float graph": ("compilation", ("hung", ""), "no answer within 120 s"),
    "nothing on the NPU": (
        "execution",
        REFUSED,
        "the model holds no ethos-u operator; compile it with Vela first",
    ),
    "stream that the host model does not know": (
        "execution",
        REFUSED,
        "command stream, word 183: fast or sparse weights",
    ),
    "offline": ("float_outputs", ("network refused", ""), "[Errno 101] the run is offline: socket.getaddrinfo for x"),
    "too slow": ("training", ("hung", ""), "no answer within 1800 s"),
    "disk full": ("weights", REFUSED, "[Errno 28] No space left on device"),
    "out of memory": ("float_outputs", ("out of memory", ""), "more resident memory than the stage may take"),
    "killed": ("conversion", ("crashed", "SIGKILL"), ""),
    "kernel that stops": ("int8_labels", ("crashed", "SIGABRT"), "in invoke (interpreter.py:900)"),
    "kernel that refuses": (
        "int8_labels",
        REFUSED,
        "gather index out of boundsNode number 3 (GATHER) failed to invoke.",
    ),
}
"""By cause, as the tools said it (TensorFlow 2.21, LiteRT 2.3, Vela 5.2)."""

FAILURE_NEAR_MISSES: dict[str, list[Failure]] = {
    "a toolchain is not installed": [
        ("conversion", ("not installed", ""), "No module named 'tensorflow'"),
        ("conversion", REFUSED, "toolchain guide is not installed"),
    ],
    "TensorFlow is not installed": [
        ("conversion", ("not installed", ""), "No module named 'numpy'"),
        ("conversion", REFUSED, "No module named 'tensorflow'"),
    ],
    "tf_keras is not installed": [
        ("fused_conversion", ("not installed", ""), "No module named 'tensorflow'"),
        ("fused_conversion", REFUSED, "No module named 'tf_keras'"),
    ],
    "a tool is not installed": [("int8_labels", REFUSED, "No module named 'tflite_micro'")],
    "looped int8 conversion": [
        ("conversion", SEGFAULT, "in convert_saved_model (convert.py:900)"),
        ("conversion", ABORT, "in _feed_tensors (calibrator.py:152)"),
        ("float_conversion", SEGFAULT, "in _feed_tensors (calibrator.py:152)"),
    ],
    "looped layer that cannot be calibrated": [
        ("conversion", REFUSED, "Failed to parse the arguments"),
        ("int8_labels", REFUSED, "Failed to parse the model"),
    ],
    "looped layer with an open batch": [
        ("conversion", REFUSED, "error: 'tf.TensorListReserve' op is not legal"),
        ("compilation", REFUSED, "error: 'tf.TensorListReserve' op requires element_shape to be static"),
    ],
    "state without a value": [("conversion", REFUSED, "Node number 6 (READ_VARIABLE) was not fused")],
    "no representative dataset": [
        ("conversion", REFUSED, "a representative_dataset was given twice"),
        ("training", REFUSED, "a `representative_dataset` must be specified"),
    ],
    "representative dataset of another kind": [
        ("conversion", REFUSED, "Unsupported value in dataset: [[[ 0.125"),
        ("training", REFUSED, "Unsupported value from dataset: [[[ 0.125"),
    ],
    "representative dataset of another shape": [("conversion", REFUSED, "Cannot set tensor: Tensor is unallocated")],
    "representative dataset of another type": [("conversion", REFUSED, "Cannot set tensor: Tensor is unallocated")],
    "representative dataset without an input": [
        ("float_outputs", REFUSED, "'x'"),
        ("conversion", ("crashed", ""), "'x'"),
        ("conversion", REFUSED, "the name 'x' is taken"),
    ],
    "output in float": [
        ("conversion", REFUSED, "Unsupported output type FLOAT16 for output tensor 'Identity' of type FLOAT32."),
        ("compilation", REFUSED, "Unsupported output type INT16 for output tensor 'Identity' of type FLOAT32."),
    ],
    "no TFLite operator": [
        ("conversion", REFUSED, "error: 'tf.BitwiseAnd' op is a flex op"),
        ("compilation", REFUSED, "error: 'tf.BitwiseAnd' op is neither a custom op nor a flex op"),
    ],
    "no integer operator": [
        ("conversion", REFUSED, "Quantization failed for op: 'CONV_3D'."),
        ("compilation", REFUSED, "Quantization not yet supported for op: 'CONV_3D'."),
    ],
    "metric of the user's own": [("metric", REFUSED, "metric is 'accuracy': write package.module:function")],
    "data of another model": [("conversion", REFUSED, "array 'x' is what the tools made of it")],
    "Python in the model file": [("float_outputs", REFUSED, "Could not locate file 'mine.keras'.")],
    "state pair": [("contract", REFUSED, "the file is empty: export the model again")],
    "weights of another model": [("float_outputs", REFUSED, "You called `get_weights()` on layer 'functional'")],
    "already compiled": [("int8_labels", REFUSED, "Encountered unresolved custom op: FlexErf.")],
    "damaged file": [
        ("compilation", SEGFAULT, "in compile_model (vela.py:52)"),
        ("compilation", SEGFAULT, "last line: Failed to load TfLite model."),
    ],
    "no float model": [
        ("keras_model", ("hung", ""), "no answer within 300 s"),
        ("keras_conversion", REFUSED, "layer 'gru' is not known"),
    ],
    "width that U85 lacks": [
        ("compilation", SEGFAULT, "last line: Could not find a valid IFM microblock for Tanh with 32-bit input."),
        ("conversion", SEGFAULT, NO_MICROBLOCK),
    ],
    "truth values at the border": [
        ("compilation", REFUSED, "Non-passthrough operation (Add) could not run on NPU"),
        ("int8_labels", REFUSED, "Non-passthrough operation (And) could not run on NPU"),
    ],
    "unsupported after all": [
        ("compilation", REFUSED, "Passthrough operation (FullyConnected) could not run on NPU"),
        ("int8_labels", REFUSED, "Non-passthrough operation (FullyConnected) could not run on NPU"),
    ],
    "open batch before a reshape": [
        ("compilation", REFUSED, f"{VELA_REFUSED}TILE 'a' - Input and output number of elements must match"),
        ("inspection", REFUSED, f"{VELA_REFUSED}RESHAPE 'a' - Input and output number of elements must match"),
    ],
    "empty constant": [
        ("compilation", REFUSED, f"{VELA_REFUSED}ADD 'a' Does not have valid TFLite Semantics."),
        ("inspection", REFUSED, "Constant tensors must not have empty buffers"),
    ],
    "model that contradicts itself": [
        ("compilation", REFUSED, f"{VELA_REFUSED}GELU 'out0' Does not have valid attributes"),
        ("inspection", REFUSED, f"{VELA_REFUSED}GELU 'out0' Does not have valid TFLite Semantics."),
    ],
    "target that Vela does not know": [
        ("compilation", REFUSED, "Vela refused the model: no such system configuration"),
        ("inspection", REFUSED, "Vela refused the target: no such system configuration"),
    ],
    "weights that are no matrix": [
        ("conversion", ("crashed", "SIGFPE"), ""),
        ("compilation", ABORT, "in compile_model (vela.py:52)"),
    ],
    "computed sizes of TILE, MEAN or REVERSE": [
        ("compilation", SEGFAULT, "Built-in options type 'AddOptions' is not yet implemented and will be ignored."),
        ("compilation", ABORT, "Built-in options type 'TileOptions' is not yet implemented and will be ignored."),
        ("inspection", SEGFAULT, "Built-in options type 'TileOptions' is not yet implemented and will be ignored."),
    ],
    "assertion without a word": [
        ("compilation", REFUSED, "AssertionError: it holds"),
        ("conversion", REFUSED, "AssertionError"),
        ("compilation", SEGFAULT, "AssertionError"),
    ],
    "large float graph": [
        ("conversion", ("hung", ""), "no answer within 300 s"),
        ("compilation", ("out of memory", ""), "more resident memory than the stage may take"),
    ],
    "nothing on the NPU": [
        ("execution", REFUSED, "the model holds no subgraph"),
        ("compilation", REFUSED, "the model holds no ethos-u operator; compile it with Vela first"),
        ("execution", SEGFAULT, "the model holds no ethos-u operator; compile it with Vela first"),
    ],
    "stream that the host model does not know": [
        ("execution", REFUSED, "weight stream, bit 7: unknown zero-run code 4"),
        ("compilation", REFUSED, "command stream, word 183: fast or sparse weights"),
        ("execution", SEGFAULT, "command stream, word 183: fast or sparse weights"),
    ],
    "offline": [("float_outputs", REFUSED, "[Errno 101] Network is unreachable")],
    "too slow": [("training", ("stopped", ""), "no answer within 1800 s")],
    "disk full": [("weights", REFUSED, "[Errno 13] Permission denied")],
    "out of memory": [("float_outputs", REFUSED, "more resident memory than the stage may take")],
    "killed": [("conversion", ("crashed", "SIGTERM"), "")],
    "kernel that stops": [
        ("compilation", ABORT, ""),
        ("int8_labels", ("crashed", "SIGBUS"), "in invoke (interpreter.py:900)"),
    ],
    "kernel that refuses": [
        ("int8_labels", REFUSED, "Node number 3 (GATHER) was replaced"),
        ("conversion", REFUSED, "gather index out of boundsNode number 3 (GATHER) failed to invoke."),
    ],
}
"""What is much like the evidence of a cause, and is none."""

UNKNOWN_FAILURES = [
    ("conversion", SEGFAULT, "in convert_saved_model (convert.py:900)"),
    ("compilation", SEGFAULT, "in compile_model (vela.py:52)"),
    ("oracle", REFUSED, "division by zero"),
    ("weights", ("crashed", ""), "exit status 3"),
]
