"""Vela's own weight codec, in a child: it ends the process that gives it malformed data."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHILD = """
import json, sys
from ethosu import mlw_codec
for line in sys.stdin:
    task = json.loads(line)
    if "weights" in task:
        print(json.dumps(bytes(mlw_codec.encode(task["weights"])).hex()), flush=True)
    else:
        print(json.dumps(list(mlw_codec.decode(bytearray.fromhex(task["data"])))), flush=True)
"""


class Codec:
    def __init__(self, to_child: IO[str], from_child: IO[str]) -> None:
        self._to_child, self._from_child = to_child, from_child

    def encode(self, weights: list[int]) -> bytes:
        return bytes.fromhex(json.loads(self._ask({"weights": weights})))

    def decode(self, data: bytes) -> list[int]:
        return list(json.loads(self._ask({"data": data.hex()})))

    def _ask(self, task: dict[str, object]) -> str:
        self._to_child.write(json.dumps(task) + "\n")
        self._to_child.flush()
        return self._from_child.readline()


@contextlib.contextmanager
def running_codec() -> Iterator[Codec]:
    command = [sys.executable, "-c", _CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        yield Codec(child.stdin, child.stdout)
