"""What the states of the representative dataset cost: SQNR after 100 windows for each choice and seed."""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np

from harness import questions
from harness.catalog import STREAMING
from harness.checks.levels import GRAPH, RAW, last_windows_db
from harness.checks.state_ranges import HALF_A_STEP
from harness.engine import Engine, Outcome
from harness.evidence import Streaming
from harness.pool import Pool
from harness.spec import RnnSpec, StateCalibration
from harness.store import Store, default_root
from harness.subjects import GeneratedModel, generated_model

DATA = Path(__file__).resolve().parent.parent / "data"
KIND = "normal"


def main() -> None:
    """Print a table in Markdown: a line for each model and choice, SQNR of the hidden state over seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many")
    parser.add_argument("--time-steps", default="1,8", help="comma-separated")
    asked = parser.parse_args()
    steps = {int(word) for word in asked.time_steps.split(",")}
    engine = Engine(Store(default_root()), Pool())
    print("| model | states of the dataset | in the graph, dB | raw bytes, dB | windows that clip | pair equal |")
    print("|---|---|---|---|---|---|")
    for spec, choice in product([spec for spec in STREAMING if spec.time_steps in steps], StateCalibration):
        seeds = [replace(spec, state_calibration=choice, seed=seed) for seed in range(asked.seeds)]
        outcomes = [engine.submit(questions.streaming(_model(engine, seeded))) for seeded in seeds]
        print(f"| {_name(spec)} | {choice.value} | {_told([outcome.result() for outcome in outcomes])} |", flush=True)
    engine.close()


def _model(engine: Engine, spec: RnnSpec) -> GeneratedModel:
    return generated_model(spec, DATA, engine.store)


def _name(spec: RnnSpec) -> str:
    return f"{spec.cell.value} {spec.units}, T={spec.time_steps}, {spec.retention.value}"


def _told(outcomes: list[Outcome]) -> str:
    if not all(outcome.done for outcome in outcomes):
        return next(outcome.detail for outcome in outcomes if not outcome.done)
    results = [Streaming.from_plain(outcome.value) for outcome in outcomes]
    ways = [_over_seeds([last_windows_db(result, way, "state_h", KIND) for result in results]) for way in (GRAPH, RAW)]
    clipped = float(np.mean([_clipped(result) for result in results]))
    equal = sum(all(pair["equal"] for pair in result.pairs) for result in results)
    return f"{' | '.join(ways)} | {clipped:.0%} | {equal} of {len(results)}"


def _over_seeds(values: list[float]) -> str:
    return f"{np.mean(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def _clipped(result: Streaming) -> float:
    """The share of windows in which some unit of a state leaves the range of its tensor."""
    rows = result.rows(KIND)
    return float(np.mean([(state.beyond_lsb[rows] > HALF_A_STEP).any(axis=2) for state in result.ranges.values()]))


if __name__ == "__main__":
    main()
