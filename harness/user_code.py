"""Functions of the user's own, by `package.module:function` (runs in a child, and nowhere else)."""

from __future__ import annotations

import importlib
import os
import re
import sys
from typing import Any, Callable

from harness.errors import ModelError

PATTERN = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
LONGEST = 300


def imported(function: str, folder: str) -> Callable[..., Any]:
    """The function, its module found from `folder`, which becomes the working folder.

    Raises ModelError, in one sentence, where there is none.
    """
    module, _, name = function.partition(":")
    start_from(folder)
    try:
        found = getattr(importlib.import_module(module), name, None)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and error.name in ("tensorflow", "keras"):
            raise  # not installed: no fault of the module
        absent = isinstance(error, ModuleNotFoundError) and (module + ".").startswith(str(error.name) + ".")
        if absent:
            raise ModelError(
                "there is no module %s in %s: start from the folder that it is in" % (module, folder)
            ) from None
        raise ModelError("importing %s raised %s" % (module, spell(error))) from None
    if not callable(found):
        raise ModelError("module %s has no function %s" % (module, name))
    call: Callable[..., Any] = found
    return call


def start_from(folder: str) -> None:
    """Find modules from this folder, and work in it."""
    if folder not in sys.path:
        sys.path.insert(0, folder)
    os.chdir(folder)


def spell(error: BaseException) -> str:
    """An exception on one line; of what Keras wraps into configurations, the exception inside."""
    text = " ".join(str(error).split()).rpartition("Exception encountered: ")[2]
    shown = text if len(text) <= LONGEST else text[:LONGEST] + "..."
    return "%s: %s" % (type(error).__name__, shown) if shown else type(error).__name__
