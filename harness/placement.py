"""Where the operators of a model run, read from the file that Vela wrote (runs in a child)."""

from __future__ import annotations

from typing import Any

from harness.tflite import inspect

NPU_CODE = "ethos-u"


def place(source: bytes, compiled: bytes) -> dict[str, Any]:
    """NPU segments and CPU operators of a compiled model, all subgraphs.

    An operator of the source is on the CPU if the compiled file still computes its first output with an operator of the
    same name. Returns `segments` (number of custom operators `ethos-u`), `source_operators` (number), `on_cpu` (name,
    tensor and source index of each; the index is None for an operator that the source does not have) and
    `compiled_bytes`.
    """
    before, after = inspect(source), inspect(compiled)
    segments = 0
    on_cpu: list[dict[str, Any]] = []
    for number, graph in enumerate(after["subgraphs"]):
        origin = _first_outputs(before["subgraphs"][number]) if number < len(before["subgraphs"]) else {}
        for operator in graph["operators"]:
            if operator["custom_code"] == NPU_CODE:
                segments += 1
                continue
            tensor = graph["tensors"][operator["outputs"][0]]["name"] if operator["outputs"] else ""
            on_cpu.append(
                {
                    "name": operator["custom_code"] or operator["name"],
                    "tensor": tensor,
                    "subgraph": number,
                    "index": origin.get((operator["name"], tensor)),
                }
            )
    return {
        "segments": segments,
        "source_operators": sum(len(graph["operators"]) for graph in before["subgraphs"]),
        "on_cpu": on_cpu,
        "compiled_bytes": len(compiled),
    }


def is_compiled(view: dict[str, Any]) -> bool:
    """Whether the file holds a custom operator `ethos-u`: Vela wrote it."""
    codes: set[str] = {operator["custom_code"] for graph in view["subgraphs"] for operator in graph["operators"]}
    return NPU_CODE in codes


def _first_outputs(graph: dict[str, Any]) -> dict[Any, int]:
    return {
        (operator["name"], graph["tensors"][operator["outputs"][0]]["name"]): index
        for index, operator in enumerate(graph["operators"])
        if operator["outputs"]
    }
