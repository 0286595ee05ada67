"""Runs a .tflite on named kernels (runs in a child: an interpreter may end the process)."""

from __future__ import annotations

from typing import Any, Mapping

import numpy as np

from harness.datasets import load_digits

KERNELS = ("litert_reference", "litert_default")
WINDOW_STATES = ("state_h", "state_c")


def run(model: bytes, kernels: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs (n, ...) by tensor name for inputs (n, ...) by tensor name, in the model's own integers."""
    interpreter = _interpreter(model, kernels)
    count = len(next(iter(inputs.values())))
    rows = [_invoke(interpreter, {name: array[row] for name, array in inputs.items()}) for row in range(count)]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def classify(model: bytes, kernels: str, mnist: bytes, limit: int) -> dict[str, Any]:
    """Labels that the int8 model gives the first `limit` MNIST test digits, states (if any) starting at zero.

    The time steps of the model divide the 28 rows of a digit: it sees a digit in that many windows, its state outputs
    rescaled from the scale of the output to the scale of the input. Returns `labels` and `expected`, (limit,) int64.
    """
    interpreter = _interpreter(model, kernels)
    details = {detail["name"]: detail for detail in interpreter.get_input_details()}
    outputs = {detail["name"]: detail for detail in interpreter.get_output_details()}
    digits, expected = (part[:limit] for part in load_digits(mnist, "test"))
    rows = quantize_as(digits, details["input"])
    steps = details["input"]["shape"][1]
    states = [name for name in WINDOW_STATES if name + "_in" in details]
    fresh = {name: quantize_as(np.zeros(details[name + "_in"]["shape"][1:]), details[name + "_in"]) for name in states}
    labels = np.empty(len(digits), np.int64)
    for index, digit in enumerate(rows):
        carried = dict(fresh)
        for start in range(0, digit.shape[0], steps):
            sample = {name + "_in": carried[name] for name in states}
            sample["input"] = digit[start : start + steps]
            result = _invoke(interpreter, sample)
            carried = {
                name: _rescaled(result[name + "_out"], outputs[name + "_out"], details[name + "_in"]) for name in states
            }
        labels[index] = int(np.argmax(result["output"]))
    return {"labels": labels, "expected": expected.astype(np.int64)}


def quantize_as(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    """Real values in the integers of a tensor, rounded half away from zero and saturated, as TFLite's QUANTIZE."""
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(detail["dtype"])
    scaled = values / np.float32(scale)
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)) + zero_point
    integers: np.ndarray = np.clip(rounded, limits.min, limits.max).astype(detail["dtype"])
    return integers


def _rescaled(state: np.ndarray, source: Mapping[str, Any], target: Mapping[str, Any]) -> np.ndarray:
    scale, zero_point = source["quantization"]
    return quantize_as((state.astype(np.float64) - zero_point) * scale, target)


def _interpreter(model: bytes, kernels: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolvers = {"litert_reference": OpResolverType.BUILTIN_REF, "litert_default": OpResolverType.AUTO}
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolvers[kernels], num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


def _invoke(interpreter: Any, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    for detail in interpreter.get_input_details():
        interpreter.set_tensor(detail["index"], inputs[detail["name"]][np.newaxis])
    interpreter.invoke()
    details: list[Any] = interpreter.get_output_details()
    return {detail["name"]: interpreter.get_tensor(detail["index"])[0] for detail in details}
