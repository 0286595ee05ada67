"""Each cause is recognized by its own evidence and by no near miss, and what nobody knows is said to be unknown."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import plain
from harness.engine import Engine, Outcome
from harness.evidence import CpuOperator
from harness.explain import CAUSES, FAILURES, Cause, explain, explain_failure
from harness.jobs import Job
from harness.reproducer import LARGEST_EMBEDDED_BYTES, reproducer_script, write_reproducer
from harness.stages import STAGES, Stage

FLOAT32 = "Operation has tensor with unsupported DataType Float32 (gru/a)"
EVIDENCE = {
    "loop": [("WHILE", FLOAT32), ("LESS", ""), ("LOGICAL_AND", "Unsupported opType"), ("TENSORLISTRESERVE", "")],
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
    "float border": [("DEQUANTIZE", "Unsupported opType"), ("QUANTIZE", FLOAT32), ("QUANTIZE", "")],
    "float": [("TANH", FLOAT32), ("ADD", "x DataType Float16"), ("MUL", "x DataType Float64"), ("PACK", FLOAT32)],
    "element type": [("GATHER", "Operation has tensor with unsupported DataType UInt32 (a)")],
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
# What is much like the evidence of a cause, and is none.
OPERATOR_NEAR_MISSES = [
    ("dynamic shape", "PACK", FLOAT32),
    ("dynamic shape", "STRIDED_SLICE", "StridedSlice with unsupported stride axis"),
    ("loop", "LESS_EQUAL", "Unsupported opType"),
    ("loop", "GATHER", "Unsupported opType"),
    ("float SPLIT chain", "SPLIT", "num_splits: 3 does not match the number of outputs: 2"),
    ("float SPLIT chain", "SPLIT_V", FLOAT32),
    ("float", "ADD", "Operation has tensor with unsupported DataType UInt32 (Float32)"),
    ("float border", "QUANTIZE", "Dynamic non-batch dimension at axis 1 on tensor x"),
    ("fused LSTM", "FULLY_CONNECTED", "Peephole weight tensor present"),
    ("large product", "MEAN", "Reduced axis is too large"),
    ("Select TF operator", "FLEX", "Unsupported opType"),
    ("unsupported operator", "ADD", "An operator with Unsupported opType beside it"),
]

SEGFAULT = ("crashed", "SIGSEGV")
REFUSED = ("refused", "")
VELA_REFUSED = "Vela refused the model: Compilation failed: Error: "
NO_MICROBLOCK = (
    "in compile_model (vela.py:52); last line: Could not find a valid OFM microblock for Tanh with 32-bit input."
)
RESIZE_STRICT = (
    "Attempting to resize dimension 1 of tensor 0 with value 4 to 5. ResizeInputTensorStrict only allows mutating "
    "unknown dimensions identified by -1."
)
# stage, kind and signal, the tool's last line; as the tools said it (TensorFlow 2.21, LiteRT 2.3, Vela 5.2).
FAILURE_EVIDENCE: dict[str, tuple[str, tuple[str, str], str]] = {
    "TensorFlow is not installed": ("conversion", ("not installed", ""), "No module named 'tensorflow'"),
    "a tool is not installed": ("int8_labels", ("not installed", ""), "No module named 'tflite_micro'"),
    "looped int8 conversion": ("conversion", SEGFAULT, "in _feed_tensors (calibrator.py:152); last line: none"),
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
    "Python in the model file": ("float_outputs", REFUSED, "Exception encountered: Could not locate class 'Mine'."),
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
    "large float graph": ("compilation", ("hung", ""), "no answer within 120 s"),
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
FAILURE_NEAR_MISSES: list[tuple[str, str, tuple[str, str], str]] = [
    ("looped int8 conversion", "conversion", SEGFAULT, "in convert_saved_model (convert.py:900)"),
    ("looped int8 conversion", "conversion", ("crashed", "SIGABRT"), "in _feed_tensors (calibrator.py:152)"),
    ("looped layer with an open batch", "conversion", REFUSED, "error: 'tf.TensorListReserve' op is not legal"),
    ("representative dataset without an input", "float_outputs", REFUSED, "'x'"),
    ("representative dataset without an input", "conversion", REFUSED, "the name 'x' is taken"),
    ("no representative dataset", "conversion", REFUSED, "a representative_dataset was given twice"),
    ("already compiled", "int8_labels", REFUSED, "Encountered unresolved custom op: FlexErf."),
    ("truth values at the border", "compilation", REFUSED, "Non-passthrough operation (Add) could not run on NPU"),
    ("empty constant", "compilation", REFUSED, f"{VELA_REFUSED}ADD 'a' Does not have valid TFLite Semantics."),
    ("weights that are no matrix", "conversion", ("crashed", "SIGFPE"), ""),
    ("large float graph", "conversion", ("hung", ""), "no answer within 300 s"),
    ("TensorFlow is not installed", "conversion", ("not installed", ""), "No module named 'numpy'"),
    ("kernel that stops", "compilation", ("crashed", "SIGABRT"), ""),
    ("killed", "conversion", ("crashed", "SIGTERM"), ""),
    ("damaged file", "compilation", SEGFAULT, "in compile_model (vela.py:52)"),
]
UNKNOWN_FAILURES = [
    ("conversion", SEGFAULT, "in convert_saved_model (convert.py:900)"),
    ("compilation", SEGFAULT, "in compile_model (vela.py:52)"),
    ("oracle", REFUSED, "division by zero"),
    ("weights", ("crashed", ""), "exit status 3"),
]
U85 = {"accelerator": "ethos-u85-256", "system_config": "Ethos_U85_SYS_DRAM_Mid", "memory_mode": "Dedicated_Sram"}


def operator(name: str, reason: str, tensor: str = "tensor") -> CpuOperator:
    return CpuOperator(name, tensor, 0, 0, reason)


def explained(outcome: Outcome) -> Cause:
    return explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)


def test_every_cause_has_its_evidence_here() -> None:
    assert set(EVIDENCE) == {cause.name for cause in CAUSES} | {"unknown"}
    assert list(FAILURE_EVIDENCE) == [cause.name for cause in FAILURES]


@pytest.mark.parametrize(
    ("cause", "name", "reason"),
    [(cause, name, reason) for cause, cases in EVIDENCE.items() for name, reason in cases],
)
def test_a_cause_is_recognized(cause: str, name: str, reason: str) -> None:
    assert explain(operator(name, reason)).name == cause


@pytest.mark.parametrize(("cause", "name", "reason"), OPERATOR_NEAR_MISSES)
def test_a_near_miss_is_something_else(cause: str, name: str, reason: str) -> None:
    assert explain(operator(name, reason)).name != cause


def test_a_gather_in_a_loop_belongs_to_the_loop() -> None:
    assert explain(operator("GATHER", "Unsupported opType", "gru_1/while/TensorArrayV2Read")).name == "loop"
    assert explain(operator("GATHER", "Unsupported opType", "gru_1/awhile/Read")).name == "unsupported operator"


ALL = {f"{place} {cause.name}": cause for place, cause in enumerate((*CAUSES, *FAILURES))}


@pytest.mark.parametrize("cause", ALL.values(), ids=ALL)
def test_a_cause_has_a_sentence_and_a_remedy(cause: Cause) -> None:
    assert cause.sentence
    assert cause.remedy
    assert cause.certainty in ("certain", "likely", "possible")
    assert cause.upstream == "" or cause.upstream.startswith("https://github.com/")


def test_an_unknown_cause_repeats_what_vela_says() -> None:
    assert explain(operator("CONV_2D", "Stride")).sentence == "Vela says: Stride"
    assert explain(operator("CONV_2D", "")).sentence == "Vela gives no reason"
    assert explain(operator("CONV_2D", "")).certainty == "unknown"


@pytest.mark.parametrize("cause", FAILURE_EVIDENCE)
def test_a_failure_is_recognized_by_the_last_line(cause: str) -> None:
    stage, ending, text = FAILURE_EVIDENCE[cause]
    assert explain_failure(stage, *ending, text, "").name == cause


# A KeyError is its whole message: no other line of a log could be told from it.
@pytest.mark.parametrize(
    "cause", [name for name in FAILURE_EVIDENCE if name != "representative dataset without an input"]
)
def test_a_failure_is_recognized_within_the_log(cause: str) -> None:
    stage, ending, text = FAILURE_EVIDENCE[cause]
    assert explain_failure(stage, *ending, "", f"noise\n{text}\nnoise").name == cause


@pytest.mark.parametrize(("cause", "stage", "ending", "text"), FAILURE_NEAR_MISSES)
def test_a_failure_that_is_a_near_miss_is_something_else(
    cause: str, stage: str, ending: tuple[str, str], text: str
) -> None:
    assert explain_failure(stage, *ending, text, "").name != cause


@pytest.mark.parametrize(("stage", "ending", "text"), UNKNOWN_FAILURES)
def test_an_unknown_failure_asks_for_the_reproducer(stage: str, ending: tuple[str, str], text: str) -> None:
    cause = explain_failure(stage, *ending, text, "")
    assert (cause.name, cause.certainty) == ("unknown", "unknown")
    assert "reproducer" in cause.remedy
    assert text in cause.sentence


def test_a_known_crash_carries_its_issue() -> None:
    stage, ending, text = FAILURE_EVIDENCE["looped int8 conversion"]
    assert explain_failure(stage, *ending, text, "").upstream.endswith("tensorflow/issues/75140")


# --- What real stages say ---------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("segfaults", "imports_what_is_missing", "is_killed", "hangs"):
        monkeypatch.setitem(STAGES, name, Stage(f"misbehaving:{name}", ("numpy",), seconds=1))


@pytest.mark.parametrize(
    ("stage", "cause"),
    [
        ("segfaults", "unknown"),
        ("imports_what_is_missing", "a tool is not installed"),
        ("is_killed", "killed"),
        ("hangs", "too slow"),
    ],
)
def test_a_stage_that_really_fails_is_explained(engine: Engine, stage: str, cause: str) -> None:
    assert explained(engine.observe(Job(stage))).name == cause


def test_a_file_that_really_is_damaged_is_explained(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.tflite"
    path.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:4000])
    inputs = {"model": engine.store.add_file(path)}
    assert explained(engine.observe(Job("compilation", U85, inputs))).name == "damaged file"
    assert explained(engine.observe(Job("inspection", {}, inputs))).name == "damaged file"


def test_a_target_that_really_is_unknown_is_explained(engine: Engine, samples: Path) -> None:
    inputs = {"model": engine.store.add_file(samples / "gru_transfer.tflite")}
    outcome = engine.observe(Job("compilation", {**U85, "memory_mode": "Nowhere"}, inputs))
    assert explained(outcome).name == "target that Vela does not know"


# --- The reproducer ---------------------------------------------------------------------------------------------------


def failed_task(engine: Engine, path: Path) -> dict[str, Any]:
    outcome = engine.observe(Job("compilation", U85, {"model": engine.store.add_file(path)}))
    assert not outcome.done
    task: dict[str, Any] = json.loads((engine.store.root / "failures" / outcome.key / "task.json").read_text())
    return task


def run(path: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture
def damaged(samples: Path, tmp_path: Path) -> Path:
    path = tmp_path / "damaged.tflite"
    path.write_bytes((samples / "lstm_transfer.tflite").read_bytes()[:5000])
    return path


def test_the_reproducer_fails_as_the_stage_failed(engine: Engine, damaged: Path, tmp_path: Path) -> None:
    task = failed_task(engine, damaged)
    path = write_reproducer(tmp_path / "report", "compilation: a/b", task, 'Vela "dies" \\ here')
    moved = tmp_path / path.name
    path.rename(moved)
    Path(task["job"]["inputs"]["model"]["path"]).rename(tmp_path / "gone")
    again = run(moved, tmp_path)
    assert path.name == "reproduce_compilation_a_b.py"
    assert again.returncode != 0
    assert "ended with" in again.stdout
    assert "Buffer contents inconsistent with generated schema" in again.stdout


def test_the_reproducer_succeeds_where_the_stage_does(samples: Path, tmp_path: Path) -> None:
    source = {"path": str(samples / "gru_transfer.tflite")}
    task = {"job": {"function": "harness.vela:compile_model", "arguments": U85, "inputs": {"model": source}}}
    again = run(write_reproducer(tmp_path, "fine", task, "Nothing is wrong"), tmp_path)
    assert (again.returncode, again.stderr) == (0, "")


def test_the_reproducer_names_versions_and_title(samples: Path) -> None:
    text = reproducer_script(task_on(samples / "gru_transfer.tflite"), "Vela dies")
    assert text.startswith('"""Vela dies\n')
    assert '"ethos-u-vela": "' in text
    assert str(samples) not in text
    compile(text, "reproducer", "exec")


