"""What this process has printed: a stage prints into a log of its own, which it may read back (runs in a child)."""

from __future__ import annotations

import os
import stat


def log_size() -> int:
    """How much was printed until now; raises RuntimeError where there is no log."""
    status = os.fstat(1)
    if not stat.S_ISREG(status.st_mode):
        raise RuntimeError("Vela's reasons are read from the log of the stage: run this as a stage")
    return status.st_size


def printed_since(size: int) -> str:
    """The text that was printed since the log had this size."""
    return os.pread(1, log_size() - size, size).decode("utf-8", "replace")
