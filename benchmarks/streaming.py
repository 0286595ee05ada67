"""Models over 100 windows: SQNR of the hidden state at the end and labels kept, by way of handing the state over."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness import questions
from harness.catalog import STREAMING, STREAMING_PLAIN, UNEQUAL
from harness.checks.levels import HOST, RAW, RESET, ROUNDED, figures_of_ways
from harness.engine import Engine
from harness.evidence import Streaming
from harness.policy import CALIBRATED_KIND
from harness.pool import Pool
from harness.spec import RnnSpec
from harness.store import Store, default_root
from harness.subjects import generated_model

DATA = Path(__file__).resolve().parent.parent / "data"
WAYS = (HOST, RAW, RESET, ROUNDED)


def main() -> None:
    """Print a table in Markdown, with 95 % intervals over sequences."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    engine = Engine(Store(default_root()), Pool())
    print("| model | by contract | raw bytes | reset each window | rounding alone | labels, % | pairs equal |")
    print("|---|---|---|---|---|---|---|")
    jobs = {
        spec: questions.streaming(generated_model(spec, DATA, engine.store))
        for spec in (*STREAMING, *UNEQUAL, *STREAMING_PLAIN)
    }
    begun = [engine.submit(job) for job in jobs.values()]
    for spec, future in zip(jobs, begun, strict=True):
        outcome = future.result()
        if not outcome.done:
            raise SystemExit(f"{spec.id}: {outcome.sentence}; again: {outcome.reproduce}")
        print(_row(spec, Streaming.from_plain(outcome.value)), flush=True)
    engine.close()


def _row(spec: RnnSpec, streaming: Streaming) -> str:
    figures = figures_of_ways(streaming, CALIBRATED_KIND)
    levels = [_with_interval(figures, f"stream_db_{way}_state_h") for way in WAYS]
    labels = " / ".join(f"{figures[f'stream_agreement_{way}']:.0%}".rstrip("%") for way in WAYS)
    equal = "yes" if all(pair["equal"] for pair in streaming.pairs) else "no"
    return f"| {spec.id} | {' | '.join(levels)} | {labels} | {equal} |"


def _with_interval(figures: dict[str, float], name: str) -> str:
    return f"{figures[name]:.1f} [{figures[name + '_low']:.1f}, {figures[name + '_high']:.1f}]"


if __name__ == "__main__":
    main()
