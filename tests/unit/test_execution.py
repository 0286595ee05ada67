"""What a compiled model computes is compared with what the reference kernels make of its source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engine import Engine, Outcome
from harness.evidence import Deviation, Execution
from harness.jobs import Field, Job
from harness.npu import load
from harness.npu.golden import make_golden
from harness.references import distance
from harness.stages import LITERT, STAGES, Stage
from harness.store import File
from harness.target import VelaConfig, choose_target

TARGET = {"accelerator": "ethos-u55-128", "system_config": "Ethos_U55_High_End_Embedded", "memory_mode": "Shared_Sram"}
Whole = Callable[[Outcome], Any]


@pytest.fixture(scope="module", autouse=True)
def _stages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("beyond", "planned", "doubled", "shifted", "renamed"):
            patch.setitem(STAGES, name, Stage(f"execution_stages:{name}", LITERT))
        yield


@pytest.fixture
def source(engine: Engine, samples: Path) -> File:
    return engine.store.add_file(samples / "gru_transfer.tflite")


def compilation(source: File | Field) -> Job:
    return Job("compilation", TARGET, {"model": source})


def references(source: File | Field) -> Job:
    return Job("references", {}, {"model": source})


def execution(source: File | Field, compiled: Job) -> Job:
    inputs = {"model": Field(compiled, "model"), "expected": Field(references(source), "expected")}
    return Job("execution", {}, inputs)


def observed(engine: Engine, source: File | Field, compiled: Job | None = None) -> Execution:
    outcome = engine.observe(execution(source, compiled or compilation(source)))
    assert outcome.done, outcome.sentence
    return Execution.from_plain(outcome.value)


def test_what_vela_compiled_computes_what_the_reference_kernels_do(engine: Engine, source: File) -> None:
    found = observed(engine, source)
    assert {name: (d.values, d.differing) for name, d in found.reference.items()} == {
        "output": (36 * 10, 0),
        "state_h_out": (36 * 8, 0),
    }
    assert {name: (d.values, d.differing) for name, d in found.hardware.items()} == {
        "output": (136 * 10, 0),
        "state_h_out": (136 * 8, 0),
    }
    assert (found.windows, found.states) == (100, ("state_h",))
    assert Deviation.total(found.deviation).values == 36 * 18
    assert Deviation.total(found.stream_deviation).values == 100 * 18
    reached = found.coverage
    assert 0 < reached["table_entries_reached"] <= reached["table_entries"]
    assert 0 < reached["clamps_reached_low"] <= reached["clamps"]
    assert 0 < reached["clamps_reached_high"] <= reached["clamps"]


def test_states_are_streamed_whatever_their_names(engine: Engine, samples: Path, tmp_path: Path) -> None:
    other = tmp_path / "renamed.tflite"
    other.write_bytes((samples / "gru_transfer.tflite").read_bytes().replace(b"state_h_in", b"memory_old"))
    found = observed(engine, engine.store.add_file(other))
    assert (found.windows, found.states) == (100, ("memory_old",))
    assert Deviation.total(found.hardware) == Deviation(136 * 18, 0, 0, -1)
    for pairs in ([], [["no_such_output", "memory_old"]]):
        named = Job("references", {"pairs": pairs}, {"model": engine.store.add_file(other)})
        assert engine.observe(named).value["expected"]["states"] == []


def test_operators_on_the_cpu_round_as_the_rest(engine: Engine, samples: Path) -> None:
    found = observed(engine, engine.store.add_file(samples / "gru_float_chain.tflite"))
    assert (found.windows, found.states) == (0, ())
    assert Deviation.total(found.reference) == Deviation.total(found.hardware) == Deviation(36 * 10, 0, 0, -1)


def test_convolutions_of_one_position_are_not_taken_for_fully_connected(engine: Engine, source: File) -> None:
    convolved = Field(Job("doubled", {}, {"model": source}), "model")
    found = observed(engine, convolved)
    assert Deviation.total(found.reference).differing == Deviation.total(found.hardware).differing == 0
    assert Deviation.total(found.deviation).differing == found.parted == 0


def test_a_stream_that_computes_something_else_is_seen(engine: Engine, source: File) -> None:
    found = observed(engine, source, Job("shifted", {}, {"model": Field(compilation(source), "model")}))
    assert Deviation.total(found.reference).differing > 0
    assert Deviation.total(found.hardware).differing > 0


def test_what_computes_something_else_is_seen_beside_what_computes_the_same(engine: Engine, source: File) -> None:
    """In one child: there, what several programs compute alike is computed once."""
    narrow, wide = (
        compilation(source),
        Job("compilation", {**TARGET, "accelerator": "ethos-u55-256"}, {"model": source}),
    )
    shifted = Job("shifted", {}, {"model": Field(wide, "model")})
    jobs = [execution(source, compiled) for compiled in (narrow, wide, shifted)]
    for needed in [*jobs[0].needs, shifted]:
        assert engine.observe(needed).done
    one, other, wrong = (Execution.from_plain(future.result().value) for future in engine.submit_all(jobs))
    assert (one.reference, one.hardware, one.coverage) == (other.reference, other.hardware, other.coverage)
    assert Deviation.total(one.hardware).differing == 0 < Deviation.total(wrong.hardware).differing


def test_the_windows_run_at_once_are_those_of_a_real_stream(engine: Engine, source: File, whole: Whole) -> None:
    run = whole(engine.observe(references(source)))["expected"]["runs"]["hardware"]
    program = load(whole(engine.observe(compilation(source)))["model"])
    golden = make_golden(program, 100, {"input": run["inputs"]["input"][36:]})
    for name, values in golden.outputs.items():
        np.testing.assert_array_equal(values, run["outputs"][name][36:])
    np.testing.assert_array_equal(golden.inputs["state_h_in"], run["inputs"]["state_h_in"][36:])


def test_what_cannot_be_executed_is_refused(engine: Engine, source: File, samples: Path) -> None:
    uncompiled = engine.observe(execution(source, Job("doubled", {}, {"model": source})))
    assert (uncompiled.kind, uncompiled.detail[:35]) == ("refused", "the model holds no ethos-u operator")
    renamed = Job("renamed", {}, {"model": Field(compilation(source), "model")})
    assert "outputs output, state_x_out" in engine.observe(execution(source, renamed)).detail
    compiled = engine.store.add_file(samples / "gru_compiled.tflite")
    assert engine.observe(references(compiled)).kind == "refused"


@pytest.mark.parametrize("accelerator", ["ethos-u55-128", "ethos-u85-256"])
@pytest.mark.parametrize("kind", ["fused LSTM", "int16 tanh"])
def test_activations_of_16_bits_are_refused_and_never_a_pass(engine: Engine, kind: str, accelerator: str) -> None:
    defaults = choose_target(VelaConfig.installed(), accelerator).to_plain()
    compiled = Job("compilation", defaults, {"model": Field(Job("beyond", {"kind": kind}), "model")})
    outcome = engine.observe(Job("planned", {}, {"model": Field(compiled, "model")}))
    assert (outcome.kind, outcome.done) == ("refused", False)
    assert "command stream, word " in outcome.detail


def test_a_distance_counts_and_finds_the_first() -> None:
    expected = np.zeros((5, 2, 3), np.int8)
    found = expected.copy()
    found[3, 1, 1], found[4, 0, 0] = -2, 1
    assert distance(found, expected) == {"values": 30, "differing": 2, "largest_lsb": 2, "first": 3}
    assert distance(expected, expected) == {"values": 30, "differing": 0, "largest_lsb": 0, "first": -1}
    low, high = np.full((1, 1), -128, np.int8), np.full((1, 1), 127, np.int8)
    assert distance(low, high)["largest_lsb"] == 255


def test_the_first_of_several_outputs_is_the_first_of_all() -> None:
    same = Deviation(4, 0, 0, -1)
    assert Deviation.total({"a": same, "b": Deviation(4, 2, 3, 7), "c": Deviation(4, 1, 5, 2)}) == Deviation(
        12, 3, 5, 2
    )
    assert Deviation.total({}) == Deviation(0, 0, 0, -1)
