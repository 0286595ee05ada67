"""An operator with its tensors, and what each of its inputs is to Vela."""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple

# By the roles of their inputs: i feature map, p parameter, w weights, s bias, t state. Other operators: all i.
_OPERATORS = {
    "p": "READ_VARIABLE",
    "pi": "ASSIGN_VARIABLE SPLIT",
    "ip": "ARG_MAX EXPAND_DIMS MEAN MIRROR_PAD PAD PRELU REDUCE_ALL REDUCE_ANY REDUCE_MAX REDUCE_MIN RESHAPE "
    "RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR REVERSE_V2 SUM TILE TRANSPOSE",
    "ipp": "PADV2 SLICE SPLIT_V",
    "ippp": "STRIDED_SLICE",
    "iip": "SCATTER_ND",
    "iws": "CONV_2D DEPTHWISE_CONV_2D FULLY_CONNECTED",
    "pwis": "TRANSPOSE_CONV",
    "i" + 11 * "w" + 4 * "s" + "ws" + "tt" + 4 * "s": "UNIDIRECTIONAL_SEQUENCE_LSTM",
}
_ROLES = {name: roles for roles, names in _OPERATORS.items() for name in names.split()}


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
    def tensors(self) -> list[dict[str, Any]]:
        """All inputs that are there, and the outputs."""
        return [tensor for tensor in self.inputs if tensor] + self.outputs

    @property
    def features(self) -> list[dict[str, Any]]:
        """Input and output feature maps."""
        return self.of_role("i") + self.outputs

    @property
    def parameters(self) -> list[dict[str, Any]]:
        """The inputs that say what to do: axes, sizes, shapes."""
        return self.of_role("p")

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


Predicate = Callable[[Node, "re.Match[str]"], Any]
"""Takes a node and the match of the sentence: whether the constraint holds, None where the file cannot tell."""
