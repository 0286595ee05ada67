"""What the store knows about a model and a case beyond its claims: graph, cycles, memories, error over steps."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

from harness.answers import EVIDENCE
from harness.checks import fully_on_npu, is_estimated, stays_within_segments
from harness.evidence import (
    Compilation,
    Contract,
    CpuOperator,
    Estimate,
    ModelView,
    OutputError,
    Prediction,
    Predictions,
    QuantizationErrors,
)
from harness.explain import explain
from harness.handover import to_c
from harness.report.graph import cycles_by_operator, describe_graph, places, short, step_cycles, steps_in_full
from harness.report.inventory import count_operators, take_inventory
from harness.results import Row
from harness.session import Session

_Kind = TypeVar("_Kind")
_NAMED = re.compile(r" \([^()]*\)$")
"""The tensor that ends a reason of Vela's: it differs where the reason is the same."""

REFERENCE, ROUNDED = "litert_reference", "rounded"


def evidence_of(session: Session, rows: Sequence[Row], name: str, kind: type[_Kind]) -> _Kind | None:
    """The evidence of this name that the rows rest on; None where they rest on none, or its stage failed."""
    for row in rows:
        for entry in row.evidence:
            if entry.get("name") == name:
                found = session.once(("evidence", name, entry["key"]), lambda: _read(session, name, entry["key"]))  # noqa: B023 - called at once
                return found if isinstance(found, kind) else None
    return None


def _read(session: Session, name: str, key: str) -> object:
    entry = session.store.read(key)
    return EVIDENCE[name].read(entry["value"]) if entry and entry["outcome"] == "done" else None


def model_details(rows: Sequence[Row], session: Session) -> dict[str, Any]:
    """What a model has on every target; `rows` are all of its claims."""
    details: dict[str, Any] = {}
    view = evidence_of(session, rows, "view", ModelView)
    if view is not None:
        details["inventory"] = take_inventory(view)
    converted = evidence_of(session, rows, "converted_view", ModelView)
    if converted is not None:
        details["converted"] = count_operators(converted)
    predictions = evidence_of(session, rows, "operators", Predictions)
    if predictions is not None:
        details["graph"] = describe_graph(predictions)
    contract = evidence_of(session, rows, "contract", Contract)
    if contract is not None:
        details["contract"] = _contract(contract, rows[0].model["id"])
    errors = evidence_of(session, rows, "quantization", QuantizationErrors)
    if errors is not None:
        details["quantization_error"] = _quantization(errors)
    return details


def compiled_figures(rows: Sequence[Row], session: Session) -> dict[str, float | None]:
    """The figures of a case that its compiled file tells, whether a claim is about them or not."""
    compiled = evidence_of(session, rows, "compilation", Compilation)
    if compiled is None:
        return {}
    verdicts = (fully_on_npu(compiled), stays_within_segments(compiled), is_estimated(compiled))
    return {name: float(value) for verdict in verdicts for name, value in verdict.figures.items()}


def case_details(rows: Sequence[Row], model_rows: Sequence[Row], session: Session) -> dict[str, Any]:
    """What a model has on one target: `on_cpu`, and where Vela could estimate, `estimate` and cycles by operator."""
    compiled = evidence_of(session, rows, "compilation", Compilation)
    if compiled is None:
        return {"on_cpu": []}
    predictions = evidence_of(session, model_rows, "operators", Predictions)
    details: dict[str, Any] = {"on_cpu": _on_cpu(compiled.on_cpu, predictions or Predictions(()), rows[0].target)}
    if compiled.estimate.total_cycles > 0:
        details["estimate"] = _estimate(compiled.estimate)
    if predictions is not None and compiled.estimate.total_cycles > 0:
        details["cycles_by_operator"] = cycles_by_operator(
            predictions, compiled.operator_cycles, compiled.estimate.total_cycles
        )
        steps = session.once(("steps", rows[0].model["id"]), lambda: steps_in_full(predictions))
        details["step_cycles"] = step_cycles(steps, compiled.operator_cycles)
    return details


def _on_cpu(
    operators: Sequence[CpuOperator], predictions: Predictions, target: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The operators on the CPU with their place in the unrolled graph, cause and remedy."""
    if not operators:
        return []
    placed = places(predictions)
    family = target["accelerator"].rsplit("-", 1)[0] if "accelerator" in target else ""
    return [
        {
            **asdict(operator),
            "tensor": short(operator.tensor),
            "reason": _NAMED.sub("", operator.reason),
            **_place(placed.get((operator.subgraph, -1 if operator.index is None else operator.index)), family),
            "cause": explain(operator).sentence,
            "remedy": explain(operator).remedy,
        }
        for operator in operators
    ]


def _place(prediction: Prediction | None, family: str) -> dict[str, Any]:
    if prediction is None:
        return {"layer": "", "step": None, "kernel": "", "violated": []}
    violated = list(prediction.on(family).violated) if family in ("ethos-u55", "ethos-u65", "ethos-u85") else []
    return {
        "layer": prediction.layer or "",
        "step": prediction.step,
        "kernel": prediction.kernel or "",
        "violated": violated,
    }


def _estimate(estimate: Estimate) -> dict[str, Any]:
    computed = {"bound_by": estimate.bound_by, "roofline_cycles": estimate.roofline_cycles}
    return {**asdict(estimate), **computed}


def _contract(contract: Contract, model: str) -> dict[str, Any]:
    """How each state is carried over, and the C that does it; no C where nothing is quantized."""
    pairs = [pair.to_plain() for pair in contract.pairs]
    quantized = [pair for pair in pairs if pair["output_scale"] is not None]
    told = {"pairs": pairs, "problems": list(contract.problems), "unpaired": list(contract.unpaired)}
    return {**told, "c": to_c(quantized, model) if quantized else ""}


def _quantization(errors: QuantizationErrors) -> dict[str, Any]:
    return {
        "data": errors.data,
        "sequences": errors.sequences,
        "bits": errors.bits,
        "outputs": {
            name: _output(error, errors.errors.get(ROUNDED, {}).get(name))
            for name, error in errors.errors[REFERENCE].items()
        },
        "hidden_db": [_finite(db) for db in errors.hidden_db],
    }


def _output(error: OutputError, rounded: OutputError | None) -> dict[str, float | None]:
    names = ("sqnr_db", "low_db", "median_db", "high_db", "worst_db")
    told = {name: _finite(getattr(error, name)) for name in names}
    return {**told, "rounding_db": None if rounded is None else _finite(rounded.sqnr_db)}


def _finite(value: float | None) -> float | None:
    return round(float(value), 3) if value is not None and math.isfinite(value) else None
