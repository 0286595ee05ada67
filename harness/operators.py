"""Predicts, operator by operator, what Vela will place on the NPU and which of its constraints stands in the way.

Runs in a child. The constraints are the sentences that the installed Vela lists for each operator
(`harness.vela.operator_constraints`); a table turns each sentence into a predicate over the operator. A sentence that
the table does not know is counted and never guessed. Vela 5.2 decides on each operator alone, wherever it stands; the
graph matters only in what it leaves out (`_reached`).
"""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from harness.tflite import inspect, read_model
from harness.vela import operator_constraints

FAMILIES = ("ethos-u55", "ethos-u85")
"""U65 has the constraints of U55."""

UNSUPPORTED = "Unsupported opType"
"""Vela's words for an operator that it has no constraints for."""

VELA_NAMES = {"ARG_MAX": "ARGMAX"}
"""Where Vela's list spells an operator otherwise than TensorFlow Lite's schema."""

# What each input of an operator is to Vela: i feature map, p parameter, w weights, s bias, t state. Others: all i.
_ROLES = {
    "ARG_MAX": "ip",
    "ASSIGN_VARIABLE": "pi",
    "CONV_2D": "iws",
    "DEPTHWISE_CONV_2D": "iws",
    "EXPAND_DIMS": "ip",
    "FULLY_CONNECTED": "iws",
    "MEAN": "ip",
    "MIRROR_PAD": "ip",
    "PAD": "ip",
    "PADV2": "ipp",
    "PRELU": "ip",
    "READ_VARIABLE": "p",
    "REDUCE_ALL": "ip",
    "REDUCE_ANY": "ip",
    "REDUCE_MAX": "ip",
    "REDUCE_MIN": "ip",
    "RESHAPE": "ip",
    "RESIZE_BILINEAR": "ip",
    "RESIZE_NEAREST_NEIGHBOR": "ip",
    "REVERSE_V2": "ip",
    "SCATTER_ND": "iip",
    "SLICE": "ipp",
    "SPLIT": "pi",
    "SPLIT_V": "ipp",
    "STRIDED_SLICE": "ippp",
    "SUM": "ip",
    "TILE": "ip",
    "TRANSPOSE": "ip",
    "TRANSPOSE_CONV": "pwis",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "i" + 11 * "w" + 4 * "s" + "ws" + "tt" + 4 * "s",
}


class Node(NamedTuple):
    """An operator with its tensors: `inputs` by place (None where one is left out), `features` those of the data."""

    name: str
    options: dict[str, Any]
    inputs: list[Any]
    outputs: list[dict[str, Any]]

    def of_role(self, roles: str) -> list[dict[str, Any]]:
        """The inputs that are there and have one of these roles."""
        known = _ROLES.get(self.name, "")
        placed = enumerate(self.inputs)
        return [tensor for place, tensor in placed if tensor and (known[place : place + 1] or "i") in roles]

    @property
    def features(self) -> list[dict[str, Any]]:
        """Input and output feature maps."""
        return self.of_role("i") + self.outputs

    @property
    def ifm(self) -> dict[str, Any]:
        """The first input feature map."""
        return self.of_role("i")[0]

    @property
    def ofm(self) -> dict[str, Any]:
        """The first output feature map."""
        return self.outputs[0]

    @property
    def weights(self) -> dict[str, Any]:
        """The (first) weight tensor."""
        return self.of_role("w")[0]

    @property
    def bias(self) -> list[dict[str, Any]]:
        """The bias, if there is one."""
        return self.of_role("s")[:1]


if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    # Takes a node and the match of the sentence; whether the constraint holds, None where the file cannot tell.
    Predicate = Callable[[Node, re.Match[str]], Any]


def predict(model: bytes) -> dict[str, Any]:
    """What Vela will do with each operator, and who runs it otherwise.

    Returns `operators`, in the order of the file, and `undecided`: by family, each sentence that no predicate decides
    with the number of operators that it concerns. An operator has `subgraph`, `index`, `name`, `tensor` (first
    output), `kernel` (how TensorFlow Lite Micro registers it; None: it has none), `layer` and `step` (None where the
    model does not tell; steps count from 0) and `families`: for each family `placement` (npu; cpu; dropped, where the
    compiled model does without it; unknown, where a sentence is undecided and none is violated), `violated` (Vela's
    sentences, the first is the one that Vela reports) and `undecided`. Raises ModelError for what cannot be read.
    """
    graphs = _graphs(model)
    operators = [entry for number, graph in enumerate(graphs) for entry in _operators(number, graph)]
    for family in FAMILIES:
        _judge_family(family, operators)
        for number, graph in enumerate(graphs):
            _mark_dropped(family, graph, [entry for entry in operators if entry["subgraph"] == number])
    return {
        "operators": [{name: entry[name] for name in entry if name != "node"} for entry in operators],
        "undecided": {family: _counted(operators, family) for family in FAMILIES},
    }


