"""MNIST digits whose rows arrive in windows: accuracy for each size of window and way of handing the state over."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from harness import digit_questions, questions
from harness.catalog import WINDOWS
from harness.engine import Engine
from harness.evidence import Labels
from harness.metrics import agreement
from harness.pool import Pool
from harness.spec import RnnSpec
from harness.store import Store, default_root
from harness.subjects import generated_model

DATA = Path(__file__).resolve().parent.parent / "data"
ROWS = (1, 4, 7, 14)
WAYS = ("contract", "raw", "reset")


def main() -> None:
    """Print a table in Markdown, with 95 % intervals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--digits", type=int, default=digit_questions.DIGITS, help="how many of the test digits")
    asked = parser.parse_args()
    engine = Engine(Store(default_root()), Pool())
    specs = [replace(spec, time_steps=rows) for spec in WINDOWS for rows in ROWS]
    models = {spec: generated_model(spec, DATA, engine.store) for spec in specs}
    begun = {
        (spec, way): engine.submit(digit_questions.window_labels(model, way, asked.digits))
        for spec, model in models.items()
        for way in WAYS
    }
    print("| cell | rows a window | by contract | raw bytes | reset each window | pairs equal |")
    print("|---|---|---|---|---|---|")
    for spec, model in models.items():
        outcome = engine.observe(questions.contract(model))
        equal = all(pair["equal"] for pair in outcome.value["pairs"])
        cells = []
        for way in WAYS:
            labels = begun[spec, way].result()
            if not labels.done:
                raise SystemExit(f"{spec.id}: {labels.sentence}; again: {labels.reproduce}")
            cells.append(_accuracy(Labels.from_plain(labels.value)))
        print(f"| {_name(spec)} | {spec.time_steps} | {' | '.join(cells)} | {'yes' if equal else 'no'} |", flush=True)
    engine.close()


def _accuracy(labels: Labels) -> str:
    right = agreement(labels.labels, labels.expected)
    low, high = right.wilson()
    return f"{right.value:.2%} [{low:.2%}, {high:.2%}]"


def _name(spec: RnnSpec) -> str:
    return f"{spec.cell.value} {spec.units}"


if __name__ == "__main__":
    main()
