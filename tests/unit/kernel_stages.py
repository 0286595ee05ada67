"""What kernels say to models, and what TFLite Micro computes beside the reference kernels (run in children)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from harness import kernels
from harness.npu import double_rounding_model


def obstacle(model: bytes) -> dict[str, Any]:
    """Why TFLite Micro cannot run a model."""
    return {"told": kernels.micro_obstacle(model)}


def counts(model: bytes) -> dict[str, Any]:
    """How often TFLite Micro counts the variables of a model while it is loaded by us, and after that by itself."""
    runtime = import_module("tflite_micro").runtime
    counted: list[int] = []
    count = runtime.count_resource_variables

    def counting(content: bytes) -> int:
        counted.append(1)
        return int(count(content))

    runtime.count_resource_variables = counting
    loaded, during = kernels.load(model, kernels.MICRO), len(counted)
    runtime.Interpreter.from_bytes(model, arena_size=kernels.ARENA_BYTES)
    return {"loaded": bool(loaded.inputs), "counted": during, "after": len(counted)}


def described(model: bytes) -> dict[str, Any]:
    """Inputs and outputs as each set of kernels describes them."""
    loaded = {name: kernels.load(model, name) for name in kernels.installed()}
    return {
        name: {
            tensor: [
                list(map(int, detail["shape"])),
                np.dtype(detail["dtype"]).name,
                [float(value) for value in detail["quantization"]],
            ]
            for tensor, detail in {**runner.inputs, **runner.outputs}.items()
        }
        for name, runner in loaded.items()
    }


def compared(model: bytes, samples: int) -> dict[str, Any]:
    """How many values TFLite Micro computes otherwise than the reference kernels, which round once or twice."""
    rng = np.random.default_rng(3)
    shapes = {name: detail["shape"][1:] for name, detail in kernels.load(model, kernels.MICRO).inputs.items()}
    inputs = {name: rng.integers(-128, 128, (samples, *shape)).astype(np.int8) for name, shape in shapes.items()}
    found = kernels.run(model, kernels.MICRO, inputs)
    references = {"once": model, "twice": double_rounding_model(model)}
    differing = {
        name: sum(
            int(np.count_nonzero(array != found[output]))
            for output, array in kernels.run(content, kernels.REFERENCE, inputs).items()
        )
        for name, content in references.items()
    }
    return {"differing": differing, "values": sum(array.size for array in found.values())}


def answered(model: bytes) -> dict[str, Any]:
    """What each set of kernels makes of random integers."""
    rng = np.random.default_rng(3)
    details = kernels.load(model, kernels.REFERENCE).inputs
    inputs = {name: rng.integers(-128, 128, (5, *at["shape"][1:])).astype(np.int8) for name, at in details.items()}
    return {name: kernels.run(model, name, inputs) for name in kernels.installed()}
