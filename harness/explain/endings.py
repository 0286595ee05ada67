"""Why a stage failed, whichever it is: what is not installed, limits of time, memory and disk, kernels that stop."""

from __future__ import annotations

from harness.explain.cause import Cause

KERNELS = r"kernels.*|int8_.*|drift.*|streaming.*"

NOT_INSTALLED = (
    Cause(
        name="a toolchain is not installed",
        kind="not installed",
        text=r"toolchain \S+ is not installed",
        sentence="this is about a toolchain that is not installed here",
        remedy="install it with the command that the message names (python -m harness.toolchains list shows all)",
    ),
    Cause(
        name="TensorFlow is not installed",
        kind="not installed",
        text=r"No module named '(tensorflow|keras)",
        sentence="this needs TensorFlow, which is not installed here",
        remedy="pip install 'ethos-u-rnn-harness[keras]'",
    ),
    Cause(
        name="tf_keras is not installed",
        kind="not installed",
        text=r"No module named 'tf_keras",
        sentence="only the LSTM of Keras 2 becomes the fused operator, and tf_keras is not installed here",
        remedy="pip install 'ethos-u-rnn-harness[fused]'",
    ),
    Cause(
        name="a tool is not installed",
        kind="not installed",
        sentence="this needs a package that is not installed here",
        remedy="install the package that the message names: pip install 'ethos-u-rnn-harness[keras,tflm]'",
    ),
)

ENDINGS = (
    Cause(
        name="offline",
        kind="network refused",
        sentence="the stage tried to reach the network in a run that is offline",
        remedy="fetch beforehand what the message names, or run without --npu-offline",
    ),
    Cause(
        name="too slow",
        kind="hung",
        certainty="possible",
        sentence="the stage did not answer within its limit: a large model, a busy machine or a tool that hangs",
        remedy="try fewer units and time steps on a quiet machine; if that hangs too, report it with the reproducer",
    ),
    Cause(
        name="disk full",
        text=r"No space left on device",
        sentence="the disk that the tool writes to is full",
        remedy="free some space (TMPDIR and the store: --npu-store) and run again: nothing of this is kept",
    ),
    Cause(
        name="out of memory",
        kind="out of memory",
        sentence="the stage took more memory than it may",
        remedy="use fewer units and time steps, or fewer workers (--npu-workers)",
    ),
    Cause(
        name="killed",
        kind="crashed",
        signal="SIGKILL",
        certainty="likely",
        sentence="somebody ended the stage from outside, most often the system when memory ran out",
        remedy="use fewer workers (--npu-workers) and close other programs",
    ),
    Cause(
        name="kernel that stops",
        stage=KERNELS,
        kind="crashed",
        signal="SIGABRT",
        certainty="possible",
        sentence="a kernel of the interpreter found its own assumption violated and stopped the process",
        remedy="run the model on other kernels (LiteRT reference, default, TFLite Micro): only one of them may stop",
    ),
    Cause(
        name="kernel that refuses",
        stage=KERNELS,
        text=r"Node number \d+ \(\S+\) failed to (invoke|prepare)",
        certainty="likely",
        sentence="the kernel of the operator that the message names refused its inputs",
        remedy="check shapes and ranges of the inputs; convert the model again if the file was changed",
    ),
)
