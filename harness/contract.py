"""The state contract of a .tflite: how the bytes of a state output become those of the state input (runs in a child).

    python -m harness.contract MODEL.tflite [--pair OUT=IN ...] [--c FILE.h]

Output and input of a state are two tensors, each with its own scale and zero point. Where these differ, copying the
bytes changes every value a little, and a recurrence adds that up from window to window.
"""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from harness.errors import ModelError
from harness.handover import to_c
from harness.pairing import Port, pair_states
from harness.plain import write_atomically
from harness.tflite import indices, read_file, view_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

INTEGERS = ("int8", "uint8", "int16")
_MULTIPLIER_BITS = 31
LARGEST_RATIO = 2.0**15
"""Of the two scales of a state, either way; beyond it a whole range becomes a single value of the other."""


def judge(model: bytes, pairs: Sequence[Sequence[str]] | None = None) -> dict[str, Any]:
    """The states of a model and what carries them over; `pairs` [output, input] replaces what is found by name.

    Gives back
    * `pairs`: a dict each: `state`, `output`, `input` (names), `shape`, `dtype`, `output_scale`,
      `output_zero_point`, `input_scale`, `input_zero_point` (None where neither side is quantized), `equal` (copying
      the bytes is right for every value), `raw_error_lsb` (by how many LSB of the input copied bytes are off at most,
      over all values of the type), `raw_error` (the same, root mean square, as share of the range of the output), and
      `multiplier` and `shift`: output scale / input scale = multiplier / 2^31 * 2^shift;
    * `problems`: one sentence for each pair that no copy and no rescale can carry over;
    * `unpaired`: names of outputs and inputs that look like states without a partner.
    Raises ModelError for names in `pairs` that the model does not have.
    """
    return contract(view_model(model), pairs)


def contract(tree: Any, pairs: Sequence[Sequence[str]] | None = None) -> dict[str, Any]:
    """The same for the object tree of a model."""
    found = pair_states(tree, pairs)
    judged = [_judged(tree, output, source) for output, source in found.pairs]
    return {
        "pairs": [pair for pair in judged if isinstance(pair, dict)],
        "problems": [problem for problem in judged if isinstance(problem, str)],
        "unpaired": [port.name for port in found.unpaired],
    }


def rescale(values: NDArray[Any], pair: Mapping[str, Any]) -> NDArray[Any]:
    """Integers of the state output as those of the state input, saturated; shape and dtype stay.

    Rounds as the reference kernel of QUANTIZE, bit for bit: to the nearest, ties up, where the output scale is at least
    half the input scale; below that twice (gemmlowp), which is up to 3/4 LSB from the exact quotient.
    """
    if pair["output_scale"] is None:
        return values
    left, right = max(pair["shift"], 0), max(-pair["shift"], 0)
    limits = np.iinfo(pair["dtype"])
    centered = (values.astype(np.int64) - pair["output_zero_point"]) << left
    high = (centered * pair["multiplier"] + (1 << (_MULTIPLIER_BITS - 1))) >> _MULTIPLIER_BITS
    half = (1 << right) >> 1
    rounded = (high + half - ((high < 0) & (right > 0))) >> right
    carried: NDArray[Any] = np.clip(rounded + pair["input_zero_point"], limits.min, limits.max).astype(pair["dtype"])
    return carried


def fresh(pair: Mapping[str, Any]) -> int:
    """The integer that stands for zero at the state input: what every element of a state is after a reset."""
    return int(pair["input_zero_point"] or 0)


def fixed_point(ratio: float) -> tuple[int, int]:
    """Multiplier (31 bits) and shift of a ratio of two scales, as TFLite's QuantizeMultiplier."""
    fraction, shift = math.frexp(ratio)
    multiplier = math.floor(fraction * (1 << _MULTIPLIER_BITS) + 0.5)
    return (multiplier >> 1, shift + 1) if multiplier == 1 << _MULTIPLIER_BITS else (multiplier, shift)


def _judged(tree: Any, output: Port, source: Port) -> dict[str, Any] | str:
    """The contract of a pair, or why there can be none."""
    try:
        return _pair(tree, output, source)
    except ModelError as error:
        return str(error)


def _pair(tree: Any, output: Port, source: Port) -> dict[str, Any]:
    if output.kind != source.kind:
        raise ModelError("%s is %s %s, but %s is %s %s: not one state" % _spelled(output, source))
    scales, zeros = zip(*(_quantization(tree, port) for port in (output, source)))
    pair = {
        "state": source.stem or output.stem or source.name,
        "output": output.name,
        "input": source.name,
        "shape": list(output.shape),
        "dtype": output.dtype,
        "output_scale": scales[0],
        "output_zero_point": zeros[0],
        "input_scale": scales[1],
        "input_zero_point": zeros[1],
    }
    if scales == (None, None):
        return dict(pair, equal=True, raw_error_lsb=0, raw_error=0.0, multiplier=1 << (_MULTIPLIER_BITS - 1), shift=1)
    if None in scales:
        raise ModelError("only one of %s and %s is quantized: not one state" % (output.name, source.name))
    if output.dtype not in INTEGERS:
        raise ModelError("%s is %s: a state is carried over as %s" % (output.name, output.dtype, ", ".join(INTEGERS)))
    ratio = scales[0] / scales[1]
    if not 1 / LARGEST_RATIO < ratio < LARGEST_RATIO:
        raise ModelError(
            "%s has scale %g and %s has %g: no value of one is a value of the other"
            % (output.name, scales[0], source.name, scales[1])
        )
    multiplier, shift = fixed_point(ratio)
    pair.update(multiplier=multiplier, shift=shift)
    return dict(pair, **_raw_error(pair))


