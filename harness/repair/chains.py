"""The float SPLIT chain as an int8 SPLIT, every value unchanged.

TensorFlow's quantizer sometimes leaves DEQUANTIZE -> SPLIT -> QUANTIZE at the first step of an unrolled GRU or LSTM
without state inputs. Where all scales and zero points are equal, the chain maps every int8 value to itself, so an int8
SPLIT of the same tensor gives the same bytes and runs on the NPU.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from harness.errors import RepairRefused
from harness.repair.graph import Mended, mend_each, operator_code, parameters, users
from harness.tflite import dtype_name, indices, operator_name, text

# Version 2 of SPLIT is the first that the schema defines for int8.
INT8_SPLIT_VERSION = 2


class _Chain(NamedTuple):
    dequantize: Any
    split: Any
    quantizes: list[Any]


def mend_chains(tree: Any, graph: Any) -> Mended:
    """Replace every float SPLIT chain by an int8 SPLIT."""

    def mend(split: Any) -> str | None:
        chain = _prove(tree, graph, split)
        return None if chain is None else _rewrite(tree, graph, chain)

    splits = [operator for operator in graph.operators or [] if operator_name(tree, operator) == "SPLIT"]
    return mend_each(splits, mend)


def _prove(tree: Any, graph: Any, split: Any) -> _Chain | None:
    """The chain around a SPLIT; None where it is not a float chain. Raises RepairRefused where a proof fails."""
    source = indices(split.inputs)[1]
    if dtype_name(graph.tensors[source]) != "float32":
        return None
    name = "float SPLIT %s" % text(graph.tensors[indices(split.outputs)[0]].name)
    producers = [operator for operator in graph.operators if source in indices(operator.outputs)]
    if [operator_name(tree, operator) for operator in producers] != ["DEQUANTIZE"]:
        raise RepairRefused("%s is not fed by a DEQUANTIZE: its input is a float value" % name)
    dequantize = producers[0]
    quantizes: list[Any] = []
    for output in indices(split.outputs):
        readers = users(graph, output)
        if output in indices(graph.outputs) or any(operator_name(tree, user) != "QUANTIZE" for user in readers):
            raise RepairRefused("%s feeds something else than QUANTIZE: its float values are used" % name)
        if len(readers) > 1 and any(indices(user.outputs)[0] in indices(graph.outputs) for user in readers):
            raise RepairRefused("%s is quantized twice, once into an output of the graph" % name)
        quantizes += readers
    origin = graph.tensors[indices(dequantize.inputs)[0]]
    for quantize in quantizes:
        result = graph.tensors[indices(quantize.outputs)[0]]
        if parameters(result) != parameters(origin):
            raise RepairRefused("%s is requantized to another scale or zero point: not an exact round trip" % name)
    if dtype_name(origin) != "int8" or len(parameters(origin)[1]) != 1:
        raise RepairRefused("%s does not start from an int8 tensor with one scale" % name)
    return _Chain(dequantize, split, quantizes)


def _rewrite(tree: Any, graph: Any, chain: _Chain) -> str:
    origin = indices(chain.dequantize.inputs)[0]
    replaced = {indices(q.inputs)[0]: indices(q.outputs)[0] for q in chain.quantizes}
    for output in indices(chain.split.outputs):
        if output not in replaced:
            _retype(graph.tensors[output], graph.tensors[origin])
    _merge_duplicate_quantizes(graph, chain.quantizes, replaced)
    chain.split.inputs = [indices(chain.split.inputs)[0], origin]
    chain.split.outputs = [replaced.get(output, output) for output in indices(chain.split.outputs)]
    chain.split.opcodeIndex = operator_code(tree, "SPLIT", INT8_SPLIT_VERSION)
    removed = list(chain.quantizes)
    if not _otherusers(graph, chain):
        removed.append(chain.dequantize)
    graph.operators = [operator for operator in graph.operators if not any(operator is gone for gone in removed)]
    return "float SPLIT %s became an int8 SPLIT: %d float operators fewer, every value unchanged" % (
        text(graph.tensors[chain.split.outputs[0]].name),
        len(removed) + 1,
    )


def _merge_duplicate_quantizes(graph: Any, quantizes: list[Any], kept: dict[int, int]) -> None:
    for quantize in quantizes:
        output, chosen = indices(quantize.outputs)[0], kept[indices(quantize.inputs)[0]]
        if output == chosen:
            continue
        for operator in graph.operators:
            operator.inputs = [chosen if index == output else index for index in indices(operator.inputs)]


def _otherusers(graph: Any, chain: _Chain) -> list[Any]:
    output = indices(chain.dequantize.outputs)[0]
    others = [user for user in users(graph, output) if user is not chain.split]
    return others + ([graph] if output in indices(graph.outputs) else [])


def _retype(tensor: Any, like: Any) -> None:
    tensor.type = like.type
    tensor.quantization = like.quantization
