"""Models and cases, from their entries in a report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.diff.figures import ACCURACY
from harness.diff.outcomes import claims_of, words
from harness.diff.subject import CASE, MODEL, Inventory, Subject, Tools

GENERATED = "generated"


def model_of_entry(name: str, entry: Mapping[str, Any], tools: Tools) -> Subject:
    """A model, from its entry in a report."""
    accuracy = {
        f"{ACCURACY}{words(claim['test'])}": claim["verdict"]["figures"]["accuracy_after"]
        for claim in entry["claims"]
        if "accuracy_after" in claim["verdict"].get("figures", {})
    }
    return Subject(
        name=name,
        kind=MODEL,
        tools=_converted_by(entry, tools),
        sha256=_sha256(entry),
        inventory=_inventory(entry),
        figures=_numbers({**entry.get("figures", {}), **accuracy}),
        claims=claims_of(entry["claims"]),
    )


def case_of_entry(name: str, case: Mapping[str, Any], model: Mapping[str, Any], tools: Tools) -> Subject:
    """A model on a target, from their entries in a report."""
    compiled = bool(case["on_cpu"]) or "estimate" in case or "npu_segments" in case["figures"]
    return Subject(
        name=name,
        kind=CASE,
        tools=_converted_by(model, tools),
        sha256=_sha256(model),
        inventory=_inventory(model),
        on_cpu=Counter(operator["name"] for operator in case["on_cpu"]) if compiled else None,
        reasons={operator["name"]: operator["cause"] for operator in case["on_cpu"]},
        figures=_numbers(case["figures"]),
        claims=claims_of(case["claims"]),
    )


def _converted_by(model: Mapping[str, Any], tools: Tools) -> Tools:
    """A given .tflite was converted elsewhere: by the TensorFlow that it names, or nobody knows by which."""
    if model["kind"] == GENERATED or "made" in model:
        return tools
    return replace(tools, tensorflow=model.get("inventory", {}).get("made_by", {}).get("tensorflow", ""))


def _inventory(model: Mapping[str, Any]) -> Inventory | None:
    if "inventory" not in model:
        return None
    found = model["inventory"]
    return inventory_of(found, model.get("converted", {}).get("float_operators", {}))


def inventory_of(found: Mapping[str, Any], converted: Mapping[str, int]) -> Inventory:
    """The inventory of a model file as `harness.report.inventory` tells it."""
    ports = {f"{side} {port['name']}": _port(port) for side in ("input", "output") for port in found[f"{side}s"]}
    return Inventory(
        operators=found["operators"],
        in_float=found["float_operators"],
        per_channel=found["per_channel"],
        ports=ports,
        converted=converted,
    )


def _port(port: Mapping[str, Any]) -> str:
    if not port["scales"]:
        return str(port["dtype"])
    scales, points = (",".join(f"{value:.6g}" for value in port[key]) for key in ("scales", "zero_points"))
    return f"{port['dtype']} {scales} at {points}"


def _sha256(model: Mapping[str, Any]) -> str:
    """Of the file that was judged: for a Keras model, of what was made of it."""
    return str((model.get("made") or model).get("sha256") or "")


def _numbers(figures: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if value is not None}