# --- The graph --------------------------------------------------------------------------------------------------------


def _graphs(model: bytes) -> list[dict[str, Any]]:
    """The subgraphs as `inspect` shows them, with operator options, open axes and constant data added."""
    graphs: list[dict[str, Any]] = inspect(model)["subgraphs"]
    tree = read_model(model)
    for number, graph in enumerate(graphs):
        source = tree.subgraphs[number]
        for index, tensor in enumerate(graph["tensors"]):
            tensor["data"] = tree.buffers[tensor["buffer"]].data
            signature = source.tensors[index].shapeSignature
            tensor["signature"] = tensor["shape"] if signature is None or not len(signature) else list(signature)
        for index, operator in enumerate(graph["operators"]):
            options = source.operators[index].builtinOptions
            operator["options"] = {} if options is None else vars(options)
        _mark_shapeless(graph)
    return graphs


def _mark_shapeless(graph: dict[str, Any]) -> None:
    """Add `shapeless`: a computed scalar, but for the result of a QUANTIZE, which Vela gives the shape of its input."""
    quantized = [
        index for operator in graph["operators"] if operator["name"] == "QUANTIZE" for index in operator["outputs"]
    ]
    for index, tensor in enumerate(graph["tensors"]):
        tensor["shapeless"] = not tensor["shape"] and tensor["data"] is None and index not in quantized


def _operators(number: int, graph: dict[str, Any]) -> list[dict[str, Any]]:
    nodes = [_node(graph, operator) for operator in graph["operators"]]
    places = _places(number, graph)
    return [
        {
            "subgraph": number,
            "index": index,
            "name": graph["operators"][index]["custom_code"] or node.name,
            "tensor": node.outputs[0]["name"] if node.outputs else "",
            "kernel": tflm_kernel(node.name),
            "layer": places[index][0],
            "step": places[index][1],
            "families": {},
            "node": node,
        }
        for index, node in enumerate(nodes)
    ]


def _node(graph: dict[str, Any], operator: dict[str, Any]) -> Node:
    def tensors(indices: list[int]) -> list[Any]:
        return [graph["tensors"][index] if index >= 0 else None for index in indices]

    outputs = [tensor for tensor in tensors(operator["outputs"]) if tensor]
    return Node(operator["name"], operator["options"], tensors(operator["inputs"]), outputs)


def _judge_family(family: str, operators: list[dict[str, Any]]) -> None:
    constraints = operator_constraints(family)
    for entry in operators:
        node = entry["node"]
        sentences = constraints.get(VELA_NAMES.get(node.name, node.name))
        verdicts = [(UNSUPPORTED, False)] if sentences is None else [(text, holds(text, node)) for text in sentences]
        violated = [text for text, verdict in verdicts if verdict is False]
        undecided = [text for text, verdict in verdicts if verdict is None]
        placement = "cpu" if violated else "unknown" if undecided else "npu"
        entry["families"][family] = {"placement": placement, "violated": violated, "undecided": undecided}


def _mark_dropped(family: str, graph: dict[str, Any], operators: list[dict[str, Any]]) -> None:
    reached = _reached(family, graph, operators)
    for entry in operators:
        if entry["index"] not in reached:
            entry["families"][family]["placement"] = "dropped"


def _reached(family: str, graph: dict[str, Any], operators: list[dict[str, Any]]) -> set[int]:
    """The operators that an output of the graph needs, and those without a result.

    On the NPU a RESHAPE takes the shape of its output from the file: what computes that shape is not needed.
    """
    makers = {tensor: index for index, operator in enumerate(graph["operators"]) for tensor in operator["outputs"]}
    waiting = [makers[tensor] for tensor in graph["outputs"] if tensor in makers]
    waiting += [index for index, operator in enumerate(graph["operators"]) if not operator["outputs"]]
    reached: set[int] = set()
    while waiting:
        index = waiting.pop()
        if index not in reached:
            reached.add(index)
            operator = graph["operators"][index]
            reads_shape = operator["name"] != "RESHAPE" or operators[index]["families"][family]["placement"] != "npu"
            inputs = operator["inputs"] if reads_shape else operator["inputs"][:1]
            waiting += [makers[tensor] for tensor in inputs if tensor in makers]
    return reached


