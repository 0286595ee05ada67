"""Object trees of a .tflite to change, while others look at the one that was read (runs in a child)."""

from __future__ import annotations

from copy import copy
from typing import Any

from harness.tflite import view_model


def edit_model(model: bytes) -> Any:
    """An object tree as that of `harness.tflite.read_model`, to change; raises ModelError as that does.

    Its own are the lists of the model, of its subgraphs and of its signatures, and each entry in them: set any field of
    a tensor, an operator, a buffer. What a field holds (shape, quantization, options, data) is shared with the view:
    replace it, and never write into it.
    """
    tree = _with_own(copy(view_model(model)), "operatorCodes", "buffers", "metadata", "signatureDefs", "subgraphs")
    for graph in tree.subgraphs:
        _with_own(graph, "tensors", "operators")
    for signature in tree.signatureDefs or []:
        _with_own(signature, "inputs", "outputs")
    return tree


def _with_own(holder: Any, *fields: str) -> Any:
    """The same holder, with copies of the entries of these lists."""
    for field in fields:
        entries = getattr(holder, field)
        setattr(holder, field, None if entries is None else [copy(entry) for entry in entries])
    return holder
