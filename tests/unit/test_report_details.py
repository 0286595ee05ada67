"""What the store knows of a case is in the document: cost, operators by step, error over steps."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from report_rows import FIGURES, MODEL, TARGET, document, row

from harness.session import Session
from harness.spec import Cell, RnnSpec

REPORT_SCHEMA = Path(__file__).parent.parent.parent / "harness" / "report" / "schema.json"
SCHEMA = {"$defs": json.loads(REPORT_SCHEMA.read_text(encoding="utf-8"))["$defs"]}
MEMORY = {"used_bytes": 640, "access_cycles": 70, "read_bytes": {"weights": 100}, "written_bytes": {"weights": 0}}
REPORT = {
    "total_cycles": 100,
    "npu_cycles": 60,
    "core_clock_hz": 1e6,
    "macs": 7,
    "encoded_weight_bytes": 50,
    "constants_in": "OffChipFlash",
    "arena_in": "Sram",
    "constant_bytes_per_cycle": 2.0,
    "memories": {"OffChipFlash": MEMORY},
    "cpu_operators": 1,
    "npu_operators": 1,
}
ON_CPU = {"name": "SPLIT", "tensor": "model/gru/cell/split", "subgraph": 0, "index": 1}
PLACED = {"placement": "cpu", "violated": ["no float"], "undecided": []}
COMPILED = {
    "placement": {"segments": 1, "source_operators": 2, "on_cpu": [ON_CPU], "compiled_bytes": 1},
    "report": REPORT,
    "reasons": [],
    "operator_cycles": [[0, 60, 7]],
}

SPEC = RnnSpec(cell=Cell.GRU, units=8, time_steps=4).to_plain()


def operator(index: int, name: str, tensor: str) -> dict[str, Any]:
    named = {"subgraph": 0, "index": index, "name": name, "tensor": tensor, "kernel": None, "layer": "gru", "step": 3}
    return {**named, "families": {"ethos-u55": PLACED, "ethos-u85": PLACED}}


OPERATORS = {"operators": [operator(0, "ADD", "model/gru/cell/add"), operator(1, "SPLIT", "model/gru/cell/split")]}


def error(db: float) -> dict[str, Any]:
    names = ("sqnr_db", "low_db", "median_db", "high_db", "worst_db")
    return {**dict.fromkeys(names, db), "worst_sequence": 0, "noise": np.zeros(1)}


ERRORS = {
    "data": "synthetic",
    "sequences": 256,
    "bits": 8,
    "signal": {},
    "errors": {"litert_reference": {"output": error(30.0)}, "rounded": {"output": error(math.inf)}},
    "agrees": {},
    "spread": {},
    "limits": {},
    "hidden_db": [31.00049, None, math.inf],
}


def told(session: Session, **evidence: object) -> dict[str, Any]:
    for number, value in enumerate(evidence.values()):
        session.store.write(f"{number:02}", {"outcome": "done", "value": value})
    entries = tuple({"name": name, "stage": name, "key": f"{number:02}"} for number, name in enumerate(evidence))
    return document(
        session, [row(evidence=entries, model={**MODEL, **SPEC}, target={**TARGET, "accelerator": "ethos-u55-128"})]
    )


def test_a_case_tells_its_cost(session: Session) -> None:
    (case,) = told(session, compilation=COMPILED, operators=OPERATORS)["cases"]
    assert case["estimate"]["roofline_cycles"] == 50
    assert case["estimate"]["bound_by"] == "OffChipFlash"
    assert case["estimate"]["memories"]["OffChipFlash"] == MEMORY
    assert case["cycles_by_operator"] == [{"operator": "ADD", "count": 1, "cycles": 60, "macs": 7, "share": 0.6}]
    assert case["step_cycles"] == {"gru": [60, 0]}


def test_an_operator_on_the_cpu_has_its_place_in_the_graph(session: Session) -> None:
    (case,) = told(session, compilation=COMPILED, operators=OPERATORS)["cases"]
    (operator,) = case["on_cpu"]
    assert (operator["layer"], operator["step"], operator["tensor"]) == ("gru", 3, "split")
    assert operator["violated"] == ["no float"]


def test_a_compilation_alone_tells_what_it_can(session: Session) -> None:
    (case,) = told(session, compilation=COMPILED)["cases"]
    assert case["on_cpu"][0]["step"] is None
    assert "cycles_by_operator" not in case
    assert case["estimate"]["total_cycles"] == 100


def test_a_compiled_file_has_figures_that_no_claim_is_about(session: Session) -> None:
    (case,) = told(session, compilation=COMPILED)["cases"]
    assert case["figures"]["total_cycles"] == 100
    assert case["figures"]["npu_operator_coverage"] == 0.5
    assert case["figures"]["cpu_operators"] == FIGURES["cpu_operators"] != len(case["on_cpu"])


def test_a_reason_does_not_repeat_the_tensor(session: Session) -> None:
    reason = {"operator": "SPLIT", "tensor": ON_CPU["tensor"], "reason": "Operation has tensor of Float32 (a/b;c)"}
    (case,) = told(session, compilation={**COMPILED, "reasons": [reason]})["cases"]
    assert case["on_cpu"][0]["reason"] == "Operation has tensor of Float32"


def test_what_vela_did_not_estimate_is_not_there(session: Session) -> None:
    (case,) = told(session, compilation={**COMPILED, "report": {**REPORT, "total_cycles": 0}})["cases"]
    assert "estimate" not in case


def test_a_model_tells_its_graph_and_its_error(session: Session) -> None:
    (model,) = told(session, operators=OPERATORS, quantization=ERRORS)["models"]
    assert SPEC.items() <= model.items()
    assert model["graph"]["layers"][0]["usual"] == [3]
    assert model["quantization_error"]["outputs"]["output"]["sqnr_db"] == 30.0
    assert model["quantization_error"]["outputs"]["output"]["rounding_db"] is None
    assert model["quantization_error"]["hidden_db"] == [31.0, None, None]


def test_a_model_tells_how_its_states_are_carried_over(session: Session) -> None:
    sides = {"output_scale": 0.02, "output_zero_point": 3, "input_scale": 0.01, "input_zero_point": -5}
    rescale = {"equal": False, "raw_error_lsb": 9, "raw_error": 0.1, "multiplier": 1 << 30, "shift": 2}
    named = {"state": "h", "output": "h_out", "input": "h_in", "shape": [1, 4], "dtype": "int8"}
    contract = {"pairs": [{**named, **sides, **rescale}], "problems": ["one"], "unpaired": ["c_out"]}
    (model,) = told(session, contract=contract)["models"]
    assert (model["contract"]["pairs"][0]["raw_error_lsb"], model["contract"]["problems"]) == (9, ["one"])
    assert "gru_h" in model["contract"]["c"]
    unquantized = {"pairs": [{**named, **dict.fromkeys(sides), **rescale}], "problems": [], "unpaired": []}
    assert told(session, first=None, contract=unquantized)["models"][0]["contract"]["c"] == ""


PLAIN_INT8 = {"name": "x", "dtype": "int8", "shape": [1, 4], "dynamic": False, "scales": [0.5], "zero_points": [3]}
TENSOR = {**PLAIN_INT8, "axis": 0, "buffer": 1, "constant_bytes": None, "constant_hash": None, "variable": False}
TENSORS = [
    TENSOR,
    {**TENSOR, "name": "w", "scales": [0.1, 0.2], "zero_points": [0, 0], "constant_bytes": 8, "constant_hash": 7},
    {**TENSOR, "name": "f", "dtype": "float32", "scales": [], "zero_points": []},
    {**TENSOR, "name": "y"},
]


def inspected(*operators: tuple[str, list[int], list[int]]) -> dict[str, Any]:
    named = [
        {"name": name, "custom_code": "ethos-u" if name == "CUSTOM" else "", "inputs": inputs, "outputs": outputs}
        for name, inputs, outputs in operators
    ]
    graph = {"name": "main", "inputs": [0], "outputs": [3], "tensors": TENSORS, "operators": named}
    return {"size_bytes": 9, "made_by": {"tensorflow": "2.21.0", "vela": ""}, "subgraphs": [graph, graph]}


def test_a_model_tells_what_its_file_holds(session: Session) -> None:
    view = inspected(
        ("FULLY_CONNECTED", [0, 1, -1], [3]), ("DEQUANTIZE", [0], [2]), ("ADD", [0, 0], [3]), ("CUSTOM", [0], [3])
    )
    (model,) = told(session, view=view)["models"]
    inventory = model["inventory"]
    # Of both subgraphs.
    assert inventory["operators"] == {"ADD": 2, "DEQUANTIZE": 2, "FULLY_CONNECTED": 2, "ethos-u": 2}
    assert inventory["float_operators"] == {"DEQUANTIZE": 2}
    assert inventory["per_channel"] == {"FULLY_CONNECTED": 2}
    assert inventory["made_by"]["tensorflow"] == "2.21.0"
    port = {"name": "x", "dtype": "int8", "shape": [1, 4], "scales": [0.5], "zero_points": [3]}
    assert (inventory["inputs"], inventory["outputs"]) == ([port], [{**port, "name": "y"}])
    jsonschema.validate(inventory, {**SCHEMA, "$ref": "#/$defs/inventory"})
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**inventory, "per_channel": {"ADD": "two"}}, {**SCHEMA, "$ref": "#/$defs/inventory"})
    assert "converted" not in model


def test_a_model_tells_what_the_converter_wrote(session: Session) -> None:
    before = inspected(("SPLIT", [2], [2]), ("ADD", [0, 0], [3]))
    (model,) = told(session, converted_view=before)["models"]
    assert model["converted"] == {"operators": {"ADD": 2, "SPLIT": 2}, "float_operators": {"SPLIT": 2}}
    assert "inventory" not in model


def test_a_stage_that_failed_tells_nothing(session: Session) -> None:
    session.store.write("00", {"outcome": "refused", "message": "no"})
    rows = [row(evidence=({"name": "compilation", "stage": "compilation", "key": "00"},))]
    assert document(session, rows)["cases"][0]["on_cpu"] == []
