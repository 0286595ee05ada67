"""`ethos-u-check MODEL.tflite ...`: the claims about given models, without a suite around them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.errors import UsageError
from harness.options import OPTIONS
from harness.plugin import VERIFICATION
from harness.session import Session
from harness.settings import Settings

USAGE_ERROR = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge the models; returns 0 if every claim holds, 1 if one does not, 2 for arguments that cannot be met."""
    asked = vars(_parser().parse_args(arguments))
    folder = Path.cwd()
    try:
        Session(Settings.read(asked.get, folder)).check()
    except UsageError as error:
        sys.stderr.write(f"ethos-u-check: {error}\n")
        return USAGE_ERROR
    return int(pytest.main([*_settings(folder), *_pytest_options(asked)]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ethos-u-check",
        description="Is my .tflite fine on Ethos-U? Compiles each model for each target and judges placement and cost.",
    )
    parser.add_argument(
        "model",
        nargs="+",
        metavar="MODEL.tflite",
        help="a quantized model before Vela, a .keras file, or package.module:function",
    )
    for option in OPTIONS:
        if option.name != "model" and not option.matrix_only:
            parser.add_argument(f"--{option.name}", **option.keywords)
    return parser


def _settings(folder: Path) -> list[str]:
    """Neither the settings nor the conftest of the folder take part: the claims alone are named."""
    return [
        str(VERIFICATION),
        "-c",
        str(VERIFICATION / "pytest.ini"),
        f"--rootdir={folder}",
        "-p",
        "no:cacheprovider",
        "-q",
    ]


def _pytest_options(asked: dict[str, Any]) -> list[str]:
    models = [f"--npu-model={path}" for path in asked["model"]]
    given = [option for option in OPTIONS if option.name != "model" and asked.get(option.field)]
    return models + [
        f"--npu-{option.name}" if option.flag else f"--npu-{option.name}={asked[option.field]}" for option in given
    ]


if __name__ == "__main__":
    sys.exit(main())
