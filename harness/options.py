"""The options, once for pytest (`--npu-NAME`) and for ethos-u-check (`--NAME`); light, as every pytest run loads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.limits import LIMITS

PREFIX = "npu_"
"""What the options are called inside pytest's configuration."""

PROPERTY = "npu"
"""The user property of a test report that carries facts for the report of the harness."""

NAMES, NUMBERS, PAIRS = "NAMES", "NUMBERS", "OUT=IN"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option: `--npu-NAME` of pytest and, unless it is about the matrix alone, `--NAME` of ethos-u-check."""

    name: str
    help: str
    metavar: str = ""
    repeated: bool = False
    flag: bool = False
    matrix_only: bool = False
    path: bool = False
    in_project: bool = True
    """Whether [tool.harness] of a pyproject.toml may set it."""

    @property
    def is_list(self) -> bool:
        """Whether it takes more than one value."""
        return self.repeated or self.metavar in (NAMES, NUMBERS, PAIRS)

    @property
    def field(self) -> str:
        """The name of its value among the settings."""
        return self.name.replace("-", "_")

    @property
    def action(self) -> str:
        """What argparse does with it."""
        return "store_true" if self.flag else "append" if self.repeated else "store"

    @property
    def keywords(self) -> dict[str, Any]:
        """The further arguments for argparse."""
        shown = {"action": self.action, "help": self.help}
        return shown if self.flag else shown | {"metavar": self.metavar}


OPTIONS = (
    Option(
        name="model",
        metavar="FILE",
        help="judge this .tflite, .keras file, or package.module:function that returns a Keras model; may be repeated",
        repeated=True,
        path=True,
    ),
    Option(
        name="representative",
        metavar="FILE.npz",
        help="quantize given Keras models with these samples: an array for each input, a row for each sample",
        path=True,
    ),
    Option(
        name="allow-code",
        flag=True,
        in_project=False,
        help="run Python code that a given .keras file holds (Lambda) or names; only for files that you trust",
    ),
    Option(
        name="float-model",
        metavar="FILE",
        help="what a given .tflite was made from: a float .tflite, a .keras file or package.module:function",
        path=True,
    ),
    Option(
        name="data",
        metavar="FILE.npz",
        help="judge given models on these: an array for each input, and labels",
        path=True,
    ),
    Option(
        name="metric",
        metavar="FUNCTION",
        help='package.module:function of your own: outputs and data by name in, a number and "higher" or "lower" out',
    ),
    Option(
        name="accelerator",
        metavar=NAMES,
        help="accelerators, comma-separated, globs allowed (default: ethos-u55-128,ethos-u65-256,ethos-u85-256)",
    ),
    Option(name="system-config", metavar=NAMES, help="system configurations of the vela.ini, globs allowed"),
    Option(name="memory-mode", metavar=NAMES, help="memory modes of the vela.ini, globs allowed"),
    Option(
        name="vela-config", metavar="FILE", help="a vela.ini of your own (default: the one that Vela ships)", path=True
    ),
    Option(
        name="state-pair",
        metavar=PAIRS,
        help="state output and input of given models, comma-separated, or none (default: found by name and shape)",
    ),
    Option(name="matrix", metavar="NAME", help="quick (default), standard or full", matrix_only=True),
    Option(name="cell", metavar=NAMES, help="gru, lstm, rnn", matrix_only=True),
    Option(name="units", metavar=NUMBERS, help="units of the recurrent layer", matrix_only=True),
    Option(name="time-steps", metavar=NUMBERS, help="time steps that the layer is unrolled for", matrix_only=True),
    Option(name="state", metavar=NAMES, help="none, transfer, fused (LSTM as one operator)", matrix_only=True),
    Option(
        name="state-calibration",
        metavar=NAMES,
        help="states of the representative dataset: chain (default), zeros, uniform, normal",
        matrix_only=True,
    ),
    Option(
        name="state-feedback",
        metavar="NAME",
        help="how the firmware hands states over: contract (default: exactly) or raw (bytes as they are)",
    ),
    Option(name="quantization", metavar=NAMES, help="int8, int16x8", matrix_only=True),
    Option(
        name="toolchain",
        metavar=NAMES,
        help="whose TensorFlow builds and converts: today (default), guide, ..., globs and own .toml files; "
        "python -m harness.toolchains list shows them",
        matrix_only=True,
    ),
    Option(
        name="vela-toolchain",
        metavar=NAMES,
        help="whose Vela compiles: toolchains, as above; those of Vela alone too (default: the model's own toolchain)",
    ),
    Option(name="ignore-known", flag=True, help="show known failures as they are", matrix_only=True),
    Option(name="report-dir", metavar="DIR", help="where the report is written (default: reports)", path=True),
    Option(
        name="store",
        metavar="DIR",
        help="where results are kept (default: HARNESS_STORE or the cache folder)",
        path=True,
    ),
    Option(name="refresh", flag=True, help="compute everything again, whatever the store holds"),
    Option(name="workers", metavar="N", help="children at once (default: one a core)"),
    Option(name="baseline", metavar="FILE", help="judge by what this JSON file says was accepted", path=True),
    Option(
        name="update-baseline",
        flag=True,
        help="accept what this run observes: write it to the file of --npu-baseline",
        in_project=False,
    ),
    Option(
        name="baseline-cycles",
        metavar="WHEN",
        help="judge cycles against a baseline of the same Vela and vela.ini (same, default) or of any (always)",
    ),
    Option(name="offline", flag=True, help="refuse every connection, in this process and its children"),
    Option(
        name="explain-policy",
        metavar="ID",
        help="print which limits hold for a model or case, and which rule says so; run nothing",
        in_project=False,
    ),
    *(
        Option(
            name=limit.name.replace("_", "-"),
            metavar="LIMIT",
            help=f"policy: {limit.help}",
            in_project=False,
        )
        for limit in LIMITS
    ),
)
