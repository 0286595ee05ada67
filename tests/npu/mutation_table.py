"""How mutants of compiled models are seen, by class: `python -m tests.npu.mutation_table [MUTANTS]` (24 of each class).

*Equivalent* decodes to the same operations on the same constants (an axis of size 1 is broadcast or not). *Unseen*
does not, yet computed the same outputs for all inputs, without an error and without a finding of the audit.
"""

from __future__ import annotations

import functools
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from harness.npu.planning import operations_of
from harness.npu.program import Program

from .codec import running_codec
from .mutants import FURTHER_MUTATIONS, MUTATIONS, Mutate, swapped_weights, weight_plus_one
from .test_mutants import CASES, Case, how_seen, make_case
from .workshop import Workshop

HOW = {"error": "structure", "output": "output", "audit": "audit", "equivalent": "equivalent", "": "unseen"}


def main(mutants: int) -> None:
    total: Counter[str] = Counter()
    _say("class", *HOW.values())
    _say(*["---"] * (1 + len(HOW)))
    with running_codec() as codec, tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder))
        cases = [make_case(workshop, *case) for case in CASES]
        of_weights: dict[str, Mutate] = {
            change.__name__: functools.partial(change, encode=codec.encode)
            for change in (swapped_weights, weight_plus_one)
        }
        classes = {**MUTATIONS, **of_weights, **FURTHER_MUTATIONS}
        for name, mutation in classes.items():
            # Two cores or the U85 order weights otherwise: these are drawn on one stream.
            chosen = [case for case in cases if name not in of_weights or case[0].architecture.product == "u55"]
            seen = Counter(
                _how(mutation(np.random.default_rng(seed), case[0]), case)
                for case in chosen
                for seed in range(mutants // len(chosen))
            )
            total += seen
            _say(name, *(seen[how] for how in HOW))
    _say("total", *(total[how] for how in HOW))


def _how(mutant: Program, case: Case) -> str:
    seen = how_seen(mutant, *case[1:])
    return "equivalent" if not seen and _decoded(mutant) == _decoded(case[0]) else seen


def _decoded(program: Program) -> tuple[bytes, list[object]]:
    """Constants, and operations without the words that they begin at."""
    steps = operations_of(program, program.streams[0])
    return program.read_only, [step._replace(word=0) for step in steps]


def _say(*cells: object) -> None:
    sys.stdout.write(f"| {' | '.join(map(str, cells))} |\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 24)
