"""The causes that are known, the most specific first: the first whose evidence is there explains a change."""

from __future__ import annotations

from harness.diff.cause import DiffCause
from harness.diff.change import (
    BYTES,
    CAME,
    COMPILED,
    CYCLES,
    ERROR,
    EXECUTED,
    INSPECTED,
    MEASURED,
    OPERATORS,
    PLACEMENT,
    SCALES,
    SEGMENTS,
    WENT,
    Change,
)
from harness.diff.evidence import (
    another_file,
    compiler,
    compiler_and_model,
    estimator,
    estimator_and_model,
    float_from_converter,
    float_gone,
    float_operators,
    float_split,
    kernels_of_one_converter,
    kernels_of_one_file,
    other_placement,
    per_channel_costs,
    per_channel_on_cpu,
    per_channel_rounds,
    probably_per_channel_on_cpu,
    quantizer,
    told_by_stage,
)
from harness.diff.subject import Pair

TENSORFLOW = "https://github.com/tensorflow/tensorflow/issues/"
_PLACED = frozenset({PLACEMENT, SEGMENTS, CYCLES, BYTES, COMPILED})
_FROM_FLOAT = _PLACED | {OPERATORS, INSPECTED}
_COMPUTED = frozenset({ERROR, MEASURED, EXECUTED})
_ON_CPU = (
    "the converter of TensorFlow 2.17 and later quantizes FULLY_CONNECTED per channel, which Vela before 4.0 leaves on "
    "the CPU"
)
_PAIR = "pair TensorFlow 2.17 and later with Vela 4.0 or later"

CAUSES = (
    DiffCause(
        name="stage failure",
        sentence="a stage failed on one side",
        certainty="likely",
        topics=frozenset({COMPILED, EXECUTED, MEASURED, INSPECTED}),
        evidence=told_by_stage,
    ),
    DiffCause(
        name="per-channel FULLY_CONNECTED",
        sentence=_ON_CPU,
        remedy=_PAIR,
        topics=_PLACED,
        evidence=per_channel_on_cpu,
    ),
    DiffCause(
        name="per-channel FULLY_CONNECTED",
        sentence=_ON_CPU,
        remedy=_PAIR,
        certainty="likely",
        topics=_PLACED,
        evidence=probably_per_channel_on_cpu,
    ),
    DiffCause(
        name="float SPLIT chain",
        sentence="one conversion left a SPLIT in float between DEQUANTIZE and QUANTIZE, and the other did not",
        remedy="run python -m harness.repair on the model: the chain becomes an int8 SPLIT, bit for bit the same",
        certainty="likely",
        upstream=f"{TENSORFLOW}97941",
        topics=_FROM_FLOAT,
        evidence=float_split,
    ),
    DiffCause(
        name="converter regression",
        sentence="the converter leaves operators in float that the version before quantized; they run on the CPU",
        remedy="convert with the version before; of such chains, python -m harness.repair mends those of SPLIT",
        topics=_FROM_FLOAT,
        evidence=float_from_converter,
    ),
    DiffCause(
        name="converter improvement",
        sentence="the converter quantizes operators that the version before left in float, on the CPU",
        topics=_FROM_FLOAT,
        evidence=float_gone,
    ),
    DiffCause(
        name="float operators",
        sentence="one model holds operators in float that the other does not; they run on the CPU",
        remedy="convert both with full integer quantization and the same representative dataset",
        certainty="possible",
        topics=_FROM_FLOAT,
        evidence=float_operators,
    ),
    DiffCause(
        name="per-channel FULLY_CONNECTED",
        sentence="with a scale per channel the weights take more bytes, and more cycles: up to about 8 % with Vela 5.2",
        remedy="weigh it against the error; the converter of TensorFlow can quantize dense layers per tensor",
        certainty="likely",
        topics=frozenset({CYCLES, BYTES}),
        evidence=per_channel_costs,
    ),
    DiffCause(
        name="estimator change",
        sentence="the same operators in the same places are estimated otherwise: the cycles are not comparable",
        remedy="compare estimates of one Vela and vela.ini only, or measure on the device",
        topics=frozenset({CYCLES}),
        evidence=estimator,
    ),
    DiffCause(
        name="estimator change",
        sentence="another Vela or vela.ini estimates another model: the cycles are not comparable",
        remedy="compile both models with one Vela and vela.ini to see what the model costs",
        certainty="likely",
        topics=frozenset({CYCLES}),
        evidence=estimator_and_model,
    ),
    DiffCause(
        name="other placement",
        sentence="Vela counts the NPU alone, and not the same operators are on it: cycles and bytes are not comparable",
        remedy="look at the change of the placement first",
        topics=frozenset({CYCLES, BYTES}),
        evidence=other_placement,
    ),
    DiffCause(
        name="compiler change",
        sentence="another Vela or vela.ini places the same operators otherwise, or plans their memory otherwise",
        remedy="read the release notes of that Vela; keep the version that your runtime and driver go with",
        certainty="likely",
        topics=(_PLACED - {CYCLES}) | {EXECUTED},
        evidence=compiler,
    ),
    DiffCause(
        name="compiler change",
        sentence="another Vela or vela.ini compiled another model: what each of them changed cannot be told apart",
        remedy="compile both models with one Vela and vela.ini to see what the model costs",
        certainty="possible",
        topics=(_PLACED - {CYCLES}) | {EXECUTED},
        evidence=compiler_and_model,
    ),
    DiffCause(
        name="kernel change",
        sentence="the kernels of another LiteRT compute the same model otherwise",
        remedy="judge the error with the kernels that the device runs",
        topics=_COMPUTED,
        evidence=kernels_of_one_file,
    ),
    DiffCause(
        name="kernel change",
        sentence="the kernels of another LiteRT compute the same operators at the same scales otherwise",
        remedy="judge the error with the kernels that the device runs",
        certainty="likely",
        topics=_COMPUTED,
        evidence=kernels_of_one_converter,
    ),
    DiffCause(
        name="per-channel weights",
        sentence="weights with a scale per channel round otherwise than with one scale",
        certainty="likely",
        topics=_COMPUTED | {OPERATORS},
        evidence=per_channel_rounds,
    ),
    DiffCause(
        name="quantizer change",
        sentence="another TensorFlow writes other operators, or chooses other scales",
        certainty="likely",
        topics=_COMPUTED | {SCALES, OPERATORS, INSPECTED, BYTES},
        evidence=quantizer,
    ),
    DiffCause(
        name="another model file",
        sentence="the file of the model is another one than before",
        certainty="likely",
        topics=_COMPUTED | _FROM_FLOAT | {SCALES},
        evidence=another_file,
    ),
)

UNKNOWN = DiffCause(
    name="cause not known",
    sentence="nothing that was observed on both sides tells why",
    certainty="unknown",
    topics=frozenset(),
    evidence=lambda _pair, _change: "",
)
NOT_ASKED = DiffCause(
    name="not asked on both sides",
    sentence="only one of the two asked",
    topics=frozenset(),
    evidence=lambda _pair, _change: "",
)


def why(change: Change, pair: Pair | None) -> tuple[DiffCause, str]:
    """The first cause whose evidence is there, with the evidence; one that says so where none is."""
    if pair is None or change.kind in (CAME, WENT):
        return NOT_ASKED, ""
    for cause in CAUSES:
        evidence = cause.evidence(pair, change) if change.topic in cause.topics else ""
        if evidence:
            return cause, evidence
    return UNKNOWN, ""
