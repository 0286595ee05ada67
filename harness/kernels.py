"""Runs a .tflite on named kernels (runs in a child: an interpreter may end the process)."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any, Callable, Mapping, NamedTuple

import numpy as np

from harness.errors import ModelError
from harness.interface import border_names
from harness.outline import declared_operators

REFERENCE, DEFAULT, MICRO = "litert_reference", "litert_default", "tflite_micro"
KERNELS = (REFERENCE, DEFAULT)
"""What every installation has; see `installed`."""

ARENA_BYTES = 16 << 20
"""Of TFLite Micro, with what it keeps about operators and tensors; GRU and LSTM 256x28 fit into 1 MB."""


class Loaded(NamedTuple):
    """A loaded model: `invoke` takes one sample by input name and gives its outputs by name, without the batch.

    `reset` clears what the model keeps in variable tensors from one sample to the next; most models keep nothing.
    """

    invoke: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
    reset: Callable[[], None]
    inputs: dict[str, Mapping[str, Any]]
    outputs: dict[str, Mapping[str, Any]]


def run(model: bytes, kernels: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Outputs (n, ...) by tensor name for inputs (n, ...) by tensor name, in the model's own integers.

    Each sample is a sequence of its own: it begins with a reset.
    """
    return run_loaded(load(model, kernels), inputs)


def run_loaded(interpreter: Loaded, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The same for a model that is loaded."""
    count = len(next(iter(inputs.values())))
    rows = [begin(interpreter, {name: array[row] for name, array in inputs.items()}) for row in range(count)]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def begin(interpreter: Loaded, sample: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The outputs of a sample by name, after a reset."""
    interpreter.reset()
    return interpreter.invoke(sample)


def quantize_as(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    """Real values in the integers of a tensor, rounded half away from zero and saturated, as TFLite's QUANTIZE.

    Values of a tensor without a scale stay as they are.
    """
    scale, zero_point = detail["quantization"]
    if not scale:
        unscaled: np.ndarray = values.astype(detail["dtype"])
        return unscaled
    limits = np.iinfo(detail["dtype"])
    scaled = values / np.float32(scale)
    rounded = np.trunc(scaled + np.copysign(0.5, scaled)) + zero_point
    integers: np.ndarray = np.clip(rounded, limits.min, limits.max).astype(detail["dtype"])
    return integers


def dequantize_as(values: np.ndarray, detail: Mapping[str, Any]) -> np.ndarray:
    """The real values, float64, that the integers of a tensor stand for; without a scale, themselves."""
    scale, zero_point = detail["quantization"]
    real: np.ndarray = (values.astype(np.float64) - zero_point) * (scale or 1.0)
    return real


def rescale_as(values: np.ndarray, source: Mapping[str, Any], target: Mapping[str, Any]) -> np.ndarray:
    """The integers of one tensor in those of another, as a state output becomes the next state input."""
    return quantize_as(dequantize_as(values, source), target)


def installed() -> tuple[str, ...]:
    """The sets of kernels that there are here: those of TFLite Micro come with the extra `tflm`."""
    return (*KERNELS, MICRO) if find_spec("tflite_micro") else KERNELS


def micro_obstacle(model: bytes) -> str:
    """Why TFLite Micro's kernels cannot run a model here; empty where they can."""
    try:
        load(model, MICRO)
    except ModelError as error:
        return str(error)
    return ""


def load(model: bytes, kernels: str) -> Loaded:
    """A model ready to run on a named set of kernels, on one thread.

    Raises ModelError for one that TFLite Micro cannot run, and where its kernels are not installed.
    """
    return _load_micro(model) if kernels == MICRO else _load_litert(model, kernels)


def _load_litert(model: bytes, kernels: str) -> Loaded:
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolvers = {REFERENCE: OpResolverType.BUILTIN_REF, DEFAULT: OpResolverType.AUTO}
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolvers[kernels], num_threads=1)
    interpreter.allocate_tensors()
    inputs = {detail["name"]: detail for detail in interpreter.get_input_details()}
    outputs = {detail["name"]: detail for detail in interpreter.get_output_details()}

    def invoke(sample: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, detail in inputs.items():
            interpreter.set_tensor(detail["index"], sample[name][np.newaxis])
        interpreter.invoke()
        return {name: interpreter.get_tensor(detail["index"])[0] for name, detail in outputs.items()}

    return Loaded(invoke, interpreter.reset_all_variables, inputs, outputs)


def _load_micro(model: bytes) -> Loaded:
    if MICRO not in installed():
        raise ModelError("not installed: pip install 'ethos-u-rnn-harness[tflm]'")
    interpreter = _micro_interpreter(model)
    given, results = ({name: place for place, name in enumerate(names)} for names in border_names(model))

    def invoke(sample: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        for name, place in given.items():
            interpreter.set_input(sample[name][np.newaxis], place)
        interpreter.invoke()
        return {name: interpreter.get_output(place)[0] for name, place in results.items()}

    return Loaded(
        invoke,
        interpreter.reset,
        {name: _described(interpreter.get_input_details(place)) for name, place in given.items()},
        {name: _described(interpreter.get_output_details(place)) for name, place in results.items()},
    )


def _micro_interpreter(model: bytes) -> Any:
    """TFLite Micro's interpreter, spared from unpacking a model to find that it declares no resource variable."""
    from tflite_micro import runtime

    count = runtime.count_resource_variables
    if "VAR_HANDLE" not in declared_operators(model):
        runtime.count_resource_variables = lambda _model: 0
    try:
        return runtime.Interpreter.from_bytes(model, arena_size=ARENA_BYTES)
    except RuntimeError as error:
        raise ModelError("%s: it lacks the kernel of an operator, or memory" % error) from None
    finally:
        runtime.count_resource_variables = count


def _described(detail: Mapping[str, Any]) -> dict[str, Any]:
    """A tensor as LiteRT's interpreter describes it."""
    scales, zeros = (detail["quantization_parameters"][name] for name in ("scales", "zero_points"))
    quantization = (float(scales[0]), int(zeros[0])) if len(scales) == 1 else (0.0, 0)
    return {"shape": detail["shape"], "dtype": detail["dtype"], "quantization": quantization}
