"""Builds a .tflite of a few operators from what its tensors are to be (in children: the schema is LiteRT's)."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np

from harness.tflite import write_model

Spec = dict[str, Any]
NO_SCALE: dict[str, Any] = {"scales": (), "zeros": ()}


def tensor(
    *shape: int, dtype: str = "int8", scales: tuple[float, ...] = (0.1,), zeros: tuple[int, ...] = (0,), **more: object
) -> Spec:
    """A tensor: `data` makes it a constant; `open_axes`, `axis` (of the scales) and `name` as the file has them."""
    return {"shape": list(shape), "dtype": dtype, "scales": list(scales), "zeros": list(zeros), **more}


def ints(*values: int, shape: tuple[int, ...] | None = None, dtype: str = "int32") -> dict[str, Any]:
    """A constant parameter."""
    data = np.array(values, dtype)
    return tensor(*(data.shape if shape is None else shape), dtype=dtype, data=data, **NO_SCALE)


def computed(*shape: int) -> dict[str, Any]:
    """A parameter that is an input of the model."""
    return tensor(*shape, dtype="int32", **NO_SCALE)


def filled(
    *shape: int, dtype: str = "int8", value: int = 1, scales: tuple[float, ...] = (0.1,), zeros: tuple[int, ...] = (0,)
) -> Spec:
    return tensor(*shape, dtype=dtype, data=np.full(shape, value, dtype), scales=scales, zeros=zeros)


def bias(*shape: int, dtype: str = "int32", value: int = 0) -> dict[str, Any]:
    return filled(*shape, dtype=dtype, value=value, scales=(0.01,))


def op(
    name: str, inputs: list[Any], outputs: list[Any], options: str = "", *, intermediates: int = 0, **values: object
) -> bytes:
    """A model of one operator."""
    return model([(name, inputs, outputs, options, values)], intermediates=intermediates)


def model(operators: list[Any], more_outputs: list[Any] | None = None, intermediates: int = 0) -> bytes:
    """A .tflite of operators (name, inputs, outputs, class and values of the options); equal tensors are one."""
    schema = import_module("ai_edge_litert.schema_py_generated")
    tree, graph = schema.ModelT(), schema.SubGraphT()
    tree.version, tree.description, tree.buffers, tree.operatorCodes, tree.subgraphs = (
        3,
        "",
        [schema.BufferT()],
        [],
        [graph],
    )
    graph.name, graph.tensors, graph.operators, graph.inputs = "main", [], [], []
    index: dict[int, int] = {}
    made: list[int] = []
    read: list[int] = []

    def place(value: Spec | None, name: str) -> int:
        if value is None:
            return -1
        if id(value) not in index:
            index[id(value)] = len(graph.tensors)
            graph.tensors.append(_tensor(schema, tree.buffers, value, name))
        return index[id(value)]

    for number, (name, inputs, outputs, options, values) in enumerate(operators):
        operator = schema.OperatorT()
        operator.opcodeIndex = number
        operator.inputs = [place(value, f"in{number}_{at}") for at, value in enumerate(inputs)]
        operator.outputs = [place(value, f"out{number}_{at}") for at, value in enumerate(outputs)]
        given = [index[id(value)] for value in inputs if value and "data" not in value]
        graph.inputs += [at for at in given if at not in made + graph.inputs]
        made, read = made + operator.outputs, read + operator.inputs
        if options:
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            operator.builtinOptions = getattr(schema, options + "T")()
            for key, value in values.items():
                setattr(operator.builtinOptions, key, value)
        operator.intermediates = [place(tensor(1, 1, dtype="int16"), f"mid{at}") for at in range(intermediates)] or None
        code = schema.OperatorCodeT()
        code.builtinCode = getattr(schema.BuiltinOperator, name)
        code.deprecatedBuiltinCode, code.version = min(code.builtinCode, 127), 1
        tree.operatorCodes.append(code)
        graph.operators.append(operator)
    graph.outputs = [at for at in made if at not in read] + [index[id(value)] for value in more_outputs or []]
    return write_model(tree)


def _tensor(schema: ModuleType, buffers: list[Any], value: Spec, name: str) -> object:
    made = schema.TensorT()
    made.name, made.shape = value.get("name", name), value["shape"]
    made.type = getattr(schema.TensorType, value["dtype"].upper())
    if value.get("open_axes"):
        made.shapeSignature = [-1 if axis in value["open_axes"] else size for axis, size in enumerate(value["shape"])]
    if value["scales"]:
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = value["scales"], value["zeros"]
        made.quantization.quantizedDimension = value.get("axis", 0)
    made.buffer = 0
    if "data" in value:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(value["data"].tobytes(), np.uint8)
        buffers.append(buffer)
        made.buffer = len(buffers) - 1
    return made
