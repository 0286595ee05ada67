"""Constraints on the tensors of an operator: element types, quantization, zero points, what must be constant."""

from __future__ import annotations

import re
from typing import Any

from harness.operators.node import Node, Predicate
from harness.operators.tensors import WORDS, bits, dtypes_in, is_constant

_UNSCALED = ("bool", "int32", "int64", "resource")
_SIGNED_BYTE, _BYTE, _HALF = range(-128, 128), range(256), 32768
_ZERO_POINTS_IN = {"int8": _SIGNED_BYTE, "uint8": _BYTE, "uint16": (0, _HALF)}


def _only_batch_is_open(node: Node, _: re.Match[str]) -> bool:
    return not any(-1 in tensor["signature"][1:] for tensor in node.tensors)


def _is_quantized(node: Node, _: re.Match[str]) -> bool:
    """Vela 5.2 asks it of 8-bit and 16-bit integers only: indices, shapes and truth values have no scale."""
    tensors = [tensor for tensor in node.features + node.of_role("w") if tensor["dtype"] not in _UNSCALED]
    return all(tensor["scales"] and tensor["zero_points"] for tensor in tensors)


def _scales_are_positive(node: Node, _: re.Match[str]) -> bool:
    """Vela 5.2 means the shift of the scale: it refuses 2^32 and more, and lets 0 and less pass."""
    return all(scale < 1 << 32 for tensor in node.tensors for scale in tensor["scales"])


def _is_per_tensor(node: Node, _: re.Match[str]) -> bool:
    return not any(len(tensor["scales"]) > 1 or len(tensor["zero_points"]) > 1 for tensor in node.tensors)


def _zero_points_u55(node: Node, _: re.Match[str]) -> bool:
    for tensor in node.features:
        wide, signed = tensor["dtype"] in WORDS, tensor["dtype"].startswith("int")
        if any((wide and point) or (not signed and point < 0) for point in tensor["zero_points"]):
            return False
    return True


def _zero_points_in_u85(node: Node, _: re.Match[str]) -> bool:
    return all(
        point in _ZERO_POINTS_IN.get(tensor["dtype"], (0,))
        for tensor in node.of_role("i")
        for point in tensor["zero_points"]
    )


def _zero_points_out_u85(node: Node, _: re.Match[str]) -> bool:
    def fits(tensor: dict[str, Any], point: int) -> bool:
        return point in _SIGNED_BYTE if tensor["dtype"].startswith("int") else point in _BYTE or point == _HALF

    return all(fits(tensor, point) for tensor in node.outputs for point in tensor["zero_points"])


def _parameters_are_constant(node: Node, _: re.Match[str]) -> bool:
    return all(is_constant(tensor) for tensor in node.parameters)


def _one_quantization(node: Node, _: re.Match[str]) -> bool:
    def differs(tensor: dict[str, Any]) -> bool:
        return any(tensor[name] != node.ofm[name] for name in ("scales", "zero_points", "axis"))

    return not any(differs(tensor) for tensor in node.of_role("i")[:2])


def _one_dtype(node: Node, match: re.Match[str]) -> bool:
    return node.ifm["dtype"] == node.ofm["dtype"] and _input_dtype(node, match)


def _input_dtype(node: Node, match: re.Match[str]) -> bool:
    return dtypes_in([node.ifm], match[1].upper())


def _lacks(*places: int) -> Predicate:
    """None of these inputs is there."""
    return lambda node, _: all(node.inputs[place] is None for place in places if place < len(node.inputs))


TENSOR_CONSTRAINTS: tuple[tuple[str, Predicate], ...] = (
    (r"Only the first dimension of tensors can be dynamic", _only_batch_is_open),
    (r"Feature-map dataTypes must be one of (.*)", lambda node, match: dtypes_in(node.features, match[1])),
    (r"Tensors must have constant shape", lambda node, _: not any(tensor["shapeless"] for tensor in node.features)),
    (r"Operations must have at least one IFM", lambda node, _: node.of_role("i")),
    (r"Operations must have at least one OFM", lambda node, _: node.outputs),
    (r"Input\(s\), Output and Weight tensors must have quantization", _is_quantized),
    (r"Quantization scale of any tensor must be positive", _scales_are_positive),
    (r"Per-axis quantization is not supported", _is_per_tensor),
    (r"(\d+)-bit feature-maps are not supported", lambda node, match: int(match[1]) not in map(bits, node.features)),
    (r"Zero-points must be 0 for Int32 and non-negative for unsigned", _zero_points_u55),
    (r"IFM Zero-points must be in the range", _zero_points_in_u85),
    (r"OFM Zero-points must be in the range", _zero_points_out_u85),
    (r"num_splits must match the number of outputs", lambda node, _: node.options["numSplits"] == len(node.outputs)),
    (r"Parameter tensors must be constant", _parameters_are_constant),
    (r"Shape tensor must be constant", _parameters_are_constant),
    (r"Params tensor must be Int32 or Int64", lambda node, _: dtypes_in(node.parameters[:1], "INT32 INT64")),
    (r"IFM and OFM shapes must match", lambda node, _: node.ifm["shape"] == node.ofm["shape"]),
    (r"IFM and OFM datatypes must match, and must be (.*)", _one_dtype),
    (r"IFM precision must be one of: \((.*)\)", _input_dtype),
    (r"IFM must be (.*)", _input_dtype),
    (r"Both Input quantization parameters must match OFM", _one_quantization),
    (
        r"Variable handle tensors must be Resource\. Variable data tensors must be one of (.*)",
        lambda node, match: node.inputs[0]["dtype"] == "resource" and dtypes_in(node.features, match[1]),
    ),
    (r"Implicit gate calculation is not supported", lambda node, _: None not in node.inputs[1:9]),
    (r"Peephole variant is not supported", _lacks(9, 10, 11)),
    (r"Projection is not supported", _lacks(16, 17)),
    (r"Gate normalization is not supported", _lacks(20, 21, 22, 23)),
)
