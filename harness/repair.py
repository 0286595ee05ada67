"""Exact rewrites of a .tflite, each with its proof (runs in a child; also `python -m harness.repair IN OUT`).

The float SPLIT chain: TensorFlow's quantizer sometimes leaves DEQUANTIZE -> SPLIT -> QUANTIZE at the first step of an
unrolled GRU or LSTM without state inputs. Where all scales and zero points are equal, the chain maps every int8 value
to itself, so an int8 SPLIT of the same tensor gives the same bytes and runs on the NPU.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import ModelError, RepairRefused
from harness.plain import write_atomically
from harness.tflite import dtype_name, indices, operator_name, read_file, read_model, text, write_model

# Version 2 of SPLIT is the first that the schema defines for int8.
INT8_SPLIT_VERSION = 2


class _Chain(NamedTuple):
    dequantize: Any
    split: Any
    quantizes: list[Any]


def repair(model: bytes) -> dict[str, Any]:
    """The model with every float SPLIT chain replaced by an int8 SPLIT.

    Returns `model` (bytes; the very input where there is nothing to repair), `changes` (one sentence each) and
    `refused` (one sentence for each chain whose proof does not hold; it is left as it is).
    """
    tree = read_model(model)
    changes: list[str] = []
    refused: list[str] = []
    for graph in tree.subgraphs:
        for split in [operator for operator in graph.operators or [] if operator_name(tree, operator) == "SPLIT"]:
            try:
                chain = _prove(tree, graph, split)
            except RepairRefused as refusal:
                refused.append(str(refusal))
                continue
            if chain is not None:
                changes.append(_rewrite(tree, graph, chain))
        if changes:
            _drop_unused_tensors(tree, graph)
    return {"model": write_model(tree) if changes else model, "changes": changes, "refused": refused}


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
        users = _users(graph, output)
        if output in indices(graph.outputs) or any(operator_name(tree, user) != "QUANTIZE" for user in users):
            raise RepairRefused("%s feeds something else than QUANTIZE: its float values are used" % name)
        if len(users) > 1 and any(indices(user.outputs)[0] in indices(graph.outputs) for user in users):
            raise RepairRefused("%s is quantized twice, once into an output of the graph" % name)
        quantizes += users
    origin = graph.tensors[indices(dequantize.inputs)[0]]
    for quantize in quantizes:
        result = graph.tensors[indices(quantize.outputs)[0]]
        if _parameters(result) != _parameters(origin):
            raise RepairRefused("%s is requantized to another scale or zero point: not an exact round trip" % name)
    if dtype_name(origin) != "int8" or len(_parameters(origin)[1]) != 1:
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
    chain.split.opcodeIndex = _int8_split_code(tree)
    removed = list(chain.quantizes)
    if not _other_users(graph, chain):
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


def _other_users(graph: Any, chain: _Chain) -> list[Any]:
    output = indices(chain.dequantize.outputs)[0]
    others = [user for user in _users(graph, output) if user is not chain.split]
    return others + ([graph] if output in indices(graph.outputs) else [])


def _users(graph: Any, tensor: int) -> list[Any]:
    return [operator for operator in graph.operators if tensor in indices(operator.inputs)]


def _parameters(tensor: Any) -> Any:
    quantization = tensor.quantization
    if quantization is None or quantization.scale is None:
        return (dtype_name(tensor), [], [])
    return (
        dtype_name(tensor),
        [float(scale) for scale in quantization.scale],
        indices(quantization.zeroPoint),
    )


def _retype(tensor: Any, like: Any) -> None:
    tensor.type = like.type
    tensor.quantization = like.quantization


def _int8_split_code(tree: Any) -> int:
    from ai_edge_litert import schema_py_generated as schema

    split = schema.BuiltinOperator.SPLIT
    for index, code in enumerate(tree.operatorCodes):
        if code.builtinCode == split and code.version >= INT8_SPLIT_VERSION:
            return index
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = split
    code.version = INT8_SPLIT_VERSION
    tree.operatorCodes.append(code)
    return len(tree.operatorCodes) - 1


def _drop_unused_tensors(tree: Any, graph: Any) -> None:
    used: set[int] = set(indices(graph.inputs)) | set(indices(graph.outputs))
    for operator in graph.operators:
        used |= set(indices(operator.inputs)) | set(indices(operator.outputs))
    used.discard(-1)
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
    number = list(tree.subgraphs).index(graph)
    for signature in tree.signatureDefs or []:
        if signature.subgraphIndex == number:
            for entry in list(signature.inputs) + list(signature.outputs):
                entry.tensorIndex = place[entry.tensorIndex]


def main(arguments: list[str] | None = None) -> int:
    """Write the model with every exact repair done: `python -m harness.repair IN.tflite OUT.tflite`.

    Returns 0, or 1 where a repair was refused; bad arguments end with 2.
    """
    parser = argparse.ArgumentParser(prog="python -m harness.repair", description="Repair a .tflite, bit for bit.")
    parser.add_argument("input", type=Path, metavar="IN.tflite")
    parser.add_argument("output", type=Path, metavar="OUT.tflite")
    asked = parser.parse_args(arguments)
    try:
        result = repair(read_file(asked.input))
        write_atomically(asked.output, result["model"])
    except ModelError as error:
        parser.error("%s: %s" % (asked.input, error))
    except OSError as error:
        parser.error("cannot write %s: %s" % (asked.output, error.strerror))
    for sentence in result["changes"] or ["nothing to repair"]:
        sys.stdout.write(sentence + "\n")
    for sentence in result["refused"]:
        sys.stdout.write("left as it is: %s\n" % sentence)
    return 1 if result["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
