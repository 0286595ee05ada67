"""The limits that verdicts judge by, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from harness.rounding import PRODUCT_TOLERANCE
from harness.spec import Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a model is allowed; None: nothing is judged. `harness.limits` says what each limit is about."""

    fully_on_npu: bool = True
    max_npu_segments: int = 1
    """More segments mean that the NPU stops and the CPU works in between."""

    min_npu_operator_coverage: float | None = None
    min_npu_mac_coverage: float | None = None
    max_sram_bytes: int | None = None
    max_flash_bytes: int | None = None
    max_weight_read_bytes: int | None = None
    max_cycles: int | None = None
    max_ms: float | None = None
    min_sqnr_db: float | None = None
    max_accuracy_drop: float | None = None

    baseline_cycles_tolerance: float = 0.05
    baseline_bytes_tolerance: float = 0.05
    baseline_sqnr_tolerance_db: float = 0.5
    """Of one .tflite, Vela and vela.ini, every figure is the same each time. The slack is for a model that was trained
    again: rounding of another machine moves SQNR by 0.3 dB at most (see MAX_KERNEL_SPREAD_DB)."""

    min_scale: float = 1e-9
    max_scale: float = 1e5
    """An activation that TFLite quantizes spans about 1e-6 to 1e6; beyond lies a degenerate calibration."""


DEFAULT = Policy()

BIAS_SCALE_TOLERANCE = PRODUCT_TOLERANCE
"""Of a bias scale, relative to input scale times weight scale; the reason is where the repair has it."""

GUIDE_ACCURACY = 0.9757
"""What Arm's guide "RNN models for Ethos-U" prints for its int8 GRU; shown, not judged by: one epoch gives 96.6 to
97.3 % over seeds, three epochs 97.98 % (float, seed 0)."""

MIN_FLOAT_ACCURACY: Mapping[Cell, float] = MappingProxyType({Cell.GRU: 0.96, Cell.LSTM: 0.95, Cell.RNN: 0.93})
"""After the guide's one epoch, on 10,000 digits. GRU reached 96.6 to 97.3 % over three seeds; the committed weights of
LSTM reach 95.4 and of SimpleRNN 94.6 %, with slack for another machine's rounding."""

MIN_SLICE_ACCURACY = 0.6
"""32 units after one epoch on 12,800 digits; guessing gives 0.1."""

MAX_FLOAT_CHANGE = 0.0005
"""Looped and unrolled differ by float32 rounding: a handful of ties among 10,000 digits."""

MAX_INT8_DROP = 0.005
"""Half a point. Measured on the guide's models: at most 0.02 points without state transfer, 0.20 with it (LSTM), and
0.39 in windows of seven rows (SimpleRNN)."""

MAX_NPU_DROP = 0.002
"""The NPU rounds FULLY_CONNECTED otherwise than the reference kernels. Measured on the guide's models without state
transfer: 0.01 points lost (GRU), 0.01 won (LSTM), 0.04 lost (SimpleRNN)."""

MAX_UNEXPLAINED_DB = 0.5
"""Reference kernels behind the rounding oracle, SQNR on 256 sequences. Sound int8 conversions of random weights (three
cells, 16 to 256 units, 1 to 100 steps, both state styles, both retentions, seeds 0 to 2, three kinds of sequences:
1,196 outputs): -0.28 to 0.21 dB, 99 % within 0.13. A shared GRU bias in int16x8 costs up to 3.3 dB, a REVERSE_V2
between two scales up to 9.5. Softmax outputs of trained models differ by up to 1.6 dB either way, because a few
undecided digits are most of their error: hence the interval over sequences."""

MAX_KERNEL_SPREAD_DB = 1.0
"""Reference and default kernels were 0.28 dB apart at most (random weights), 1.6 (trained, a few digits), and up to 63
LSB in one value: a difference of one LSB grows in a recurrence, so the distance in LSB is shown and not judged."""

MIN_CONSTANTS_GAIN_DB = 4.0
"""What the graph with quantized constants and no rounding is nearer to float64 than with rounding, in int8: 7.2 dB or
more for all 1,231 sound outputs, however sensitive (LSTM, long retention, 100 steps: 20 and 5 dB). Swapped states,
gates or time steps make both equally wrong: 2 dB or less in at least one output."""

MIN_FUNCTION_DB = 20.0
"""The same for int16x8, where constants are most of the error: 44 dB or more in 51 sound outputs."""

MIN_CLIPPING_DB = 20.0
"""One percent of the energy. Inputs 38 dB or more and states 28 or more where judging data is like calibration data;
a dataset ten times too small leaves 3."""

