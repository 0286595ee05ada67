"""Each check of states passes what is sound and rejects what is wrong in just its way."""

from __future__ import annotations

from dataclasses import replace

from observations import ALL_ON_CPU, COMPILED, ESTIMATE
from verdicts import Judge, Wrong, assert_fails, assert_passes, checks_of, each_right, each_wrong

from harness.checks import states
from harness.evidence import Contract, Distance, StateEffect, StatePair

PAIR = StatePair(
    state="h",
    output="h_out",
    input="h_in",
    shape=(1, 32),
    dtype="int8",
    output_scale=0.0105,
    output_zero_point=4,
    input_scale=0.01,
    input_zero_point=-2,
    equal=False,
    raw_error_lsb=13,
    raw_error=0.031,
    multiplier=1127428915,
    shift=1,
)
SAME = replace(PAIR, state="c", output="c_out", input="c_in", equal=True, raw_error_lsb=0, raw_error=0.0)
EXACT, NEAR, FAR = Distance(832, 0, 0), Distance(832, 50, 1), Distance(832, 50, 2)


def effect(
    reference: Distance, default: Distance, micro: Distance = EXACT, *, other: Distance = EXACT, kernels: str = "all"
) -> StateEffect:
    """One state and one other output; `other` is that of `kernels`."""
    rows = {"litert_reference": reference, "litert_default": default, "tflite_micro": micro}
    return StateEffect(
        ("h_out",),
        {name: {"h_out": row, "y": other if kernels in (name, "all") else EXACT} for name, row in rows.items()},
    )


def cycles(total: int) -> states.Compilation:
    return replace(COMPILED, estimate=replace(ESTIMATE, total_cycles=total))


PASSING: dict[str, Judge] = {
    "state_pairs_are_explained": lambda: states.state_pairs_are_explained(Contract((PAIR, SAME))),
    "state_quantize_is_exact": lambda: states.state_quantize_is_exact(effect(EXACT, NEAR)),
    "state_quantize_is_cheap": lambda: states.state_quantize_is_cheap(cycles(1000), cycles(1149)),
}

FAILING: list[Wrong] = [
    (
        "state_pairs_are_explained",
        lambda: states.state_pairs_are_explained(Contract((), (), ("p", "q"))),
        ("states without a partner: p, q", "--npu-state-pair=OUT=IN", "allowed: an output and an input of one shape"),
    ),
    (
        "state_pairs_are_explained",
        lambda: states.state_pairs_are_explained(Contract((PAIR,), ("c_out is int8, but c_in is int16",))),
        ("c_out is int8, but c_in is int16; h_out to h_in", "nothing tells how these are carried over"),
    ),
    (
        "state_quantize_is_exact",
        lambda: states.state_quantize_is_exact(effect(NEAR, EXACT)),
        ("h_out on litert_reference: 50 of 832 off by up to 1 LSB", "h_out on litert_reference: the QUANTIZE does not"),
    ),
    (
        "state_quantize_is_exact",
        lambda: states.state_quantize_is_exact(effect(EXACT, FAR)),
        ("off by up to 2 LSB", "h_out on litert_default: the QUANTIZE does not"),
    ),
    *(
        (
            "state_quantize_is_exact",
            lambda kernels=kernels: states.state_quantize_is_exact(effect(EXACT, EXACT, other=NEAR, kernels=kernels)),
            (f"y on {kernels}: the QUANTIZE does not compute the rescale, or changed more than it",),
        )
        for kernels in ("litert_reference", "litert_default", "tflite_micro")
    ),
    (
        "state_quantize_is_exact",
        lambda: states.state_quantize_is_exact(effect(EXACT, EXACT, NEAR)),
        ("h_out on tflite_micro: 50 of 832 off by up to 1 LSB", "h_out on tflite_micro: the QUANTIZE does not"),
    ),
    (
        "state_quantize_is_exact",
        lambda: states.state_quantize_is_exact(StateEffect((), {"litert_reference": {"y": EXACT}})),
        ("of no state and the other outputs",),
    ),
    ("state_quantize_is_exact", lambda: states.state_quantize_is_exact(StateEffect(("h_out",), {})), ("0 values",)),
    (
        "state_quantize_is_cheap",
        lambda: states.state_quantize_is_cheap(cycles(1000), cycles(1160)),
        ("1,160 cycles with it, 1,000 without, estimated: +16.0%", "allowed: at most +15%", "rescale on the host"),
    ),
    (
        "state_quantize_is_cheap",
        lambda: states.state_quantize_is_cheap(ALL_ON_CPU, cycles(10)),
        ("unknown: Vela estimates only what the NPU runs",),
    ),
]


def test_every_check_is_seen_passing_and_failing() -> None:
    assert set(PASSING) == {name for name, _, _ in FAILING} == checks_of(states)


@each_right(PASSING)
def test_what_is_right_passes(name: str, judge: Judge) -> None:
    assert_passes(name, judge)


@each_wrong(FAILING)
def test_what_is_wrong_fails_and_says_so(name: str, judge: Judge, words: tuple[str, ...]) -> None:
    assert_fails(name, judge, words)


def test_a_contract_is_told_in_full() -> None:
    plain = replace(SAME, output_scale=None, input_scale=None, output_zero_point=None, input_zero_point=None)
    told = [states.state_pairs_are_explained(Contract(pairs)).observed for pairs in ((PAIR, SAME), (plain,), ())]
    first, same, *ways_out = told[0].split("; ")
    assert first == (
        "h_out to h_in: scale ratio 1.0500, zero points 4 and -2: copied bytes are off by up to 13 LSB (3.1% of the "
        "range), reset to -2"
    )
    assert same == "c_out to c_in: equal, copy the bytes, reset to -2"
    assert ways_out == [
        "ways out: rescale on the host, or append a QUANTIZE (python -m harness.repair --states)",
    ]
    assert told[1:] == ["c_out to c_in is not quantized: copy the bytes", "no states"]
