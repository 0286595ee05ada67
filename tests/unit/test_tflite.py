"""What a .tflite holds is read whole, or refused in one sentence; whatever the file, nothing crashes or hangs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.engine import Engine
from harness.errors import ModelError
from harness.evidence import ModelView
from harness.jobs import Field, Job
from harness.outcome import Outcome
from harness.stages import LITERT, STAGES, Stage
from harness.tflite import read_file, read_model, write_model

Inspect = Callable[[bytes], Outcome]
CUT_POINTS, SEEDS = 40, 20


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(STAGES, "operation", Stage("surgery:operate", LITERT))
    monkeypatch.setitem(STAGES, "differences", Stage("surgery:differences", LITERT))


@pytest.fixture
def inspections(engine: Engine, tmp_path: Path) -> Callable[[list[bytes]], list[Outcome]]:
    """Inspects files, several at once."""

    def inspect(contents: list[bytes]) -> list[Outcome]:
        futures = []
        for number, content in enumerate(contents):
            path = tmp_path / f"{number}.tflite"
            path.write_bytes(content)
            futures.append(engine.submit(Job("inspection", {}, {"model": engine.store.add_file(path)})))
        return [future.result() for future in futures]

    return inspect


def view(engine: Engine, path: Path) -> ModelView:
    outcome = engine.observe(Job("inspection", {}, {"model": engine.store.add_file(path)}))
    return ModelView.from_plain(outcome.value)


def test_a_quantized_model_is_read(engine: Engine, samples: Path) -> None:
    path = samples / "gru_transfer.tflite"
    seen = view(engine, path)
    names = Counter(operator.name for _, operator in seen.operators)
    assert seen.size_bytes == path.stat().st_size
    assert (len(seen.graphs), names["FULLY_CONNECTED"], names["TANH"], names["SOFTMAX"]) == (1, 7, 3, 1)
    graph = seen.graphs[0]
    assert {graph.tensors[index].name: graph.tensors[index].shape for index in graph.inputs} == {
        "input": (1, 3, 4),
        "state_h_in": (1, 8),
    }
    assert {graph.tensors[index].name for index in graph.outputs} == {"output", "state_h_out"}
    softmax = next(operator for operator in graph.operators if operator.name == "SOFTMAX")
    output = graph.tensors[softmax.outputs[0]]
    assert (output.dtype, output.scales, output.zero_points) == ("int8", (1 / 256,), (-128,))
    assert (output.constant_bytes, output.dynamic, output.variable) == (None, False, False)


def test_constants_and_per_channel_scales_are_read(engine: Engine, samples: Path) -> None:
    graph = view(engine, samples / "lstm_float_chain.tflite").graphs[0]
    layers = [operator for operator in graph.operators if operator.name == "FULLY_CONNECTED"]
    biased = next(operator for operator in layers if -1 not in operator.inputs)
    data, weights, bias = (graph.tensors[index] for index in biased.inputs)
    gates = 4 * 8
    assert data.constant_bytes is None
    assert (weights.dtype, weights.constant_bytes) == ("int8", gates * weights.shape[1])
    assert (bias.dtype, bias.shape, bias.constant_bytes) == ("int32", (gates,), 4 * gates)
    assert len(weights.scales) == len(weights.zero_points) == gates
    assert bias.scales == pytest.approx([data.scales[0] * scale for scale in weights.scales])
    assert -1 in {index for operator in layers for index in operator.inputs}


def test_subgraphs_are_read(engine: Engine, samples: Path) -> None:
    seen = view(engine, samples / "gru_looped_float.tflite")
    assert len(seen.graphs) == 3
    assert "WHILE" in [operator.name for operator in seen.graphs[0].operators]
    assert {operator.subgraph for _, operator in seen.operators} == {0, 1, 2}
    assert {tensor.dtype for tensor in seen.tensors} >= {"float32", "int32", "bool"}


def test_a_float_island_is_read(engine: Engine, samples: Path) -> None:
    seen = view(engine, samples / "lstm_float_chain.tflite")
    names = Counter(operator.name for _, operator in seen.operators)
    assert (names["DEQUANTIZE"], names["QUANTIZE"]) == (1, 3)
    assert sum(tensor.dtype == "float32" for tensor in seen.tensors) == 5


def test_a_compiled_model_is_read(engine: Engine, samples: Path) -> None:
    codes = [operator.custom_code for _, operator in view(engine, samples / "gru_compiled.tflite").operators]
    assert codes == ["ethos-u"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"hello", "this is not a TFLite file (no TFL3 mark at byte 4)"),
        (b"PK\x03\x04" + bytes(100), "this is not a TFLite file"),
        (b"\x1c\x00\x00\x00TFL3", "the TFLite file is damaged or truncated (8 bytes"),
        (
            b"\x1c\x00\x00\x00TFL3" + bytes(200),
            "the TFLite file is damaged or truncated (208 bytes, it holds no graph)",
        ),
        (
            b"\x1c\x00\x00\x00TFL3" + bytes(20) + b"\xff\x00\x00\x00" + bytes(180),
            "the TFLite file is damaged or truncated (212 bytes, the fields of a table lie before the file)",
        ),
    ],
    ids=["empty", "text", "archive", "mark alone", "zeros", "fields elsewhere"],
)
def test_what_is_no_model_is_refused(
    inspections: Callable[[list[bytes]], list[Outcome]], content: bytes, message: str
) -> None:
    (outcome,) = inspections([content])
    assert (outcome.kind, outcome.error) == ("refused", "ModelError")
    assert outcome.detail.startswith(message)


def assert_read_or_refused(outcomes: list[Outcome]) -> None:
    """Each outcome is a view or a ModelError that says what to do."""
    others = [(o.kind, o.error, o.detail) for o in outcomes if not o.done and (o.kind, o.error) != REFUSAL]
    assert others == []
    assert all(": export or copy it again" in outcome.detail for outcome in outcomes if not outcome.done)


REFUSAL = ("refused", "ModelError")


@pytest.mark.parametrize("name", ["gru_transfer", "gru_looped_float"])
def test_a_truncated_model_is_read_or_refused(
    inspections: Callable[[list[bytes]], list[Outcome]], samples: Path, name: str
) -> None:
    whole = (samples / f"{name}.tflite").read_bytes()
    lengths = np.random.default_rng(0).integers(8, len(whole), CUT_POINTS // 2)
    outcomes = inspections([whole[:length] for length in lengths])
    assert_read_or_refused(outcomes)
    assert any(not outcome.done for outcome in outcomes)


def test_random_bytes_behind_the_mark_are_refused(inspections: Callable[[list[bytes]], list[Outcome]]) -> None:
    rng = np.random.default_rng(1)
    heads = [int(rng.integers(8, 400)).to_bytes(4, "little") for _ in range(SEEDS)]
    outcomes = inspections([head + b"TFL3" + rng.bytes(2000) for head in heads])
    assert_read_or_refused(outcomes)
    assert all(not outcome.done for outcome in outcomes)


def test_a_model_with_flipped_bytes_is_read_or_refused(
    inspections: Callable[[list[bytes]], list[Outcome]], samples: Path
) -> None:
    rng = np.random.default_rng(2)
    contents = []
    for _ in range(2 * SEEDS):
        damaged = bytearray((samples / "gru_transfer.tflite").read_bytes())
        for place in rng.integers(8, len(damaged), 40):
            damaged[place] = int(rng.integers(256))
        contents.append(bytes(damaged))
    outcomes = inspections(contents)
    assert_read_or_refused(outcomes)
    assert any(not outcome.done for outcome in outcomes)


@pytest.mark.parametrize(
    ("cut", "message"),
    [
        ("an unknown operator", "unknown operator code"),
        ("an unknown type", "unknown element type"),
        ("a missing tensor", "an operator refers to a tensor that is not there"),
        ("a missing buffer", "refers to a buffer that is not there"),
        ("a missing operator code", "an operator refers to an operator code that is not there"),
        ("a missing signature tensor", "a signature refers to a tensor that is not there"),
        ("no graph", "it holds no graph"),
        ("no tensors", "it holds no tensor"),
    ],
)
def test_a_reference_to_nothing_is_named(engine: Engine, samples: Path, cut: str, message: str) -> None:
    file = engine.store.add_file(samples / "gru_transfer.tflite")
    operated = Job("operation", {"cut": cut}, {"model": file})
    outcome = engine.observe(Job("inspection", {}, {"model": Field(operated, "model")}))
    assert (outcome.stage, outcome.kind, outcome.error) == ("inspection", *REFUSAL)
    assert message in outcome.detail


@pytest.mark.parametrize("name", ["gru_transfer", "gru_float_chain", "gru_looped_float", "gru_compiled"])
def test_the_outline_says_what_the_inspection_says(
    engine: Engine, samples: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(STAGES, "outline", Stage("harness.outline:outline", LITERT))
    path = samples / f"{name}.tflite"
    outlined = engine.observe(Job("outline", {}, {"model": engine.store.add_file(path)})).value
    inspected = [
        [
            [operator.custom_code or operator.name, graph.tensors[operator.outputs[0]].name]
            for operator in graph.operators
        ]
        for graph in view(engine, path).graphs
    ]
    assert outlined == inspected


def test_constants_are_told_apart_by_their_content(engine: Engine, samples: Path) -> None:
    tensors = list(view(engine, samples / "lstm_float_chain.tflite").tensors)
    assert {tensor.constant_hash is None for tensor in tensors if tensor.constant_bytes is None} == {True}
    matrices = [tensor for tensor in tensors if tensor.constant_bytes and len(tensor.shape) == 2]
    assert len({tensor.constant_hash for tensor in matrices}) == len({tensor.buffer for tensor in matrices}) > 1


def test_the_tools_that_made_a_file_are_read_from_its_metadata(engine: Engine, samples: Path, tmp_path: Path) -> None:
    path = samples / "gru_transfer.tflite"
    assert view(engine, path).made_by == {"tensorflow": "2.21.0", "vela": ""}
    tree = read_model(path.read_bytes())
    (note,) = [entry for entry in tree.metadata if entry.name == b"CONVERSION_METADATA"]
    note.name = b"vela_version"
    noted = b"3.10.0"
    tree.buffers[note.buffer].data = noted
    (tmp_path / "noted.tflite").write_bytes(write_model(tree))
    assert view(engine, tmp_path / "noted.tflite").made_by == {"tensorflow": "", "vela": "3.10.0"}
    # A note that holds no version, and one whose buffer is not there, are none.
    for buffer, data in ((note.buffer, b"today"), (len(tree.buffers), noted)):
        tree.buffers[note.buffer].data, note.buffer = data, buffer
        (tmp_path / "other.tflite").write_bytes(write_model(tree))
        assert view(engine, tmp_path / "other.tflite").made_by == {"tensorflow": "", "vela": ""}


def test_an_uncut_model_is_written_as_it_was_read(engine: Engine, samples: Path) -> None:
    path = samples / "gru_transfer.tflite"
    operated = Job("operation", {"cut": "none"}, {"model": engine.store.add_file(path)})
    outcome = engine.observe(Job("inspection", {}, {"model": Field(operated, "model")}))
    assert ModelView.from_plain(outcome.value).graphs == view(engine, path).graphs


@pytest.mark.parametrize("name", ["lstm_float_chain", "gru_looped_float", "gru_compiled", "lstm_fused"])
def test_our_tables_read_what_those_of_the_library_read(engine: Engine, samples: Path, name: str) -> None:
    path = samples / f"{name}.tflite"
    read = engine.observe(Job("differences", {}, {"model": engine.store.add_file(path)})).value
    assert read["readers"] == ["harness.tables", "flatbuffers.table"]
    assert read["equal"]


def test_a_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read: No such file or directory"):
        read_file(tmp_path / "missing.tflite")


def test_foreign_content_is_refused_before_anything_heavy_is_imported() -> None:
    with pytest.raises(ModelError, match="not a TFLite file"):
        read_model(b"hello world, no model")


def test_where_a_compiler_planned_a_tensor_is_read(engine: Engine, samples: Path) -> None:
    planned = {tensor.name: tensor.arena_offset for tensor in view(engine, samples / "gru_compiled.tflite").tensors}
    assert (planned["scratch"], planned["ethos_u_command_stream"]) == (0, None)
    assert (planned["state_h_in"], planned["state_h_out"], planned["output"]) == (32, 0, 16)
    source = view(engine, samples / "gru_transfer.tflite")
    assert {tensor.arena_offset for tensor in source.tensors} == {None}
