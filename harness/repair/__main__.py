"""Write a model with every repair done: `python -m harness.repair IN.tflite OUT.tflite [--states] [--pair OUT=IN]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness.contract import named_pair
from harness.errors import ModelError
from harness.plain import write_atomically
from harness.repair import repair
from harness.tflite import read_file


def main(arguments: list[str] | None = None) -> int:
    """Repair a file; returns 0, or 1 where a repair was refused; bad arguments end with 2."""
    parser = argparse.ArgumentParser(prog="python -m harness.repair", description="Repair a .tflite, with proofs.")
    parser.add_argument("input", type=Path, metavar="IN.tflite")
    parser.add_argument("output", type=Path, metavar="OUT.tflite")
    parser.add_argument("--states", action="store_true", help="give state outputs the scale of the state inputs")
    parser.add_argument("--pair", action="append", type=named_pair, metavar="OUT=IN", help="a state, with --states")
    asked = parser.parse_args(arguments)
    if asked.pair and not asked.states:
        parser.error("--pair names a state to repair: give --states too")
    try:
        result = repair(read_file(asked.input), states=asked.states, pairs=asked.pair)
        write_atomically(asked.output, result["model"])
    except ModelError as error:
        parser.error("%s: %s" % (asked.input, error))
    except OSError as error:
        parser.error("cannot write %s: %s" % (asked.output, error.strerror))
    for sentence in result["changes"] or ["nothing to repair"]:
        sys.stdout.write(sentence + "\n")
    for sentence in result["refused"]:
        sys.stdout.write("left as it is: %s\n" % sentence)
    return 1 if result["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
