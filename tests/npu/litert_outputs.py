"""Writes what LiteRT's reference kernels make of models: `litert_outputs.py [MODEL OUT.npz COUNT] ...`.

Members: `in/NAME`, `reference/NAME` (the model as it is), `double/NAME` (fully connected rounded twice).
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from harness.npu.hybrid import double_rounding_model

Arrays = dict[str, np.ndarray]


def random_inputs(details: list[dict], count: int) -> Arrays:
    """Seeded int8 inputs: extremes first, then calibrated Gaussians, then uniform noise."""
    rng = np.random.default_rng(0)
    found = {}
    for detail in details:
        scale, zero_point = detail["quantization"]
        shape = tuple(detail["shape"][1:])
        values = rng.integers(-128, 128, (count, *shape))
        values[0], values[1], values[2] = -128, 127, zero_point
        values[3] = np.where(rng.random(shape) < 0.5, -128, 127)
        middle = rng.normal(size=(count // 2 - 4, *shape)) / scale + zero_point
        values[4 : count // 2] = np.clip(np.round(middle), -128, 127)
        found[detail["name"]] = values.astype(np.int8)
    return found


def outputs(model: bytes, inputs: Arrays) -> Arrays:
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    found: dict[str, list[np.ndarray]] = {}
    for index in range(len(next(iter(inputs.values())))):
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], inputs[detail["name"]][index : index + 1])
        interpreter.invoke()
        for detail in interpreter.get_output_details():
            found.setdefault(detail["name"], []).append(interpreter.get_tensor(detail["index"])[0])
    return {name: np.stack(values) for name, values in found.items()}


def main(*arguments: str) -> None:
    for model, target, count in zip(arguments[::3], arguments[1::3], arguments[2::3], strict=True):
        content = Path(model).read_bytes()
        details = Interpreter(model_content=content).get_input_details()
        inputs = random_inputs(details, int(count))
        parts = {
            "in": inputs,
            "reference": outputs(content, inputs),
            "double": outputs(double_rounding_model(content), inputs),
        }
        flat = {f"{part}/{name}": value for part, values in parts.items() for name, value in values.items()}
        np.savez(target, **flat)


if __name__ == "__main__":
    main(*sys.argv[1:])
