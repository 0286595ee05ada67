"""Operators that stay on the CPU, between NPU segments: run by the LiteRT reference kernels.

Imports LiteRT, and only when a program has such operators.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Callable, List

import numpy as np

from .errors import ModelFormatError
from .hybrid import double_rounding_model, only_operators

if TYPE_CHECKING:
    from .planning import Compute
    from .program import CpuOperators, Program

# What LiteRT raises for a damaged file.
_DAMAGED = (RuntimeError, TypeError, ValueError)
Interpret = Callable[[List[np.ndarray]], List[np.ndarray]]


def cpu_operators(program: Program, segment: CpuOperators) -> Compute:
    """Make a function from input values to output values of the segment, each (batch, ...).

    Unless told to round once, FULLY_CONNECTED rounds twice, as TFLite Micro's kernel does on the device.
    """
    number = segment.operators[0]
    ends = ([place.tensor for place in places] for places in (segment.inputs, segment.outputs))
    model = only_operators(program.model, segment.operators, *ends)
    reference = _interpreter(model, number)

    @lru_cache(maxsize=1)
    def double() -> Interpret:
        return _interpreter(double_rounding_model(model), number)

    return lambda values, once: (reference if once else double())(values)


def _interpreter(model: bytes, number: int) -> Interpret:
    from ai_edge_litert.interpreter import (  # noqa: PLC0415 - heavy, and only here
        Interpreter,
        OpResolverType,
    )

    try:
        interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        interpreter.allocate_tensors()
        inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except _DAMAGED as error:
        raise ModelFormatError(f"LiteRT cannot run operator {number} on the CPU: {error}") from error

    def interpret(values: list[np.ndarray]) -> list[np.ndarray]:
        batch = max((len(value) for value in values), default=1)
        results: list[list[np.ndarray]] = [[] for _ in outputs]
        for index in range(batch):
            for detail, value in zip(inputs, values):
                interpreter.set_tensor(detail["index"], value[min(index, len(value) - 1)].reshape(detail["shape"]))
            interpreter.invoke()
            for result, detail in zip(results, outputs):
                result.append(interpreter.get_tensor(detail["index"]))
        return [np.stack(result) for result in results]

    return interpret
