"""Models made for the reference kernels: a source rounded as the NPU does, its tables alone, some operators alone.

LiteRT's reference kernel of FULLY_CONNECTED rounds once, in floating point (google-ai-edge/LiteRT#8567); that
of CONV_2D rounds twice, as Vela tells the NPU to. So each int8 FULLY_CONNECTED becomes RESHAPE, 1x1 CONV_2D,
RESHAPE: run by the reference kernels, the result must equal a run of the stream with hardware rounding.
"""

from __future__ import annotations

from copy import copy
from typing import Any, Collection

import numpy as np

from harness.editing import edit_model
from harness.errors import ModelError
from harness.tflite import text, write_model

from .errors import ModelFormatError

# An object of the schema that LiteRT generates; it carries no types.
Tree = Any
_FULLY_CONNECTED, _CONV_2D, _RESHAPE = 9, 3, 22
_INT32, _INT8 = 2, 9


def double_rounding_model(source: bytes) -> bytes:
    """Rewrite the int8 FULLY_CONNECTED operators of a .tflite as CONV_2D. Raises ModelFormatError."""
    from ai_edge_litert import schema_py_generated as schema  # noqa: PLC0415 - heavy, and only this needs it

    model = _read(source)
    for graph in model.subgraphs:
        rewriter = _Rewriter(schema, model, graph)
        graph.operators = [new for operator in graph.operators for new in rewriter.rewritten(operator)]
    return write_model(model)


def activation_model(source: bytes, names: Collection[str]) -> bytes:
    """Leave only the int8 operators of one input with outputs of these names, each on a vector of 256 values."""
    model = _read(source)
    graph = model.subgraphs[0]
    graph.operators = [item for item in graph.operators if text(graph.tensors[item.outputs[0]].name) in names]
    tensors = []
    for operator in graph.operators:
        tensors += [copy(graph.tensors[int(operator.inputs[0])]), graph.tensors[int(operator.outputs[0])]]
        tensors[-2].name = b"table of " + tensors[-1].name
        operator.inputs, operator.outputs = (
            np.array([len(tensors) - 2], np.int32),
            np.array([len(tensors) - 1], np.int32),
        )
    for tensor in tensors:
        tensor.shape, tensor.shapeSignature, tensor.buffer = np.array([1, 256], np.int32), None, 0
    graph.tensors, graph.inputs, graph.outputs = tensors, range(0, len(tensors), 2), range(1, len(tensors), 2)
    model.subgraphs, model.signatureDefs, model.metadata, model.metadataBuffer = [graph], [], [], []
    return write_model(model)


def only_operators(source: bytes, operators: Collection[int], inputs: list[int], outputs: list[int]) -> bytes:
    """Leave only the operators with these numbers, between these tensors. Raises ModelFormatError."""
    model = _read(source)
    graph = model.subgraphs[0]
    graph.operators = [item for number, item in enumerate(graph.operators) if number in operators]
    graph.inputs, graph.outputs = inputs, outputs
    model.signatureDefs, model.metadata, model.metadataBuffer = [], [], []
    return write_model(model)


def _read(source: bytes) -> Tree:
    try:
        return edit_model(source)
    except ModelError as error:
        raise ModelFormatError(str(error)) from error


class _Rewriter:
    def __init__(self, schema: Tree, model: Tree, graph: Tree) -> None:
        self.schema, self.model, self.graph = schema, model, graph

    def rewritten(self, operator: Tree) -> list[Tree]:
        code = self.model.operatorCodes[operator.opcodeIndex]
        if max(code.builtinCode, code.deprecatedBuiltinCode) != _FULLY_CONNECTED:
            return [operator]
        given, weights, *bias = (int(index) for index in operator.inputs)
        result = int(operator.outputs[0])
        if self.graph.tensors[given].type != _INT8:
            return [operator]
        outputs, depth = (int(size) for size in self.graph.tensors[weights].shape)
        rows = int(np.prod(self.graph.tensors[given].shape)) // depth
        image = self._tensor(given, (rows, 1, 1, depth))
        kernel = self._tensor(weights, (outputs, 1, 1, depth), constant=True)
        convolved = self._tensor(result, (rows, 1, 1, outputs))
        biases = [index for index in bias if index >= 0] or [self._zero_bias(given, weights, outputs)]
        convolution = self._operator(_CONV_2D, [image, kernel, *biases], convolved)
        convolution.builtinOptionsType = self.schema.BuiltinOptions.Conv2DOptions
        convolution.builtinOptions = self._options(operator.builtinOptions.fusedActivationFunction)
        return [self._reshape(given, image), convolution, self._reshape(convolved, result)]

    def _zero_bias(self, given: int, weights: int, outputs: int) -> int:
        """CONV_2D demands a bias; its scale is the product of the other two."""
        bias = self._tensor(given, (outputs,))
        tensor, (scale,) = self.graph.tensors[bias], self.graph.tensors[given].quantization.scale
        quantization = self.schema.QuantizationParametersT()
        quantization.scale = scale * np.array(self.graph.tensors[weights].quantization.scale, np.float32)
        quantization.zeroPoint = np.zeros(len(quantization.scale), np.int64)
        tensor.type, tensor.quantization, tensor.buffer = _INT32, quantization, len(self.model.buffers)
        buffer = self.schema.BufferT()
        buffer.data = np.zeros(4 * outputs, np.uint8)
        self.model.buffers.append(buffer)
        return bias

    def _options(self, activation: int) -> Tree:
        options = self.schema.Conv2DOptionsT()
        options.padding, options.fusedActivationFunction = self.schema.Padding.VALID, activation
        options.strideH = options.strideW = options.dilationHFactor = options.dilationWFactor = 1
        return options

    def _reshape(self, given: int, result: int) -> Tree:
        operator = self._operator(_RESHAPE, [given], result)
        operator.builtinOptionsType = self.schema.BuiltinOptions.ReshapeOptions
        operator.builtinOptions = self.schema.ReshapeOptionsT()
        operator.builtinOptions.newShape = np.array(self.graph.tensors[result].shape, np.int32)
        return operator

    def _operator(self, code: int, inputs: list[int], result: int) -> Tree:
        operator = self.schema.OperatorT()
        operator.opcodeIndex = self._code(code)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([result], np.int32)
        return operator

    def _code(self, builtin: int) -> int:
        for index, code in enumerate(self.model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == builtin:
                return index
        code = self.schema.OperatorCodeT()
        code.builtinCode = code.deprecatedBuiltinCode = builtin
        # Version 3 of CONV_2D is the first with int8.
        code.version = 3 if builtin == _CONV_2D else 1
        self.model.operatorCodes.append(code)
        return len(self.model.operatorCodes) - 1

    def _tensor(self, like: int, shape: tuple[int, ...], *, constant: bool = False) -> int:
        """Add a tensor of the same type and quantization; a constant shares the content."""
        model, old = self.model, self.graph.tensors[like]
        tensor = self.schema.TensorT()
        tensor.name = f"{old.name.decode()} as image {len(self.graph.tensors)}"
        tensor.shape, tensor.type, tensor.quantization = np.array(shape, np.int32), old.type, old.quantization
        tensor.buffer = old.buffer if constant else 0
        if model.buffers[0].data is not None and len(model.buffers[0].data):
            raise ModelFormatError("buffer 0 of a .tflite must be empty")
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1
