"""Run as a file by the interpreter of a new environment: what was installed must start, in the wanted versions.

Arguments: `numpy==1.19.5 tensorflow==2.5.0 ethos-u-vela==3.0.0`, or those of them that the toolchain has.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys


def numpy() -> str:
    """The version of a NumPy that can be imported."""
    return str(importlib.import_module("numpy").__version__)


def tensorflow() -> str:
    """The version of a TensorFlow that can be imported with its converter."""
    found = importlib.import_module("tensorflow")
    found.lite.TFLiteConverter.from_keras_model  # noqa: B018 - the converter is loaded where it is first named
    return str(found.__version__)


def vela() -> str:
    """The version of a Vela that starts, with the native part that it loads only for some models."""
    importlib.import_module("ethosu.mlw_codec")
    command = os.path.join(os.path.dirname(sys.executable), "vela")  # noqa: PTH118, PTH120 - no symlink is followed
    done = subprocess.run([command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    said = done.stdout.decode(errors="replace").strip()
    last = said.rpartition("\n")[2]
    if done.returncode:
        sys.exit(f"{said}\nvela --version ended with {done.returncode}: {last}")
    return last


CHECKS = {"numpy": numpy, "tensorflow": tensorflow, "ethos-u-vela": vela}


def main() -> None:
    """Check each tool; ends with the first that does not start, or has another version."""
    for pin in sys.argv[1:]:
        name, _, wanted = pin.partition("==")
        found = CHECKS[name]()
        if found != wanted:
            sys.exit(f"{name} says it is {found}, and {wanted} was installed")
        print(pin, "starts")  # noqa: T201 - the log of the installation


if __name__ == "__main__":
    main()
