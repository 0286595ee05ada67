"""A QUANTIZE on each state output, to scale and zero point of the state input: the firmware then copies bytes."""

from __future__ import annotations

import copy
from typing import Any, Mapping, Sequence

from harness.contract import contract
from harness.errors import RepairRefused
from harness.repair.graph import Mended, mend_each, operator_code
from harness.tflite import indices, text

INNER = "%s_unscaled"
"""What the tensor that was the output is called; the output of the model keeps its name."""

# The first version of QUANTIZE that the schema defines for an int16 result.
_VERSIONS = {"int16": 2}


def mend_states(tree: Any, pairs: Sequence[Sequence[str]] | None, *, equal_too: bool = False) -> Mended:
    """Append a QUANTIZE to each state output that differs from its input; with `equal_too`, to every quantized one."""
    judged = contract(tree, pairs)
    quantized = [pair for pair in judged["pairs"] if pair["output_scale"] is not None]
    differing = [pair for pair in quantized if equal_too or not pair["equal"]]
    mended = mend_each(differing, lambda pair: _append_quantize(tree, tree.subgraphs[0], pair))
    alone = ["states without a partner: %s" % ", ".join(judged["unpaired"])] if judged["unpaired"] else []
    return Mended(mended.changes, [*mended.refused, *judged["problems"], *alone])


def _append_quantize(tree: Any, graph: Any, pair: Mapping[str, Any]) -> str:
    """Insert the operator: only the list of outputs changes, so that all who read the state still read the same."""
    place, source = _prove(graph, pair)
    result = copy.deepcopy(graph.tensors[place])
    result.quantization = copy.deepcopy(graph.tensors[source].quantization)
    graph.tensors[place].name = INNER % pair["output"]
    graph.tensors.append(result)
    new = len(graph.tensors) - 1
    graph.operators.append(_quantize(tree, place, new, pair["dtype"]))
    graph.outputs = [new if index == place else index for index in indices(graph.outputs)]
    for signature in tree.signatureDefs or []:
        for entry in signature.outputs if signature.subgraphIndex == 0 else ():
            entry.tensorIndex = new if entry.tensorIndex == place else entry.tensorIndex
    return "state output %s got a QUANTIZE to the scale %.9g and zero point %d of %s: its bytes may be copied" % (
        pair["output"],
        pair["input_scale"],
        pair["input_zero_point"],
        pair["input"],
    )


def _prove(graph: Any, pair: Mapping[str, Any]) -> tuple[int, int]:
    """The tensors of a state output and input of one shape and type; raises RepairRefused where a proof fails."""
    output, source = (
        [index for index in indices(places) if text(graph.tensors[index].name) == pair[side]]
        for places, side in ((graph.outputs, "output"), (graph.inputs, "input"))
    )
    if len(output) != 1:
        raise RepairRefused("state output %s is %d outputs of the model" % (pair["output"], len(output)))
    if output[0] in indices(graph.inputs):
        raise RepairRefused("state output %s is an input of the model: nothing computes it" % pair["output"])
    return output[0], source[0]


def _quantize(tree: Any, source: int, result: int, dtype: str) -> Any:
    from ai_edge_litert import schema_py_generated as schema

    operator = schema.OperatorT()
    operator.opcodeIndex = operator_code(tree, "QUANTIZE", _VERSIONS.get(dtype, 1))
    operator.inputs, operator.outputs = [source], [result]
    operator.builtinOptionsType = schema.BuiltinOptions.QuantizeOptions
    operator.builtinOptions = schema.QuantizeOptionsT()
    return operator
