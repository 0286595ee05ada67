"""Why a command stream could not be executed."""

from __future__ import annotations

from harness.explain.cause import Cause

EXECUTION_FAILURES = (
    Cause(
        name="nothing on the NPU",
        stage="execution|npu_labels",
        kind="refused",
        text=r"the model holds no ethos-u operator",
        sentence="Vela left every operator on the CPU: there is no command stream to execute",
        remedy="see the claims about placement",
    ),
    Cause(
        name="stream that the host model does not know",
        stage="execution|npu_labels",
        kind="refused",
        text=r"command stream, word \d+: ",
        sentence="our host model of the NPU refuses what the stream asks for, and approximates nothing (int16 tanh and "
        "sigmoid, and some weight formats of the U85, are not implemented)",
        remedy="compare the compiled model on the device or on Arm's FVP",
    ),
)
