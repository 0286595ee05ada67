"""Constraints on products: the weights and the bias of a layer, and matrices that are both computed."""

from __future__ import annotations

import re

import numpy as np

from harness.operators.node import Node, Predicate
from harness.operators.tensors import BYTES, MOST, dtypes_in, is_constant, nhwc, product, values


def _weights_are_constant(node: Node) -> bool:
    """False for a product of two computed matrices."""
    return bool(node.of_role("w")) and is_constant(node.weights)


def _weight_sum(node: Node, match: re.Match[str]) -> bool | None:
    limit = int(match[1] if node.ifm["dtype"] in BYTES else match[2])
    if not _weights_are_constant(node):
        return True
    channel_axis = 3 if node.name == "DEPTHWISE_CONV_2D" else 0
    shape = node.weights["shape"]
    if 255 * product(shape) // shape[channel_axis] < limit:
        return True
    if node.weights["dtype"] not in BYTES:
        return None
    points = np.array(node.weights["zero_points"] or [0], np.int64)
    by_channel = np.moveaxis(values(node.weights).reshape(shape).astype(np.int64), channel_axis, 0)
    sums = np.abs(by_channel.reshape(shape[channel_axis], -1) - points[:, np.newaxis]).sum(axis=1)
    return bool(sums.max() <= limit)


def _bias_is_along_the_channels(node: Node, _: re.Match[str]) -> bool:
    return all(product(tensor["shape"]) <= (tensor["shape"] or [1])[-1] for tensor in node.bias)


def _bias_is_small(node: Node, match: re.Match[str]) -> bool:
    known = [tensor for tensor in node.bias if tensor["dtype"] == "int64" and is_constant(tensor)]
    return all(values(tensor).max() <= int(match[1]) for tensor in known)


def _weights_are_a_matrix(node: Node, _: re.Match[str]) -> bool:
    return len(node.weights["shape"]) > 1 and product(node.weights["shape"][1:-1]) == 1


def _is_matrix_product(node: Node) -> bool:
    return node.name == "BATCH_MATMUL" or not _weights_are_constant(node)


def _reduced_axis_fits(node: Node, _: re.Match[str]) -> bool:
    axis = -2 if node.options.get("adjX") else -1
    return not _is_matrix_product(node) or nhwc(node.ifm)[axis] <= MOST


WEIGHT_CONSTRAINTS: tuple[tuple[str, Predicate], ...] = (
    (r"Weight tensors must be 8-bit precision", lambda node, _: node.weights["dtype"] in BYTES),
    (r"Weigth sum constraints:.*8-bit.*cannot exceed (\d+).*16-bit.*cannot exceed (\d+)", _weight_sum),
    (r"Bias values must be stored in the channel axis", _bias_is_along_the_channels),
    (r"Bias tensors must be constant", lambda node, _: all(map(is_constant, node.bias))),
    (r"Bias tensors precision must be (.*)", lambda node, match: dtypes_in(node.bias, match[1].upper())),
    (r"Int64 bias must be smaller than (\d+)", _bias_is_small),
    (r"FullyConnected weights must be on the form O,1,1,..,1,I", _weights_are_a_matrix),
    (r"IF Matmul or \(FC with dynamic weights\): Reduced axis must be less", _reduced_axis_fits),
    (
        r"IF Matmul or \(FC with dynamic weights\): OFM depth must be less",
        lambda node, _: not _is_matrix_product(node) or nhwc(node.ofm)[-1] <= MOST,
    ),
    (
        r"IF Matmul or \(FC with dynamic weights\): IFM precision must be Int8",
        lambda node, _: not _is_matrix_product(node) or node.ifm["dtype"] == "int8",
    ),
)
