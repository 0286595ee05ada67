"""Cuts into sample models and runs on reference kernels (run in children)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from harness import kernels, tables
from harness.repair import repair
from harness.tflite import indices, operator_name, read_model, text, write_model

Model = Graph = Any  # LiteRT's object trees have no types of ours.
EXTREMES = (-128, -127, -1, 0, 1, 126, 127)


def operate(model: bytes, cut: str) -> dict[str, Any]:
    """The model after a cut of `CUTS`."""
    tree = read_model(model)
    CUTS[cut](tree, tree.subgraphs[0])
    return {"model": write_model(tree)}


def differences(model: bytes) -> dict[str, Any]:
    """Whether our tables read what those of the library read, and whether they are the ones that read."""
    trees, readers = [], []
    for library in (tables.schema().flatbuffers, flatbuffers):
        schema.flatbuffers = library
        readers.append(type(schema.Model.GetRootAs(model)._tab).__module__)  # noqa: SLF001 - nothing else says it
        trees.append(plain_of(schema.ModelT.InitFromPackedBuf(model, 0)))
    return {"equal": trees[0] == trees[1], "readers": readers}


def plain_of(tree: Model) -> object:
    """An object tree as dicts and lists."""
    if isinstance(tree, np.ndarray):
        return [str(tree.dtype), tree.tolist()]
    if isinstance(tree, list):
        return [plain_of(entry) for entry in tree]
    return {name: plain_of(value) for name, value in vars(tree).items()} if hasattr(tree, "__dict__") else tree


def repair_after(model: bytes, cut: str) -> dict[str, Any]:
    """What the repair says to the model after a cut, and whether it left the model alone."""
    patient = operate(model, cut)["model"]
    result = repair(patient)
    return {"untouched": result["model"] == patient, "changes": result["changes"], "refused": result["refused"]}


def compare(first: bytes, second: bytes, seed: int, samples: int, kernel: str = "litert_reference") -> dict[str, Any]:
    """Outputs of two int8 models on one set of kernels: extreme inputs first, then random ones."""
    inputs = _inputs(first, seed, samples)
    outputs = [kernels.run(model, kernel, inputs) for model in (first, second)]
    return {"inputs": inputs, "first": outputs[0], "second": outputs[1]}


def _inputs(model: bytes, seed: int, samples: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    graph = read_model(model).subgraphs[0]
    inputs = {}
    for index in indices(graph.inputs):
        shape = indices(graph.tensors[index].shape)[1:]
        extremes = np.stack([np.full(shape, value) for value in EXTREMES])
        random = rng.integers(-128, 128, (samples, *shape))
        corners = rng.choice([-128, 127], (samples, *shape))
        inputs[text(graph.tensors[index].name)] = np.concatenate([extremes, corners, random]).astype(np.int8)
    return inputs


def _chain(tree: Model, graph: Graph) -> dict[str, Any]:
    dequantize = next(operator for operator in graph.operators if operator_name(tree, operator) == "DEQUANTIZE")
    floats = indices(dequantize.outputs)[0]
    split = next(operator for operator in graph.operators if floats in indices(operator.inputs))
    results = indices(split.outputs)
    quantizes = [operator for operator in graph.operators if set(indices(operator.inputs)) & set(results)]
    return {"dequantize": dequantize, "split": split, "quantizes": quantizes, "floats": floats}


def _quantized(tree: Model, graph: Graph) -> Model:
    """The quantization of what the last QUANTIZE of the chain writes."""
    return graph.tensors[indices(_chain(tree, graph)["quantizes"][-1].outputs)[0]].quantization


def _scale(tree: Model, graph: Graph) -> None:
    quantization = _quantized(tree, graph)
    quantization.scale = [float(quantization.scale[0]) * 1.5]


def _next_scale(tree: Model, graph: Graph) -> None:
    quantization = _quantized(tree, graph)
    quantization.scale = [float(np.nextafter(np.float32(quantization.scale[0]), np.float32(1)))]


def _zero_point(tree: Model, graph: Graph) -> None:
    quantization = _quantized(tree, graph)
    quantization.zeroPoint = [int(quantization.zeroPoint[0]) + 1]


def _graph_output(tree: Model, graph: Graph) -> None:
    graph.outputs = [*indices(graph.outputs), indices(_chain(tree, graph)["split"].outputs)[0]]


def _further_user(tree: Model, graph: Graph) -> None:
    chain = _chain(tree, graph)
    source = indices(chain["quantizes"][-1].inputs)[0]
    tensor = copy.deepcopy(graph.tensors[source])
    tensor.name = "further"
    graph.tensors.append(tensor)
    _add_operator(tree, graph, source, len(graph.tensors) - 1)


def _add_operator(tree: Model, graph: Graph, source: int, result: int) -> None:
    operator = copy.deepcopy(_logistic(tree, graph))
    operator.inputs, operator.outputs = [source], [result]
    graph.operators.append(operator)


def _logistic(tree: Model, graph: Graph) -> Model:
    return next(operator for operator in graph.operators if operator_name(tree, operator) == "LOGISTIC")


def _no_dequantize(tree: Model, graph: Graph) -> None:
    chain = _chain(tree, graph)
    graph.operators.remove(chain["dequantize"])
    graph.inputs = [*indices(graph.inputs), chain["floats"]]


def _other_producer(tree: Model, graph: Graph) -> None:
    dequantize = _chain(tree, graph)["dequantize"]
    dequantize.opcodeIndex = _logistic(tree, graph).opcodeIndex


def _int16(tree: Model, graph: Graph) -> None:
    chain = _chain(tree, graph)
    ends = [indices(quantize.outputs)[0] for quantize in chain["quantizes"]]
    for index in [indices(chain["dequantize"].inputs)[0], *ends]:
        graph.tensors[index].type = schema.TensorType.INT16


def _two_scales(tree: Model, graph: Graph) -> None:
    chain = _chain(tree, graph)
    ends = [indices(quantize.outputs)[0] for quantize in chain["quantizes"]]
    for index in [indices(chain["dequantize"].inputs)[0], *ends]:
        quantization = graph.tensors[index].quantization
        quantization.scale = [float(quantization.scale[0])] * 2
        quantization.zeroPoint = [int(quantization.zeroPoint[0])] * 2


def _shared_dequantize(tree: Model, graph: Graph) -> None:
    _append_use(tree, graph, _chain(tree, graph)["floats"])


def _twice_quantized(tree: Model, graph: Graph) -> None:
    quantize = _chain(tree, graph)["quantizes"][-1]
    twin = copy.deepcopy(quantize)
    tensor = copy.deepcopy(graph.tensors[indices(quantize.outputs)[0]])
    tensor.name = "twin"
    graph.tensors.append(tensor)
    twin.outputs = [len(graph.tensors) - 1]
    first = indices(quantize.outputs)[0]
    user = next(operator for operator in graph.operators if first in indices(operator.inputs))
    user.inputs = [twin.outputs[0] if index == first else index for index in indices(user.inputs)]
    graph.operators.insert(graph.operators.index(quantize), twin)
    _append_use(tree, graph, first)


def _append_use(tree: Model, graph: Graph, source: int) -> None:
    """A new output of the graph that is computed from a tensor."""
    result = copy.deepcopy(graph.tensors[source])
    result.name = "further"
    if result.quantization is not None and result.quantization.scale is not None:
        result.quantization = copy.deepcopy(graph.tensors[_logistic(tree, graph).outputs[0]].quantization)
    graph.tensors.append(result)
    _add_operator(tree, graph, source, len(graph.tensors) - 1)
    graph.outputs = [*indices(graph.outputs), len(graph.tensors) - 1]


def _twice_quantized_output(tree: Model, graph: Graph) -> None:
    _twice_quantized(tree, graph)
    twins = _chain(tree, graph)["quantizes"]
    graph.outputs = [*indices(graph.outputs), indices(twins[-1].outputs)[0]]


def _quantized_output(tree: Model, graph: Graph) -> None:
    graph.outputs = [*indices(graph.outputs), indices(_chain(tree, graph)["quantizes"][0].outputs)[0]]


def _swapped_outputs(tree: Model, graph: Graph) -> None:
    split = _chain(tree, graph)["split"]
    split.outputs = indices(split.outputs)[::-1]


def _unknown_operator(tree: Model, graph: Graph) -> None:
    code = tree.operatorCodes[graph.operators[0].opcodeIndex]
    code.builtinCode, code.deprecatedBuiltinCode = 9999, 127


def _unknown_type(_tree: Model, graph: Graph) -> None:
    graph.tensors[0].type = 99


def _missing_tensor(_tree: Model, graph: Graph) -> None:
    graph.operators[0].inputs = [len(graph.tensors)]


def _missing_buffer(tree: Model, graph: Graph) -> None:
    graph.tensors[0].buffer = len(tree.buffers)


def _missing_code(tree: Model, graph: Graph) -> None:
    graph.operators[0].opcodeIndex = len(tree.operatorCodes)


def _copied_weights(tree: Model, graph: Graph) -> None:
    """A matrix of its own, of the same content, for the first operator that has one."""
    matrix = next(o for o in graph.operators if operator_name(tree, o) == "FULLY_CONNECTED").inputs
    graph.tensors.append(copy.copy(graph.tensors[matrix[1]]))
    tree.buffers.append(copy.copy(tree.buffers[graph.tensors[-1].buffer]))
    graph.tensors[-1].buffer, matrix[1] = len(tree.buffers) - 1, len(graph.tensors) - 1


def _bias_scale(tree: Model, graph: Graph) -> None:
    biases = [o.inputs[2] for o in graph.operators if operator_name(tree, o) == "FULLY_CONNECTED" and o.inputs[2] >= 0]
    graph.tensors[biases[0]].quantization.scale *= np.float32(1.5)


def _no_graph(tree: Model, _graph: Graph) -> None:
    tree.subgraphs = []


def _no_tensors(_tree: Model, graph: Graph) -> None:
    graph.tensors, graph.operators, graph.inputs, graph.outputs = None, [], [], []


def _signature(tree: Model, graph: Graph) -> None:
    tree.signatureDefs[0].outputs[0].tensorIndex = len(graph.tensors)


CUTS: Mapping[str, Callable[[Model, Graph], None]] = {
    "none": lambda _tree, _graph: None,
    "another scale": _scale,
    "the next scale": _next_scale,
    "another zero point": _zero_point,
    "a graph output": _graph_output,
    "a further user": _further_user,
    "no DEQUANTIZE": _no_dequantize,
    "another producer": _other_producer,
    "int16": _int16,
    "two scales": _two_scales,
    "a shared DEQUANTIZE": _shared_dequantize,
    "quantized twice": _twice_quantized,
    "quantized twice, once as output": _twice_quantized_output,
    "a quantized output": _quantized_output,
    "swapped outputs": _swapped_outputs,
    "an unknown operator": _unknown_operator,
    "an unknown type": _unknown_type,
    "a missing tensor": _missing_tensor,
    "a missing buffer": _missing_buffer,
    "a missing operator code": _missing_code,
    "a missing signature tensor": _signature,
    "copied weights": _copied_weights,
    "bias scale": _bias_scale,
    "no graph": _no_graph,
    "no tensors": _no_tensors,
}
