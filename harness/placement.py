"""Where the operators of a model run, read from the file that Vela wrote (runs in a child)."""

from __future__ import annotations

from typing import Any

from harness.outline import outline

NPU_CODE = "ethos-u"


def place(source: bytes, compiled: bytes) -> dict[str, Any]:
    """NPU segments and CPU operators of a compiled model, all subgraphs.

    An operator of the source is on the CPU if the compiled file still computes its first output with an operator of the
    same name. Returns `segments` (number of custom operators `ethos-u`), `source_operators` (number), `on_cpu` (name,
    tensor and source index of each; the index is None for an operator that the source does not have) and
    `compiled_bytes`.
    """
    before, after = outline(source), outline(compiled)
    origins = [{operator: index for index, operator in enumerate(graph)} for graph in before]
    on_cpu = [
        {
            "name": name,
            "tensor": tensor,
            "subgraph": number,
            "index": origins[number].get((name, tensor)) if number < len(origins) else None,
        }
        for number, graph in enumerate(after)
        for name, tensor in graph
        if name != NPU_CODE
    ]
    return {
        "segments": sum(name == NPU_CODE for graph in after for name, _ in graph),
        "source_operators": sum(len(graph) for graph in before),
        "on_cpu": on_cpu,
        "compiled_bytes": len(compiled),
    }
