"""What the rewrites share: who reads a tensor, its quantization, operator codes, tensors that nothing uses any more."""

from __future__ import annotations

from typing import Any, Callable, Iterable, NamedTuple, TypeVar

from harness.errors import RepairRefused
from harness.tflite import dtype_name, indices

_Subject = TypeVar("_Subject")


class Mended(NamedTuple):
    """What was changed and what was refused, one sentence each."""

    changes: list[str]
    refused: list[str]


def mend_each(subjects: Iterable[_Subject], mend: Callable[[_Subject], str | None]) -> Mended:
    """Mend one subject after the other; `mend` says what it changed (None: nothing), or raises RepairRefused."""
    mended = Mended([], [])
    for subject in subjects:
        _mend(subject, mend, mended)
    return mended


def _mend(subject: _Subject, mend: Callable[[_Subject], str | None], mended: Mended) -> None:
    try:
        change = mend(subject)
    except RepairRefused as refusal:
        mended.refused.append(str(refusal))
        return
    if change is not None:
        mended.changes.append(change)


def users(graph: Any, tensor: int) -> list[Any]:
    """The operators that read a tensor."""
    return [operator for operator in graph.operators if tensor in indices(operator.inputs)]


def parameters(tensor: Any) -> Any:
    """Element type, scales and zero points of a tensor; the last two empty where it is not quantized."""
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None:
        return (dtype_name(tensor), [], [])
    return (
        dtype_name(tensor),
        [float(scale) for scale in quantization.scale],
        indices(quantization.zeroPoint),
    )


def operator_code(tree: Any, name: str, version: int) -> int:
    """The place of a builtin operator of at least this version among the operator codes; added where it is missing."""
    from ai_edge_litert import schema_py_generated as schema

    number = getattr(schema.BuiltinOperator, name)
    for place, code in enumerate(tree.operatorCodes):
        if code.builtinCode == number and code.version >= version:
            return place
    code = schema.OperatorCodeT()
    code.builtinCode = number
    code.deprecatedBuiltinCode = min(number, 127)  # the field is a byte, and 127 says: see the other one
    code.version = version
    tree.operatorCodes.append(code)
    return len(tree.operatorCodes) - 1


def drop_unused(tree: Any, graph: Any) -> None:
    """Take out the tensors of a graph that nothing uses, and the contents of buffers that no tensor has any more."""
    used: set[int] = set(indices(graph.inputs)) | set(indices(graph.outputs))
    for operator in graph.operators:
        used |= set(indices(operator.inputs)) | set(indices(operator.outputs))
    used.discard(-1)
    before = {tensor.buffer for tensor in graph.tensors}
    place = {old: new for new, old in enumerate(sorted(used))}
    place[-1] = -1
    graph.tensors = [graph.tensors[old] for old in sorted(used)]
    graph.inputs = [place[index] for index in indices(graph.inputs)]
    graph.outputs = [place[index] for index in indices(graph.outputs)]
    for operator in graph.operators:
        operator.inputs = [place[index] for index in indices(operator.inputs)]
        operator.outputs = [place[index] for index in indices(operator.outputs)]
        if operator.intermediates is not None:
            operator.intermediates = []
    _renumber_signatures(tree, graph, place)
    for buffer in before - _buffers_in_use(tree):
        tree.buffers[buffer].data = None


def _renumber_signatures(tree: Any, graph: Any, place: dict[int, int]) -> None:
    number = list(tree.subgraphs).index(graph)
    for signature in tree.signatureDefs or []:
        if signature.subgraphIndex == number:
            for entry in list(signature.inputs) + list(signature.outputs):
                entry.tensorIndex = place[entry.tensorIndex]


def _buffers_in_use(tree: Any) -> set[int]:
    metadata = {int(entry.buffer) for entry in tree.metadata or []} | set(indices(tree.metadataBuffer))
    return metadata | {int(tensor.buffer) for graph in tree.subgraphs for tensor in graph.tensors or []}
