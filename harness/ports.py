"""Inputs and outputs of two models of one function, matched (runs in a child)."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from harness.errors import DatasetError
from harness.interface import name_given
from harness.rows import Input, Rows
from harness.tflite import dtype_name, indices, text, view_model


def ports(model: bytes) -> tuple[list[Input], list[Input]]:
    """Inputs and outputs of a .tflite, named as in its signature; the type is that of the real values."""
    tree = view_model(name_given(model))
    graph = tree.subgraphs[0]
    return [_port(graph, index) for index in indices(graph.inputs)], [_port(graph, i) for i in indices(graph.outputs)]


def _port(graph: Any, index: int) -> Input:
    tensor = graph.tensors[index]
    scaled = tensor.quantization is not None and tensor.quantization.scale is not None
    dtype = "float32" if scaled and len(tensor.quantization.scale) else dtype_name(tensor)
    return Input(text(tensor.name), tuple(indices(tensor.shape)), dtype)


def adapt(arrays: Mapping[str, np.ndarray], given: Sequence[Input], wanted: Sequence[Input]) -> Rows:
    """The arrays under the names of `wanted`, in that order: by name, or by shape where each shape is there once.

    Raises DatasetError where neither tells which is which: a guess could swap two of them in silence.
    """
    if {entry.name for entry in given} == {entry.name for entry in wanted}:
        return {entry.name: arrays[entry.name] for entry in wanted}
    by_shape = {entry.shape[1:]: entry.name for entry in given}
    shapes = [entry.shape[1:] for entry in wanted]
    if len(by_shape) != len(given) or len(set(shapes)) != len(wanted) or set(by_shape) != set(shapes):
        raise DatasetError(
            "it is not clear how %s of one model and %s of the other pair up: give both models the same names"
            % (_told(wanted), _told(given))
        )
    return {entry.name: arrays[by_shape[entry.shape[1:]]] for entry in wanted}


def ports_of(arrays: Mapping[str, np.ndarray]) -> list[Input]:
    """Arrays (n, ...) as inputs or outputs of a model."""
    return [Input(name, (1, *array.shape[1:]), str(array.dtype)) for name, array in arrays.items()]


def _told(entries: Sequence[Input]) -> str:
    return ", ".join("'%s' %s" % (entry.name, entry.shape[1:]) for entry in entries)
