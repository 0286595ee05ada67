"""The operators of a .tflite by name, read without unpacking the rest (runs in a child)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from harness.tflite import reading, schema_names, text


@lru_cache(maxsize=2)
def outline(model: bytes) -> list[list[tuple[str, str]]]:
    """Each subgraph's operators in order: builtin or custom name, and the name of the first output (empty: none).

    Reads no more than that and where constants lie, ten times faster than `inspect`; the source of many targets is read
    once. Raises ModelError for what is empty, foreign or truncated.
    """
    with reading(model):
        return _outline(model)


def declared_operators(model: bytes) -> list[str]:
    """The names of all kinds of operators that the file declares: it has no operator of another kind."""
    with reading(model):
        return _declared(_root(model))


def _root(model: bytes) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    return schema.Model.GetRootAs(model, 0)


def _declared(root: Any) -> list[str]:
    names = schema_names("BuiltinOperator")
    codes = [root.OperatorCodes(number) for number in range(root.OperatorCodesLength())]
    return [text(code.CustomCode()) or names[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())] for code in codes]


def _outline(model: bytes) -> list[list[tuple[str, str]]]:
    root = _root(model)
    for number in range(root.BuffersLength()):
        root.Buffers(number).DataAsNumpy()  # fails where the file ends before its constants do
    spelled = _declared(root)
    graphs = [root.Subgraphs(number) for number in range(root.SubgraphsLength())]
    return [
        [(spelled[operator.OpcodeIndex()], _first_output(graph, operator)) for operator in _operators(graph)]
        for graph in graphs
    ]


def _operators(graph: Any) -> list[Any]:
    return [graph.Operators(number) for number in range(graph.OperatorsLength())]


def _first_output(graph: Any, operator: Any) -> str:
    return text(graph.Tensors(operator.Outputs(0)).Name()) if operator.OutputsLength() else ""