def _counted(operators: list[dict[str, Any]], family: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in operators:
        for text in entry["families"][family]["undecided"]:
            counts[text] = counts.get(text, 0) + 1
    return counts


# --- Constraints ------------------------------------------------------------------------------------------------------


def holds(text: str, node: Node) -> bool | None:
    """Whether a node meets a constraint in Vela's words; None where no predicate knows the sentence or the node.

    A node without the tensor or option that the sentence is about is one that nobody knows how Vela reads.
    """
    for pattern, predicate in _PREDICATES:
        match = re.match(pattern, text, re.DOTALL)
        if match:
            try:
                verdict = predicate(node, match)
            except (IndexError, KeyError, TypeError, ValueError):
                return None
            return None if verdict is None else bool(verdict)
    return None


def _bits(tensor: dict[str, Any]) -> int:
    digits = re.search(r"\d+", tensor["dtype"])
    return int(digits.group()) if digits else 8


def _4d(tensor: dict[str, Any]) -> list[int]:
    """The shape (N, H, W, C), as Vela fills it up from the left."""
    shape: list[int] = tensor["shape"]
    return [1] * (4 - len(shape)) + shape


def _values(tensor: dict[str, Any]) -> np.ndarray | None:
    """The values of a constant, or None."""
    if tensor["data"] is None:
        return None
    return np.frombuffer(bytes(tensor["data"]), np.dtype(tensor["dtype"].replace("bool", "bool_")))


def _product(numbers: Iterable[int]) -> int:
    return reduce(lambda product, number: product * int(number), numbers, 1)


def _only_batch_is_open(node: Node, _: re.Match[str]) -> bool:
    tensors = [tensor for tensor in node.inputs if tensor] + node.outputs
    return not any(-1 in tensor["signature"][1:] for tensor in tensors)


def _dtypes_in(tensors: list[dict[str, Any]], names: str) -> bool:
    return {tensor["dtype"].upper() for tensor in tensors} <= set(re.findall(r"\w+", names))


def _is_quantized(node: Node, _: re.Match[str]) -> bool:
    """Vela 5.2 asks it of 8-bit and 16-bit integers only: indices, shapes and truth values have no scale."""
    tensors = [tensor for tensor in node.features + node.of_role("w") if tensor["dtype"] not in _UNSCALED]
    return all(tensor["scales"] and tensor["zero_points"] for tensor in tensors)


_UNSCALED = ("bool", "int32", "int64", "resource")


def _scales_are_positive(node: Node, _: re.Match[str]) -> bool:
    """Vela 5.2 means the shift of the scale: it refuses 2^32 and more, and lets 0 and less pass."""
    tensors = [tensor for tensor in node.inputs if tensor] + node.outputs
    return all(scale < 1 << 32 for tensor in tensors for scale in tensor["scales"])


def _is_per_tensor(node: Node, _: re.Match[str]) -> bool:
    tensors = [tensor for tensor in node.inputs if tensor] + node.outputs
    return not any(len(tensor["scales"]) > 1 or len(tensor["zero_points"]) > 1 for tensor in tensors)


def _zero_points_u55(node: Node, _: re.Match[str]) -> bool:
    for tensor in node.features:
        wide, signed = tensor["dtype"] in _WORDS, tensor["dtype"].startswith("int")
        if any((wide and point) or (not signed and point < 0) for point in tensor["zero_points"]):
            return False
    return True


_WORDS = ("int32", "uint32", "float32")
_BYTES = ("int8", "uint8")
_SIGNED_BYTE, _BYTE, _HALF = range(-128, 128), range(256), 32768
_ZERO_POINTS_IN = {"int8": _SIGNED_BYTE, "uint8": _BYTE, "uint16": (0, _HALF)}


def _zero_points_in_u85(node: Node, _: re.Match[str]) -> bool:
    tensors = node.of_role("i")
    return all(
        point in _ZERO_POINTS_IN.get(tensor["dtype"], (0,)) for tensor in tensors for point in tensor["zero_points"]
    )


def _zero_points_out_u85(node: Node, _: re.Match[str]) -> bool:
    def fits(tensor: dict[str, Any], point: int) -> bool:
        return point in _SIGNED_BYTE if tensor["dtype"].startswith("int") else point in _BYTE or point == _HALF

    return all(fits(tensor, point) for tensor in node.outputs for point in tensor["zero_points"])


def _parameters_are_constant(node: Node, _: re.Match[str]) -> bool:
    return all(tensor["data"] is not None for tensor in node.of_role("p"))


def _weights_are_constant(node: Node) -> bool:
    """False for a product of two computed matrices."""
    return bool(node.of_role("w")) and node.weights["data"] is not None


def _weight_sum(node: Node, match: re.Match[str]) -> bool | None:
    limit = int(match[1] if node.ifm["dtype"] in _BYTES else match[2])
    if not _weights_are_constant(node):
        return True
    channel_axis = 3 if node.name == "DEPTHWISE_CONV_2D" else 0
    shape = node.weights["shape"]
    if 255 * _product(shape) // shape[channel_axis] < limit:
        return True
    weights = _values(node.weights)
    if weights is None or node.weights["dtype"] not in _BYTES:
        return None
    points = np.array(node.weights["zero_points"] or [0], np.int64)
    by_channel = np.moveaxis(weights.reshape(shape).astype(np.int64), channel_axis, 0)
    sums = np.abs(by_channel.reshape(shape[channel_axis], -1) - points[:, np.newaxis]).sum(axis=1)
    return bool(sums.max() <= limit)


def _bias_is_small(node: Node, match: re.Match[str]) -> bool:
    values = [_values(tensor) for tensor in node.bias if tensor["dtype"] == "int64"]
    return all(bias is None or bias.max() <= int(match[1]) for bias in values)


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
        for axis, extent in enumerate(_4d(node.ifm)[1:3])
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


def _is_matrix_product(node: Node) -> bool:
    return node.name == "BATCH_MATMUL" or not _weights_are_constant(node)


def _reduced_axis_fits(node: Node, _: re.Match[str]) -> bool:
    axis = -2 if node.options.get("adjX") else -1
    return not _is_matrix_product(node) or _4d(node.ifm)[axis] <= _MOST


def _one_quantization(node: Node, _: re.Match[str]) -> bool:
    def differs(tensor: dict[str, Any]) -> bool:
        return any(tensor[name] != node.ofm[name] for name in ("scales", "zero_points", "axis"))

    return not any(differs(tensor) for tensor in node.of_role("i")[:2])


def _one_dtype(node: Node, match: re.Match[str]) -> bool:
    return node.ifm["dtype"] == node.ofm["dtype"] and _dtypes_in([node.ifm], match[1].upper())


def _axes(node: Node) -> list[bool] | None:
    """The axes that a reduction reduces, as a mask over (N, H, W, C); None where they are computed."""
    values = _values(node.of_role("p")[0])
    if values is None:
        return None
    shape = node.ifm["shape"]
    reduced = {int(axis) % len(shape) + 4 - len(shape) for axis in values}
    return [axis in reduced for axis in range(4)]


def _depth_is_reducible(node: Node, _: re.Match[str]) -> bool | None:
    axes = _axes(node)
    return axes if axes is None else not axes[3] or 1 in _4d(node.ifm)[1:]


def _reduced_axes_fit(node: Node, match: re.Match[str]) -> bool | None:
    axes = _axes(node)
    return axes if axes is None else all(_4d(node.ifm)[axis] <= int(match[1]) for axis in range(4) if axes[axis])


def _reduced_elements_fit(node: Node, match: re.Match[str]) -> bool | None:
    axes = _axes(node)
    limits = {"int8": match[1], "uint8": match[2], "int16": match[3]}
    limit = limits.get(node.ifm["dtype"])
    if axes is None or limit is None:
        return axes if axes is None else True
    return _product(_4d(node.ifm)[axis] for axis in range(4) if axes[axis]) <= int(limit)


def _argmax_axis(node: Node, _: re.Match[str]) -> bool | None:
    values = _values(node.of_role("p")[0])
    return None if values is None else int(values[0]) in (-1, len(node.ifm["shape"]) - 1)


def _no_axes(node: Node, _: re.Match[str]) -> bool | None:
    values = _values(node.of_role("p")[0])
    return None if values is None else not len(values)


def _scale_factors(node: Node) -> list[tuple[int, int]]:
    """How much a resize stretches height and width: (numerator, denominator) each."""
    align = node.options["alignCorners"]
    pairs = [(_4d(node.ofm)[axis], _4d(node.ifm)[axis]) for axis in (1, 2)]
    return [(new - 1, old - 1) if align and old > 1 else (new, old) for new, old in pairs]


def _resize_u55(node: Node, _: re.Match[str]) -> bool:
    old, new = _4d(node.ifm)[1:3], _4d(node.ofm)[1:3]
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
    if _4d(node.ifm)[1:3] == [1, 1]:
        return True
    # A power of two has one bit: without its lowest bit, nothing is left.
    return all(new % old == 0 and new // old & new // old - 1 == 0 for new, old in _scale_factors(node))


def _slice_is_a_volume(node: Node, _: re.Match[str]) -> bool | None:
    begin, end, step = (_values(tensor) for tensor in node.of_role("p"))
    if begin is None or end is None or step is None:
        return None
    extents, strides = _slice(node, [begin.tolist(), end.tolist(), step.tolist()])
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


_SLICE_MASKS = ("begin", "end", "ellipsis", "newAxis", "shrinkAxis")


def _clamp(index: int, size: int, low: int, high: int) -> int:
    return min(max(index + size if index < 0 else index, low), high)


def _transposed_shape(node: Node, _: re.Match[str]) -> bool:
    size, stride, _dilation = _kernel(node)
    old, new = _4d(node.ifm)[1:3], _4d(node.ofm)[1:3]
    same = node.options["padding"] == 0
    grown = [0 if same else max(size[axis] - stride[axis], 0) for axis in (0, 1)]
    return all(old[axis] * stride[axis] + grown[axis] == new[axis] for axis in (0, 1))


def _transposed_stride(node: Node, _: re.Match[str]) -> bool:
    size, stride, _dilation = _kernel(node)
    thin = [size[axis] == 1 and _4d(node.ifm)[1 + axis] == 1 for axis in (0, 1)]
    allowed = {(1, 1), (2, 2)} | ({(1, 2)} if thin[0] else set()) | ({(2, 1)} if thin[1] else set())
    return tuple(stride) in allowed


def _permutation(node: Node) -> list[int] | None:
    """Where each axis of the output comes from, over at least four axes; None where it is computed."""
    values = _values(node.of_role("p")[0])
    if values is None:
        return None
    fill = max(4 - len(values), 0)
    return list(range(fill)) + [int(value) + fill for value in values]


_MOST = 1 << 16
"""What an axis of the NPU's registers can hold."""


def _transpose_32(node: Node, match: re.Match[str]) -> bool | None:
    order = _permutation(node)
    if order is None:
        return None
    if node.ifm["dtype"] != "int32":
        return True
    if len(order) > int(match[1]):
        return False
    batch, height, width, depth = _4d(node.ifm)
    limits: dict[tuple[int, ...], bool] = {
        (0, 1, 2, 3): depth <= _MOST,
        (0, 2, 1, 3): batch == 1 and height <= _MOST and width <= _MOST and depth <= _MOST // 4,
        (0, 1, 3, 2): batch * height <= _MOST and width <= _MOST and depth <= _MOST,
    }
    return limits.get(tuple(order), False)


def _transpose_16(node: Node, _: re.Match[str]) -> bool | None:
    order = _permutation(node)
    if order is None:
        return None
    shape = _4d(node.ifm)
    if order == sorted(order) or node.ifm["dtype"] in (*_WORDS, "int64"):
        return True
    if order[:-3] == list(range(len(order) - 3)) and _product(shape[:-3]) == 1:
        return max(shape[-3:]) <= _MOST
    pairs = [(first, second) for first in range(len(shape)) for second in range(first)]
    return all(_product(shape) // (shape[first] * shape[second]) <= _MOST for first, second in pairs)


def _gather_axis(node: Node, _: re.Match[str]) -> bool:
    axis = node.options["axis"]
    return bool((axis + len(node.ifm["shape"]) if axis < 0 else axis) == node.options["batchDims"])


def _unique_indices(node: Node, _: re.Match[str]) -> bool | None:
    values = _values(node.inputs[0])
    return None if values is None else len(set(values.tolist())) == len(values)


def _lacks(*places: int) -> Predicate:
    """None of these inputs is there."""
    return lambda node, _: (
        not any(node.inputs[place : place + 1] != [None] for place in places if place < len(node.inputs))
    )


_PREDICATES: tuple[tuple[str, Predicate], ...] = (
    (r"Only the first dimension of tensors can be dynamic", _only_batch_is_open),
    (r"Feature-map dataTypes must be one of (.*)", lambda node, match: _dtypes_in(node.features, match[1])),
    (r"Tensors must have constant shape", lambda node, _: not any(tensor["shapeless"] for tensor in node.features)),
    (r"Operations must have at least one IFM", lambda node, _: node.of_role("i")),
    (r"Operations must have at least one OFM", lambda node, _: node.outputs),
    (r"Input\(s\), Output and Weight tensors must have quantization", _is_quantized),
    (r"Quantization scale of any tensor must be positive", _scales_are_positive),
    (r"Per-axis quantization is not supported", _is_per_tensor),
    (r"(\d+)-bit feature-maps are not supported", lambda node, match: int(match[1]) not in map(_bits, node.features)),
    (r"Zero-points must be 0 for Int32 and non-negative for unsigned", _zero_points_u55),
    (r"IFM Zero-points must be in the range", _zero_points_in_u85),
    (r"OFM Zero-points must be in the range", _zero_points_out_u85),
    (r"num_splits must match the number of outputs", lambda node, _: node.options["numSplits"] == len(node.outputs)),
    (
        r"The product of IFM width and height must be less than (\d+)",
        # Vela's own limit is one more than its sentence says.
        lambda node, match: _product(_4d(node.ifm)[-3:-1]) <= int(match[1]),
    ),
    (r"Parameter tensors must be constant", _parameters_are_constant),
    (r"Params tensor must be Int32 or Int64", lambda node, _: _dtypes_in(node.of_role("p")[:1], "INT32 INT64")),
    (r"Batch must be 1", lambda node, _: _4d(node.ifm)[0] <= 1),
    (r"Reduction over depth is only supported if any of h,w,c == 1", _depth_is_reducible),
    (r"Reduced axis must be less than (\d+)", _reduced_axes_fit),
    (r"IFM precision must be one of: \((.*)\)", lambda node, match: _dtypes_in([node.ifm], match[1].upper())),
    (r"Amount of reduced elements cannot exceed: (\d+)\(Int8\), (\d+)\(UInt8\), (\d+)", _reduced_elements_fit),
    (r"Weight tensors must be 8-bit precision", lambda node, _: node.weights["dtype"] in _BYTES),
    (r"Weigth sum constraints:.*8-bit.*cannot exceed (\d+).*16-bit.*cannot exceed (\d+)", _weight_sum),
    (
        r"Bias values must be stored in the channel axis",
        lambda node, _: all(_product(tensor["shape"]) <= (tensor["shape"] or [1])[-1] for tensor in node.bias),
    ),
    (r"Bias tensors must be constant", lambda node, _: all(tensor["data"] is not None for tensor in node.bias)),
    (r"Bias tensors precision must be (.*)", lambda node, match: _dtypes_in(node.bias, match[1].upper())),
    (r"Int64 bias must be smaller than (\d+)", _bias_is_small),
    (
        r"FullyConnected weights must be on the form O,1,1,..,1,I",
        lambda node, _: len(node.weights["shape"]) > 1 and _product(node.weights["shape"][1:-1]) == 1,
    ),
    (r"Kernel stride must be in the range \(1,(\d+)\)", _stride_fits),
    (r"IF Matmul or \(FC with dynamic weights\): Reduced axis must be less", _reduced_axis_fits),
    (
        r"IF Matmul or \(FC with dynamic weights\): OFM depth must be less",
        lambda node, _: not _is_matrix_product(node) or _4d(node.ofm)[-1] <= _MOST,
    ),
    (
        r"IF Matmul or \(FC with dynamic weights\): IFM precision must be Int8",
        lambda node, _: not _is_matrix_product(node) or node.ifm["dtype"] == "int8",
    ),
    (r"IFM and OFM shapes must match", lambda node, _: node.ifm["shape"] == node.ofm["shape"]),
    (r"IFM and OFM datatypes must match, and must be (.*)", _one_dtype),
    (r"IFM must be (.*)", lambda node, match: _dtypes_in([node.ifm], match[1].upper())),
    (r"Both Input quantization parameters must match OFM", _one_quantization),
    (r"Stride>(\d+) is only supported IF \(dilation = 1 AND padding = VALID\)", _stride_can_be_unrolled),
    (r"Slice must represent a volume", _slice_is_a_volume),
    (
        r"Kernel constraints:.*product.*equal to (\d+)\*(\d+).*height.*equal to (\d+).*ELSE:.*equal to (\d+)",
        _average_fits,
    ),
    (r"kernel product must be.*equal to (\d+)\*(\d+) and kernel height must be.*equal to (\d+)", _kernel_fits),
    (r"IFM depth must be less than or equal to (\d+)", lambda node, match: node.ifm["shape"][-1] <= int(match[1])),
    (r"Operation must be performed along the depth axis", _argmax_axis),
    (r"Axis attribute is not supported", _no_axes),
    (r"IF not \(IFM H == IFM W == 1\) AND not IFM Shape == OFM Shape", _resize_u55),
    (r"IF NOT \(IFM H == IFM W == 1\) AND NOT IFM Shape == OFM Shape", _resize_u55),
    (
        r"align_corners and half_pixel_centers are mutually exclusive",
        lambda node, _: not (node.options["alignCorners"] and node.options["halfPixelCenters"]),
    ),
    (r"Scale-factor:.*maximum (\d+).*maximum (\d+)", _scale_fits),
    (r"Scale-factor must be an integer power of two", _scale_is_power_of_two),
    (r"Shape constraints:.*PADDING=SAME.*OFM must be equal to IFM \* stride", _transposed_shape),
    (r"Stride values WxH must be: 1x1 OR 2x2 OR 2x1", _transposed_stride),
    (r"Tensor dimension must be <= (\d+)", lambda node, match: len(node.ifm["shape"]) <= int(match[1])),
    (r"IF IFM is Int32:.*Rank must be less than or equal to (\d+)", _transpose_32),
    (r"IF IFM is Int8 or Int16", _transpose_16),
    (r"axis must be equal to batch_dims", _gather_axis),
    (r"Shape tensor must be constant", _parameters_are_constant),
    (r"Index tensor must be constant", lambda node, _: node.inputs[0]["data"] is not None),
    (r"Index tensor must have channel=1", lambda node, _: node.inputs[0]["shape"][-1:] == [1]),
    (r"Index tensor elements must be unique", _unique_indices),
    (
        r"Variable handle tensors must be Resource\. Variable data tensors must be one of (.*)",
        lambda node, match: node.inputs[0]["dtype"] == "resource" and _dtypes_in(node.features, match[1]),
    ),
    (r"Implicit gate calculation is not supported", lambda node, _: None not in node.inputs[1:9]),
    (r"Peephole variant is not supported", _lacks(9, 10, 11)),
    (r"Projection is not supported", _lacks(16, 17)),
    (r"Gate normalization is not supported", _lacks(20, 21, 22, 23)),
)


# --- TensorFlow Lite Micro --------------------------------------------------------------------------------------------

# The builtin operators that tflite-micro (development release of October 2026) registers a kernel for.
_TFLM = re.compile(
    "ABS|ADD|ADD_N|ARG_MAX|ARG_MIN|ASSIGN_VARIABLE|AVERAGE_POOL_2D|BATCH_MATMUL|BATCH_TO_SPACE_ND|BROADCAST_ARGS|"
    "BROADCAST_TO|CALL_ONCE|CAST|CEIL|CONCATENATION|CONV_2D|COS|CUMSUM|DEPTHWISE_CONV_2D|DEPTH_TO_SPACE|DEQUANTIZE|DIV|"
    "DYNAMIC_UPDATE_SLICE|ELU|EMBEDDING_LOOKUP|EQUAL|EXP|EXPAND_DIMS|FILL|FLOOR|FLOOR_DIV|FLOOR_MOD|FULLY_CONNECTED|"
    "GATHER|GATHER_ND|GREATER|GREATER_EQUAL|HARD_SWISH|IF|L2_NORMALIZATION|L2_POOL_2D|LEAKY_RELU|LESS|LESS_EQUAL|LOG|"
    "LOGICAL_AND|LOGICAL_NOT|LOGICAL_OR|LOGISTIC|LOG_SOFTMAX|MAXIMUM|MAX_POOL_2D|MEAN|MINIMUM|MIRROR_PAD|MUL|NEG|"
    "NOT_EQUAL|PACK|PAD|PADV2|PRELU|QUANTIZE|READ_VARIABLE|REDUCE_ALL|REDUCE_MAX|REDUCE_MIN|RELU|RELU6|RESHAPE|"
    "RESIZE_BILINEAR|RESIZE_NEAREST_NEIGHBOR|REVERSE_V2|ROUND|RSQRT|SELECT_V2|SHAPE|SIN|SLICE|SOFTMAX|"
    "SPACE_TO_BATCH_ND|SPACE_TO_DEPTH|SPLIT|SPLIT_V|SQRT|SQUARE|SQUARED_DIFFERENCE|SQUEEZE|STRIDED_SLICE|SUB|SUM|SVDF|"
    "TANH|TRANSPOSE|TRANSPOSE_CONV|UNIDIRECTIONAL_SEQUENCE_LSTM|UNPACK|VAR_HANDLE|WHILE|ZEROS_LIKE"
)
# The words that MicroMutableOpResolver does not spell as one capital and small letters.
_TFLM_WORDS = {"2D": "2D", "ND": "Nd", "MATMUL": "MatMul", "CUMSUM": "CumSum", "LSTM": "LSTM", "PADV2": "PadV2"}


def tflm_kernel(name: str) -> str | None:
    """The method of MicroMutableOpResolver that registers a builtin operator; None where tflite-micro has no kernel."""
    if not _TFLM.fullmatch(name):
        return None
    return "Add" + "".join(_TFLM_WORDS.get(word, word.capitalize()) for word in name.split("_"))


# --- Layer and time step ----------------------------------------------------------------------------------------------

_CELL = re.compile(r"(?:.*_)?cells?(?:_(\d+))?")
_MODEL = re.compile(r"(?:functional|sequential|model|stateful_?partitioned_?call)(?:_\d+)*", re.IGNORECASE)
# Operators whose result belongs to the step of what they compute from, where their own name does not tell.
_GLUE = re.compile("ADD|DEQUANTIZE|LOGISTIC|MUL|QUANTIZE|RESHAPE|SPLIT|SQUEEZE|STRIDED_SLICE|SUB|TANH")


def _places(number: int, graph: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Layer and time step of each operator of a subgraph, None where names and graph do not tell.

    Keras numbers the cells of an unrolled layer upward, with gaps and not from 0: the step is the rank of the number.
    A layer with one cell number only in the body of a loop (any subgraph but the first) runs every step there.
    """
    named = [_named_place(graph, operator) for operator in graph["operators"]]
    ranks = _ranks(named) if number == 0 else {}
    places = [(layer, ranks.get((layer, cell))) for layer, cell in named]
    makers = {output: index for index, operator in enumerate(graph["operators"]) for output in operator["outputs"]}
    for index, operator in enumerate(graph["operators"]):
        if places[index][0] is None and _GLUE.fullmatch(operator["name"]):
            places[index] = _inherited([places[makers[tensor]] for tensor in operator["inputs"] if tensor in makers])
    return places


def _named_place(graph: dict[str, Any], operator: dict[str, Any]) -> tuple[Any, Any]:
    names = [name for index in operator["outputs"] if index >= 0 for name in graph["tensors"][index]["name"].split(";")]
    found = [_layer_and_cell(name) for name in names]
    with_cell = [place for place in found if place[1] is not None]
    return (with_cell or [place for place in found if place[0]] or [(None, None)])[0]


def _layer_and_cell(name: str) -> tuple[Any, Any]:
    parts = [part for part in name.split("/") if part]
    while parts and _MODEL.fullmatch(parts[0]):
        parts = parts[1:]
    for place, part in enumerate(parts[1:], start=1):
        match = _CELL.fullmatch(part)
        if match:
            return "/".join(parts[:place]), int(match.group(1) or 0)
    return ("/".join(parts[:-1]) or None), None


def _ranks(named: list[tuple[Any, Any]]) -> dict[tuple[Any, Any], int]:
    cells = sorted({place for place in named if place[1] is not None})
    return {place: [cell for cell in cells if cell[0] == place[0]].index(place) for place in cells}


def _inherited(origins: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    if not origins or len({layer for layer, _ in origins}) > 1:
        return None, None
    steps = [step for _, step in origins if step is not None]
    return origins[0][0], max(steps) if steps else None
