"""The options, once for pytest (`--npu-NAME`) and for ethos-u-check (`--NAME`); light, as every pytest run loads it."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "npu_"
"""What the options are called inside pytest's configuration."""

PROPERTY = "npu"
"""The user property of a test report that carries facts for the report of the harness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option of the command line: `--npu-NAME` of pytest, `--NAME` of ethos-u-check."""

    name: str
    help: str
    metavar: str
    repeated: bool = False

    @property
    def field(self) -> str:
        """The name of its value among the settings."""
        return self.name.replace("-", "_")


OPTIONS = (
    Option(name="model", metavar="FILE", help="judge this .tflite; may be repeated", repeated=True),
    Option(
        name="accelerator",
        metavar="NAME",
        help="accelerators, comma-separated (default: ethos-u55-128,ethos-u65-256,ethos-u85-256)",
    ),
    Option(name="system-config", metavar="NAME", help="system configuration of the vela.ini"),
    Option(name="memory-mode", metavar="NAME", help="memory mode of the vela.ini"),
    Option(name="vela-config", metavar="FILE", help="a vela.ini of your own (default: the one that Vela ships)"),
    Option(name="report-dir", metavar="DIR", help="where the report is written (default: reports)"),
    Option(
        name="store",
        metavar="DIR",
        help="where results are kept (default: HARNESS_STORE or the cache folder)",
    ),
    Option(name="workers", metavar="N", help="children at once (default: one a core)"),
)
