"""`python -m harness.npu run | audit | disassemble`: files in, files or text out.

Exit status: 0 done; 1 an audit found something; 2 bad input, with one sentence on standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Callable, NoReturn

import numpy as np

from .audit import audit
from .connected import connected, connected_operators
from .disassembly import disassemble
from .errors import InputError, NpuError
from .executor import HARDWARE, ROUNDINGS, Executor
from .loader import load

OK, FOUND, BAD_INPUT = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status; wrong usage raises SystemExit(2)."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except NpuError as error:
        sys.stderr.write(f"harness.npu: {error}\n")
        return BAD_INPUT
    except BrokenPipeError:
        # The reader of a pipe such as `| head` has seen enough; the interpreter must not flush to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.stderr.write(f"{self.prog}: {message}; see {self.prog} --help\n")
        raise SystemExit(BAD_INPUT)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m harness.npu", description="Run and check command streams of Ethos-U NPUs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", help="run a compiled model on a batch of inputs")
    run.add_argument("compiled", help="what Vela wrote: a .tflite, or the .npz of --output-format raw")
    run.add_argument("--inputs", required=True, help=".npz: an array an input, by tensor name, batch first")
    run.add_argument("--outputs", required=True, help=".npz to write: an array an output, by tensor name")
    run.add_argument("--rounding", choices=ROUNDINGS, default=HARDWARE, help="reference: round fully connected once")
    run.add_argument("--source", help="the .tflite that was given to Vela: tells what is fully connected")
    run.set_defaults(command=_run)
    check = commands.add_parser("audit", help="compare a compiled model with its source")
    check.add_argument("source", help="the .tflite that was given to Vela")
    check.add_argument("compiled", help="what Vela wrote")
    check.set_defaults(command=_audit)
    text = commands.add_parser("disassemble", help="print the operations of a compiled model")
    text.add_argument("compiled", help="what Vela wrote")
    text.add_argument("--source", help="the .tflite that was given to Vela: names operators and time steps")
    text.set_defaults(command=_disassemble)
    return parser


def _run(options: argparse.Namespace) -> int:
    source = None if options.source is None else connected(connected_operators(_read(options.source)))
    executor = Executor(load(_read(options.compiled)), source)
    outputs = executor.run(_read_arrays(options.inputs), options.rounding)
    _write_arrays(Path(options.outputs), outputs)
    return OK


def _audit(options: argparse.Namespace) -> int:
    result = audit(_read(options.source), _read(options.compiled))
    _say(f"channels compared: {result['channels']}, made by the compiler: {result['generated_channels']}")
    sentences = [f"{kind}: {text}" for kind, texts in result["findings"].items() for text in texts]
    for sentence in sentences or ["nothing found"]:
        _say(sentence)
    return FOUND if sentences else OK


def _disassemble(options: argparse.Namespace) -> int:
    source = None if options.source is None else _read(options.source)
    for line in disassemble(_read(options.compiled), source):
        _say(line)
    return OK


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path} ({error.strerror}): give the path of a file") from error


def _read_arrays(path: str) -> dict[str, np.ndarray]:
    _read(path)
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is not an .npz of arrays: write it with numpy.savez") from error


def _write_arrays(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write the file whole or not at all: to a temporary one in the same folder, which is then renamed."""
    try:
        with tempfile.NamedTemporaryFile(suffix=".npz", dir=path.resolve().parent, delete=False) as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]  # tensor names are no options of savez
        Path(file.name).replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path} ({error.strerror}): choose another --outputs") from error