MAX_FUSED_BEHIND_DB = 1.0
"""Behind its unrolled twin, on 256 sequences. 15 sound models (16 to 256 units, 6 to 50 steps, both retentions, seeds 0
and 1): 0.6 to 12 dB ahead of it, as the operator keeps its cell state in int16. Two swapped gates are 14 dB behind."""

MIN_AGREEMENT = 0.85
"""Of a model with trained weights; the upper limit of the interval. The weakest sound one, SimpleRNN on 7 rows of a
digit at a time, keeps 89 %, the others 94 % or more; guessing keeps 10 %."""

MAX_DEFAULT_QUANTIZE_LSB = 1
"""LiteRT's default int8 QUANTIZE has a multiplier of eight bits behind the point: 786 of 20,480 values over 80 random
pairs of scales were off, each by one LSB. On int16 and on reference kernels none was."""

MAX_STATE_QUANTIZE_COST = 0.15
"""Of the cycles without it. Measured on all 11 accelerators, 32 units: at one time step -3.6 to 9.3 % (below zero, the
scheduler finds another order), at eight at most 2.2 %, at 28 at most 0.7 %."""

CALIBRATED_KIND = "normal"
"""The kind of sequence that generated models with random weights are calibrated with."""

MAX_STREAM_UNEXPLAINED_DB: Mapping[str, float] = MappingProxyType({"normal": 1.5, "autocorrelated": 1.5, "burst": 6.0})
"""Behind the rounding oracle over 100 windows, 8 sequences of each kind. 102 sound models (three cells, 32 units; 1, 8
and 28 steps, both retentions, 5 to 24 seeds), 237 outputs: at most 0.67 dB. In a long silence all sequences end in one
fixed point, whose error nothing averages: 2.75. Copied bytes of a GRU or LSTM with one step and long retention cost 13
and more in some output of the first two kinds."""

MAX_RAW_COST_DB = 3.0
"""Against the contract, windows 91 to 100, where a pair differs: SimpleRNN, by one LSB, at most 1.6; GRU and LSTM with
one step 9.7 to 28, even where they differ by one LSB (LSTM: 11 to 17)."""

MIN_CONTRACT_GAIN_DB = 15.0
"""GRU, 32 units, one step, long retention, windows 91 to 100: 28.0 and 18.4 dB for the two of 24 seeds that differ."""

MIN_COPIED_DB = 20.0
"""Copied bytes against the contract in window 100: 31 dB and more for SimpleRNN, one LSB apart; 5 and less in a state
of GRU and LSTM with one step and long retention."""

MIN_STATE_CLIPPING_DB = 17.0
"""Over 100 windows. The 72 sound models: 20 dB or more, half of their states 44 or more. Calibrated along chains of 10
windows, GRU with one step keeps 11, the cell state of LSTM 2 to 6; with uniform states all cells keep 1 to 13."""

MAX_FLOAT64_DIFFERENCE = 1e-10
"""Looped and unrolled in float64, of the largest value of an output. Rounding shrinks by 2^29 from float32 to float64,
to some 1e-16 here; the difference of two functions does not. Measured: 0 for all of 31 models (one layer of each cell
with 8 to 128 units and 8 or 28 steps, plain and long memory; stacks with convolution, normalization and both
directions); on another machine the two forms may add up in another order."""

FLOAT32_FLOOR = 2.0**-22
"""Four roundings of float32: a looped model that happens to be nearer to float64 is no measure."""

MAX_ROUNDING_FACTOR = 4
"""How much farther from float64 the unrolled model may be than the looped one. Measured for the same models: equal to
the last bit, both 3e-8 to 3e-7 away."""

MIN_FOLLOWING_DB = 10.0
"""A tenth of the energy. 72 sound conversions of the same models, up to 64 steps, reached 19 dB or more on rows that
they were not calibrated with (the least: LSTM with long memory over 64 steps), four in five 28 dB or more."""

MAX_METRIC_LOSS = 0.01
"""One percent of what the float model reaches. The guide's models lose at most 0.2 % of their accuracy."""

TOLD_BY_ROWS = 2
"""Rows that may turn where they are few: one or two undecided samples are no loss yet. From 200 rows on, one percent is
more."""

VERIFIED: tuple[Mapping[str, str], ...] = (
    MappingProxyType(
        {
            "ai-edge-litert": "2.3.0",
            "ethos-u-vela": "5.2.0",
            "keras": "3.15.1",
            "numpy": "2.4.6",
            "tensorflow": "2.21.0",
        }
    ),
)
"""Versions that this project's own tests pass with, together; the same as in constraints.txt."""
