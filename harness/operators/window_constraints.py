"""Constraints on what works on images: windows of convolutions and poolings, and resizing."""

from __future__ import annotations

import re

from harness.operators.node import Node, Predicate
from harness.operators.tensors import nhwc, product


def _kernel(node: Node) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """(height, width), stride (height, width), dilation (height, width) of a window over the feature map."""
    options = node.options
    size = (
        (options["filterHeight"], options["filterWidth"]) if "filterHeight" in options else node.weights["shape"][1:3]
    )
    dilation = (options.get("dilationHFactor", 1), options.get("dilationWFactor", 1))
    return size, (options["strideH"], options["strideW"]), dilation


def _is_padded(node: Node) -> bool:
    """Whether padding SAME adds anything here."""
    size, stride, dilation = _kernel(node)
    if node.options["padding"] != 0:
        return False
    needed = [
        (-(-extent // stride[axis]) - 1) * stride[axis] + (size[axis] - 1) * dilation[axis] + 1 - extent
        for axis, extent in enumerate(nhwc(node.ifm)[1:3])
    ]
    return max(needed) > 0


def _stride_fits(node: Node, match: re.Match[str]) -> bool:
    return "strideH" not in node.options or max(_kernel(node)[1]) <= int(match[1])


def _stride_can_be_unrolled(node: Node, match: re.Match[str]) -> bool:
    _, stride, dilation = _kernel(node)
    return max(stride) <= int(match[1]) or (max(dilation) == 1 and not _is_padded(node))


def _kernel_fits(node: Node, match: re.Match[str]) -> bool:
    (height, width), _stride, _dilation = _kernel(node)
    return 1 <= height <= int(match[3]) and height * width <= int(match[1]) * int(match[2])


def _average_fits(node: Node, match: re.Match[str]) -> bool:
    size, _stride, _dilation = _kernel(node)
    return 1 <= max(size) <= int(match[4]) if _is_padded(node) else _kernel_fits(node, match)


def _transposed_shape(node: Node, _: re.Match[str]) -> bool:
    size, stride, _dilation = _kernel(node)
    old, new = nhwc(node.ifm)[1:3], nhwc(node.ofm)[1:3]
    same = node.options["padding"] == 0
    grown = [0 if same else max(size[axis] - stride[axis], 0) for axis in (0, 1)]
    return all(old[axis] * stride[axis] + grown[axis] == new[axis] for axis in (0, 1))


def _transposed_stride(node: Node, _: re.Match[str]) -> bool:
    size, stride, _dilation = _kernel(node)
    thin = [size[axis] == 1 and nhwc(node.ifm)[1 + axis] == 1 for axis in (0, 1)]
    allowed = {(1, 1), (2, 2)} | ({(1, 2)} if thin[0] else set()) | ({(2, 1)} if thin[1] else set())
    return tuple(stride) in allowed


def _scale_factors(node: Node) -> list[tuple[int, int]]:
    """How much a resize stretches height and width: (numerator, denominator) each."""
    align = node.options["alignCorners"]
    pairs = [(nhwc(node.ofm)[axis], nhwc(node.ifm)[axis]) for axis in (1, 2)]
    return [(new - 1, old - 1) if align and old > 1 else (new, old) for new, old in pairs]


def _resize_u55(node: Node, _: re.Match[str]) -> bool:
    old, new = nhwc(node.ifm)[1:3], nhwc(node.ofm)[1:3]
    half = node.name == "RESIZE_BILINEAR" and node.options["halfPixelCenters"]
    if old == [1, 1]:
        return True
    if old == new:
        return not half
    factors = [1.0 if new[axis] == 1 else pair[0] / pair[1] for axis, pair in enumerate(_scale_factors(node))]
    if factors[0] != factors[1] and (half or not any(new[axis] == 1 for axis in (0, 1))):
        return False
    return max(factors) in ((2,) if half else (2, 4, 8))


def _half_pixel(node: Node) -> bool:
    """Vela takes nearest neighbors at half pixels unless the corners are aligned."""
    nearest = node.name == "RESIZE_NEAREST_NEIGHBOR" and not node.options["alignCorners"]
    return bool(nearest or node.options["halfPixelCenters"])


def _scale_fits(node: Node, match: re.Match[str]) -> bool:
    limit = int(match[2] if _half_pixel(node) else match[1])
    return all(old > 0 and new > 0 and new // old <= limit for new, old in _scale_factors(node))


def _scale_is_power_of_two(node: Node, _: re.Match[str]) -> bool:
    if nhwc(node.ifm)[1:3] == [1, 1]:
        return True
    # A power of two has one bit: without its lowest bit, nothing is left.
    return all(new % old == 0 and new // old & new // old - 1 == 0 for new, old in _scale_factors(node))


WINDOW_CONSTRAINTS: tuple[tuple[str, Predicate], ...] = (
    (
        r"The product of IFM width and height must be less than (\d+)",
        # Vela's own limit is one more than its sentence says.
        lambda node, match: product(nhwc(node.ifm)[-3:-1]) <= int(match[1]),
    ),
    (r"Kernel stride must be in the range \(1,(\d+)\)", _stride_fits),
    (r"Stride>(\d+) is only supported IF \(dilation = 1 AND padding = VALID\)", _stride_can_be_unrolled),
    (
        r"Kernel constraints:.*product.*equal to (\d+)\*(\d+).*height.*equal to (\d+).*ELSE:.*equal to (\d+)",
        _average_fits,
    ),
    (r"kernel product must be.*equal to (\d+)\*(\d+) and kernel height must be.*equal to (\d+)", _kernel_fits),
    (r"Shape constraints:.*PADDING=SAME.*OFM must be equal to IFM \* stride", _transposed_shape),
    (r"Stride values WxH must be: 1x1 OR 2x2 OR 2x1", _transposed_stride),
    (r"IF (?:not|NOT) \(IFM H == IFM W == 1\) (?:AND not|AND NOT) IFM Shape == OFM Shape", _resize_u55),
    (
        r"align_corners and half_pixel_centers are mutually exclusive",
        lambda node, _: not (node.options["alignCorners"] and node.options["halfPixelCenters"]),
    ),
    (r"Scale-factor:.*maximum (\d+).*maximum (\d+)", _scale_fits),
    (r"Scale-factor must be an integer power of two", _scale_is_power_of_two),
)
