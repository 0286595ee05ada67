"""Executes the command streams that Vela compiles for Ethos-U NPUs, in NumPy, bit by bit.

    execute(compiled, inputs)       outputs of a compiled .tflite for a batch of inputs, by tensor name
    audit(source, compiled)         static checks against the source model
    disassemble(compiled)           the operations as text

The arithmetic follows what the stream asks for; nothing has been compared with silicon.
`python -m harness.npu --help` shows the command line.
"""

from __future__ import annotations

from .audit import audit
from .coverage import Coverage
from .disassembly import disassemble
from .errors import (
    InputError,
    MemoryAccessError,
    ModelFormatError,
    NpuError,
    StreamError,
    UnsupportedStreamError,
    WeightFormatError,
)
from .executor import HARDWARE, REFERENCE, Executor, execute
from .hybrid import double_rounding_model
from .loader import load

__all__ = [
    "HARDWARE",
    "REFERENCE",
    "Coverage",
    "Executor",
    "InputError",
    "MemoryAccessError",
    "ModelFormatError",
    "NpuError",
    "StreamError",
    "UnsupportedStreamError",
    "WeightFormatError",
    "audit",
    "disassemble",
    "double_rounding_model",
    "execute",
    "load",
]
