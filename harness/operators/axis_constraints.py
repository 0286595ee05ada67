"""Constraints on what chooses among axes: reductions, slices, transposes, gathering and scattering."""

from __future__ import annotations

import re

from harness.operators.node import Node, Predicate
from harness.operators.tensors import MOST, WORDS, is_constant, nhwc, product, values

_DEPTH = 3
_SLICE_MASKS = ("begin", "end", "ellipsis", "newAxis", "shrinkAxis")


def _reduced(node: Node) -> list[int]:
    """The axes of (N, H, W, C) that a reduction reduces."""
    shape = node.ifm["shape"]
    return sorted({int(axis) % len(shape) + 4 - len(shape) for axis in values(node.parameters[0])} & set(range(4)))


def _depth_is_reducible(node: Node, _: re.Match[str]) -> bool:
    return _DEPTH not in _reduced(node) or 1 in nhwc(node.ifm)[1:]


def _reduced_axes_fit(node: Node, match: re.Match[str]) -> bool:
    return all(nhwc(node.ifm)[axis] <= int(match[1]) for axis in _reduced(node))


def _reduced_elements_fit(node: Node, match: re.Match[str]) -> bool:
    elements = product(nhwc(node.ifm)[axis] for axis in _reduced(node))
    limits = {"int8": match[1], "uint8": match[2], "int16": match[3]}
    return elements <= int(limits.get(node.ifm["dtype"], elements))


def _argmax_axis(node: Node, _: re.Match[str]) -> bool:
    return int(values(node.parameters[0])[0]) in (-1, len(node.ifm["shape"]) - 1)


def _slice_is_a_volume(node: Node, _: re.Match[str]) -> bool:
    begin, end, step = (values(tensor).tolist() for tensor in node.parameters)
    extents, strides = _slice(node, [begin, end, step])
    beside = strides[:-3] + strides[-1:]
    return all(stride == 1 for stride in beside) and min(strides) >= 0 and min(extents) > 0


def _slice(node: Node, parameters: list[list[int]]) -> tuple[list[int], list[int]]:
    """Extent and stride of each axis of the input that a STRIDED_SLICE takes."""
    begin, end, step = parameters
    extents, strides = list(node.ifm["shape"]), [1] * len(node.ifm["shape"])
    axis, specified = 0, min(len(begin), len(end), len(step))
    for place in range(specified):
        given = {name: not node.options[name + "Mask"] >> place & 1 for name in _SLICE_MASKS}
        if not given["ellipsis"]:
            axis = len(extents) - (specified - place - 1)
        elif given["newAxis"]:
            size = node.ifm["shape"][axis]
            first = _clamp(begin[place], size, 0, size - 1) if given["begin"] else 0
            last = _clamp(end[place], size, 1, size) if given["end"] else size
            extents[axis] = last - first if given["shrinkAxis"] else 1
            strides[axis] = step[place]
            axis += 1
    return extents, strides


def _clamp(index: int, size: int, low: int, high: int) -> int:
    return min(max(index + size if index < 0 else index, low), high)


def _permutation(node: Node) -> list[int]:
    """Where each axis of the output comes from, over at least four axes."""
    order = values(node.parameters[0])
    fill = max(4 - len(order), 0)
    return list(range(fill)) + [int(value) + fill for value in order]


def _transpose_32(node: Node, match: re.Match[str]) -> bool:
    order = _permutation(node)
    if node.ifm["dtype"] != "int32":
        return True
    if len(order) > int(match[1]):
        return False
    batch, height, width, depth = nhwc(node.ifm)
    limits: dict[tuple[int, ...], bool] = {
        (0, 1, 2, 3): depth <= MOST,
        (0, 2, 1, 3): batch == 1 and height <= MOST and width <= MOST and depth <= MOST // 4,
        (0, 1, 3, 2): batch * height <= MOST and width <= MOST and depth <= MOST,
    }
    return limits.get(tuple(order), False)


def _transpose_16(node: Node, _: re.Match[str]) -> bool:
    order, shape = _permutation(node), nhwc(node.ifm)
    if order == sorted(order) or node.ifm["dtype"] in (*WORDS, "int64"):
        return True
    if order[:-3] == list(range(len(order) - 3)) and product(shape[:-3]) == 1:
        return max(shape[-3:]) <= MOST
    pairs = [(first, second) for first in range(len(shape)) for second in range(first)]
    return all(product(shape) // (shape[first] * shape[second]) <= MOST for first, second in pairs)


def _gather_axis(node: Node, _: re.Match[str]) -> bool:
    axis = node.options["axis"]
    return bool((axis + len(node.ifm["shape"]) if axis < 0 else axis) == node.options["batchDims"])


def _unique_indices(node: Node, _: re.Match[str]) -> bool:
    indices = values(node.inputs[0])
    return len(set(indices.tolist())) == len(indices)


AXIS_CONSTRAINTS: tuple[tuple[str, Predicate], ...] = (
    (r"Batch must be 1", lambda node, _: nhwc(node.ifm)[0] <= 1),
    (r"Reduction over depth is only supported if any of h,w,c == 1", _depth_is_reducible),
    (r"Reduced axis must be less than (\d+)", _reduced_axes_fit),
    (r"Amount of reduced elements cannot exceed: (\d+)\(Int8\), (\d+)\(UInt8\), (\d+)", _reduced_elements_fit),
    (r"IFM depth must be less than or equal to (\d+)", lambda node, match: node.ifm["shape"][-1] <= int(match[1])),
    (r"Operation must be performed along the depth axis", _argmax_axis),
    (r"Axis attribute is not supported", lambda node, _: not len(values(node.parameters[0]))),
    (r"Slice must represent a volume", _slice_is_a_volume),
    (r"Tensor dimension must be <= (\d+)", lambda node, match: len(node.ifm["shape"]) <= int(match[1])),
    (r"IF IFM is Int32:.*Rank must be less than or equal to (\d+)", _transpose_32),
    (r"IF IFM is Int8 or Int16", _transpose_16),
    (r"axis must be equal to batch_dims", _gather_axis),
    (r"Index tensor must be constant", lambda node, _: is_constant(node.inputs[0])),
    (r"Index tensor must have channel=1", lambda node, _: node.inputs[0]["shape"][-1:] == [1]),
    (r"Index tensor elements must be unique", _unique_indices),
)
