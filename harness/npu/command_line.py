"""`python -m harness.npu run | audit | disassemble | golden`: files in, files or text out.

Exit status: 0 done; 1 an audit found something; 2 bad input, with one sentence on standard error.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import zipfile
from pathlib import Path
from typing import Callable, NoReturn

import numpy as np

from harness.contract import named_pair
from harness.errors import ModelError
from harness.plain import write_atomically

from .audit import audit
from .disassembly import disassemble
from .errors import InputError, NpuError
from .executor import HARDWARE, ROUNDINGS, Executor
from .golden import c_header, make_golden
from .loader import load
from .reference import connected_operators, make_reference
from .streams import states_of_program

OK, FOUND, BAD_INPUT = 0, 1, 2


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return the exit status; wrong usage raises SystemExit(2)."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except (ModelError, NpuError) as error:
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
    board = commands.add_parser("golden", help="write inputs and expected outputs of consecutive windows, for a board")
    board.add_argument("compiled", help="what Vela wrote: a .tflite, or the .npz of --output-format raw")
    board.add_argument("folder", help="where to write golden.npz and golden.h; made if it does not exist")
    board.add_argument("--windows", type=_positive, default=8, help="how many; the states are fed back (default: 8)")
    board.add_argument("--pair", action="append", type=named_pair, metavar="OUT=IN", help="a state; may be repeated")
    board.add_argument("--inputs", help=".npz: an array an input but the states, by tensor name, windows first")
    board.set_defaults(command=_golden)
    text = commands.add_parser("disassemble", help="print the operations of a compiled model")
    text.add_argument("compiled", help="what Vela wrote")
    text.add_argument("--source", help="the .tflite that was given to Vela: names operators and time steps")
    text.set_defaults(command=_disassemble)
    return parser


def _run(options: argparse.Namespace) -> int:
    source = None if options.source is None else make_reference(connected_operators(_read(options.source)), [])
    executor = Executor(load(_read(options.compiled)), source)
    outputs = executor.run(_read_arrays(options.inputs), options.rounding)
    _write(Path(options.outputs), _archive(outputs))
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


def _golden(options: argparse.Namespace) -> int:
    program, folder = load(_read(options.compiled)), Path(options.folder)
    given = None if options.inputs is None else _read_arrays(options.inputs)
    golden = make_golden(program, options.windows, given, options.pair)
    for state in states_of_program(program, options.pair):
        _say(f"state {state.name}: {state.output} becomes {state.input}")
    arrays = {f"inputs/{name}": array for name, array in golden.inputs.items()}
    arrays.update({f"outputs/{name}": array for name, array in golden.outputs.items()})
    _write(folder / "golden.npz", _archive(arrays))
    _write(folder / "golden.h", c_header(golden, program.architecture.name).encode())
    return OK


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


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


def _archive(arrays: dict[str, np.ndarray]) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]  # tensor names are no options of savez
    return stream.getvalue()


def _write(path: Path, content: bytes) -> None:
    try:
        write_atomically(path, content)
    except OSError as error:
        raise InputError(f"cannot write {path} ({error.strerror}): choose another place") from error