def _raw_error(pair: Mapping[str, Any]) -> dict[str, Any]:
    """How far the copied bytes are off, over all values of the type."""
    limits = np.iinfo(pair["dtype"])
    values = np.arange(limits.min, limits.max + 1).astype(pair["dtype"])
    off = np.abs(values.astype(np.int64) - rescale(values, pair).astype(np.int64))
    output_range = pair["output_scale"] * (int(limits.max) - int(limits.min))
    mean = math.sqrt(float(np.mean(off.astype(np.float64) ** 2)))
    return {
        "equal": not bool(off.any()),
        "raw_error_lsb": int(off.max()),
        "raw_error": mean * pair["input_scale"] / output_range,
    }


def _quantization(tree: Any, port: Port) -> tuple[float | None, int | None]:
    quantization = tree.subgraphs[0].tensors[port.place].quantization
    if quantization is None or quantization.scale is None or len(quantization.scale) == 0:
        return None, None
    scale, zeros = float(quantization.scale[0]), indices(quantization.zeroPoint)
    if len(quantization.scale) > 1 or not (math.isfinite(scale) and scale > 0):
        raise ModelError("%s has scale %s: a state has one, finite and positive" % (port.name, quantization.scale))
    return scale, zeros[0] if zeros else 0


def _spelled(*ports: Port) -> tuple[Any, ...]:
    return tuple(word for port in ports for word in (port.name, port.dtype, port.shape))


def sentences(judged: Mapping[str, Any]) -> list[str]:
    """A contract in words: each pair, what copying its bytes costs, and what to do."""
    lines = [*map(_pair_sentence, judged["pairs"]), *judged["problems"]]
    if judged["unpaired"]:
        lines.append("states without a partner: %s; name the pairs with --pair OUT=IN" % ", ".join(judged["unpaired"]))
    return lines or ["no states: nothing is carried over from one inference to the next"]


def _pair_sentence(pair: Mapping[str, Any]) -> str:
    name = "%s: %s -> %s, %s %s" % tuple(pair[key] for key in ("state", "output", "input", "dtype", "shape"))
    if pair["output_scale"] is None:
        return "%s, not quantized: copy the bytes, reset to 0" % name
    sides = "scale %.9g, zero point %d -> scale %.9g, zero point %d" % tuple(
        pair[side + "_" + what] for side in ("output", "input") for what in ("scale", "zero_point")
    )
    if pair["equal"]:
        return "%s, %s: equal, copy the bytes; reset to %d" % (name, sides, fresh(pair))
    return (
        "%s, %s: not equal, copied bytes are off by up to %d LSB (%.2g of the range, root mean square); reset to %d"
        % (name, sides, pair["raw_error_lsb"], pair["raw_error"], fresh(pair))
    )


WAYS_OUT = (
    "in the graph: python -m harness.repair IN.tflite OUT.tflite --states, after which the firmware copies bytes",
    "on the host: python -m harness.contract MODEL.tflite --c state.h writes the rescale as C",
)
"""What to do where the two sides of a state differ."""


def main(arguments: list[str] | None = None) -> int:
    """Print the contract of a model; returns 0 where bytes may be copied, 1 where not; bad arguments end with 2."""
    parser = argparse.ArgumentParser(prog="python -m harness.contract", description="How the state is carried over.")
    parser.add_argument("model", type=Path, metavar="MODEL.tflite")
    parser.add_argument("--pair", action="append", type=named_pair, metavar="OUT=IN", help="a state; may be repeated")
    parser.add_argument("--c", type=Path, metavar="FILE.h", help="write copy, rescale and reset as C")
    asked = parser.parse_args(arguments)
    try:
        judged = judge(read_file(asked.model), asked.pair)
    except ModelError as error:
        parser.error("%s: %s" % (asked.model, error))
    if asked.c is not None:
        try:
            write_atomically(asked.c, to_c(judged["pairs"], asked.c.stem).encode())
        except (OSError, ValueError) as error:
            parser.error("cannot write %s: %s" % (asked.c, error))
    fine = all(pair["equal"] for pair in judged["pairs"]) and not (judged["problems"] or judged["unpaired"])
    for sentence in [*sentences(judged), *(() if fine else WAYS_OUT)]:
        sys.stdout.write(sentence + "\n")
    return 0 if fine else 1


def named_pair(word: str) -> list[str]:
    """`OUT=IN` as [OUT, IN]; raises argparse's error for anything else."""
    names = word.split("=")
    if len(names) != len(("output", "input")) or not all(names):
        raise argparse.ArgumentTypeError("%r is no pair: write OUT=IN" % word)
    return names


if __name__ == "__main__":
    sys.exit(main())