def test_a_field_of_a_stored_result_travels_with_the_script(samples: Path, tmp_path: Path) -> None:
    entry = tmp_path / "entry"
    content = (samples / "gru_transfer.tflite").read_bytes()
    plain.save({"value": {"model": content, "other": noise(LARGEST_EMBEDDED_BYTES + 1)}}, entry)
    path = write_reproducer(tmp_path, "field", task_on(entry, field="model"), "field")
    entry.unlink()
    assert run(path, tmp_path).returncode == 0


def test_an_input_that_is_gone_is_named_by_its_place(tmp_path: Path) -> None:
    text = reproducer_script(task_on(tmp_path / "gone.tflite"), "gone")
    assert str(tmp_path / "gone.tflite") in text
    compile(text, "reproducer", "exec")


def test_what_is_no_task_is_refused() -> None:
    with pytest.raises(KeyError):
        reproducer_script({"task": 0}, "nothing")


def test_a_large_input_is_named_by_its_place(tmp_path: Path) -> None:
    path = tmp_path / "large.tflite"
    path.write_bytes(noise(LARGEST_EMBEDDED_BYTES + 1))
    assert str(path) in reproducer_script(task_on(path), "large")


def task_on(path: Path, **field: str) -> Mapping[str, Any]:
    source = {"path": str(path), **field}
    return {"job": {"function": "harness.tflite:inspect", "arguments": {}, "inputs": {"model": source}}}


def noise(size: int) -> bytes:
    """Bytes that do not compress."""
    return np.random.default_rng(0).bytes(size)
