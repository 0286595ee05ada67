"""A given model beside its float model: the error on data of the user's own, and their own metric (runs in a child)."""

from __future__ import annotations

import math
from typing import Any, Mapping

import numpy as np

from harness import kernels
from harness.errors import ModelError
from harness.interface import name_given
from harness.ports import adapt, ports
from harness.quantization import measure
from harness.rows import MOST_HELD_OUT, Rows, fit, read_rows, spread, take
from harness.user_code import imported, spell

DEFAULT = "litert_default"
BETTER = ("higher", "lower")


def expect(model: bytes, data: bytes, judged: bytes) -> dict[str, Any]:
    """What a float .tflite computes: `inputs` and `outputs` (n, ...), by the names that `judged` has for them.

    Raises DatasetError for data that do not fit, ModelError for a model that is no float model.
    """
    (given, wanted), (own, own_outputs) = ports(judged), ports(model)
    rows = fit(read_rows(data), given, more=True)
    named = name_given(model)
    interpreter = kernels.load(named, DEFAULT)
    if any(detail["quantization"][0] for detail in interpreter.outputs.values()):
        raise ModelError("the float model is quantized: give the model before quantization")
    outputs = kernels.run(named, DEFAULT, adapt(rows, given, own))
    return {"inputs": rows, "outputs": adapt(outputs, own_outputs, wanted)}


def compare(model: bytes, inputs: Rows, expected: Rows, words: str) -> dict[str, Any]:
    """The error of a quantized model against what is expected of it, on at most MOST_HELD_OUT rows.

    Inputs and outputs (n, ...) are named as in its signature; `words` say what the rows are. Returns what
    `harness.quantization.measure` does.
    """
    named = name_given(model)
    chosen = spread(np.arange(len(next(iter(inputs.values())))), MOST_HELD_OUT)
    # Where two outputs are one tensor, it has one name.
    told = {name: expected[name] for name in kernels.load(named, DEFAULT).outputs}
    return {"data": words, **measure(named, take(inputs, chosen), take(told, chosen))}


def judge(  # noqa: PLR0913 - what the question consists of
    model: bytes, inputs: Rows, expected: Rows, data: bytes, *, metric: str, folder: str, run: str = ""
) -> dict[str, Any]:
    """The user's metric of the float model and of the quantized one, on default kernels.

    `metric` is `package.module:function`, found from `folder`: outputs (n, ...) by name and the arrays of the data by
    name in, a number and "higher" or "lower" (which is better) out. Returns `before`, `after`, `better` and `rows`.
    Raises ModelError, in one sentence, for a function that is not found, raises, or returns something else.
    """
    del run
    arrays = read_rows(data)
    try:
        call = imported(metric, folder)
    except ModelError as error:
        raise ModelError("metric %s: %s" % (metric, error)) from None
    named = name_given(model)
    interpreter = kernels.load(named, DEFAULT)
    given = {name: kernels.quantize_as(array, interpreter.inputs[name]) for name, array in inputs.items()}
    integers = kernels.run(named, DEFAULT, given)
    outputs = {name: kernels.dequantize_as(array, interpreter.outputs[name]) for name, array in integers.items()}
    (before, better), (after, _) = (_called(metric, call, part, arrays) for part in (expected, outputs))
    return {"before": before, "after": after, "better": better, "rows": len(next(iter(inputs.values())))}


def _called(metric: str, call: Any, outputs: Mapping[str, np.ndarray], arrays: Rows) -> tuple[float, str]:
    try:
        answer = call({name: array.astype(np.float32) for name, array in outputs.items()}, dict(arrays))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the user's own code
        raise ModelError("metric %s raised %s" % (metric, spell(error))) from None
    try:
        value, better = answer
        number = float(value)
    except (TypeError, ValueError):
        number, better = math.nan, ""
    if better not in BETTER or not math.isfinite(number):
        shown = repr(answer) if len(repr(answer)) < 80 else type(answer).__name__  # noqa: PLR2004 - a line
        raise ModelError(
            'metric %s returned %s: return a number and "higher" or "lower", which is better' % (metric, shown)
        )
    return number, str(better)
