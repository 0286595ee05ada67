"""The guide's training: one epoch on MNIST with the looped model (runs in a child with TensorFlow)."""

from __future__ import annotations

import argparse
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from harness.datasets import load_digits
from harness.errors import DatasetError
from harness.model import build, read_weights, set_weights
from harness.plain import write_atomically

BATCH_SIZE = 32
LEARNING_RATE = 1e-3
EVALUATION_BATCH = 500


def train(spec: dict[str, Any], mnist: bytes, epochs: int = 1, limit: int = 60000, verbose: int = 0) -> dict[str, Any]:
    """Weights by name after Adam 1e-3, sparse categorical cross-entropy, batches of 32 of the first `limit` digits.

    The recipe of Arm's guide "RNN models for Ethos-U". Returns `weights` and `loss` (mean over the last epoch).
    """
    from tensorflow import keras

    keras.utils.set_random_seed(spec["seed"])
    stateless = dict(spec, state="none")
    model = build(stateless, unroll=False, batch_size=BATCH_SIZE)
    model.compile(optimizer=keras.optimizers.Adam(LEARNING_RATE), loss={"output": "sparse_categorical_crossentropy"})
    digits = load_digits(mnist, "train")
    whole = min(limit, len(digits.y)) // BATCH_SIZE * BATCH_SIZE
    history = model.fit(
        {"input": digits.x[:whole]},
        {"output": digits.y[:whole]},
        batch_size=BATCH_SIZE,
        epochs=epochs,
        verbose=verbose,
    )
    return {"weights": read_weights(stateless, model), "loss": float(history.history["loss"][-1])}


def classify(
    spec: dict[str, Any], weights: dict[str, np.ndarray], mnist: bytes, *, unroll: bool, limit: int
) -> dict[str, Any]:
    """Labels that the float model gives the first `limit` MNIST test digits, states (if any) starting at zero.

    Digits are cut into windows of the spec's time steps, the state carried over. Returns `labels` and `expected`,
    (limit,) int64.
    """
    model = build(spec, unroll=unroll, batch_size=EVALUATION_BATCH)
    set_weights(spec, model, weights)
    digits, expected = (part[:limit] for part in load_digits(mnist, "test"))
    steps = spec["time_steps"]
    labels = []
    for first in range(0, len(digits), EVALUATION_BATCH):
        batch = _full_batch(digits[first : first + EVALUATION_BATCH])
        carried = {name: np.zeros(tensor.shape, np.float32) for name, tensor in model.input.items() if name != "input"}
        for start in range(0, batch.shape[1], steps):
            outputs = model.predict_on_batch(dict(carried, input=batch[:, start : start + steps]))
            carried = {name: outputs[name.replace("_in", "_out")] for name in carried}
        labels.append(np.argmax(outputs["output"], axis=1))
    return {"labels": np.concatenate(labels)[: len(digits)], "expected": expected.astype(np.int64)}


def _full_batch(digits: np.ndarray) -> np.ndarray:
    return np.concatenate([digits, np.zeros((EVALUATION_BATCH - len(digits), *digits.shape[1:]), digits.dtype)])


def main(arguments: list[str] | None = None) -> int:
    """Train a cell on MNIST and write its weights: `python -m harness.training gru --units 256 --output FILE`."""
    from harness.spec import Cell, RnnSpec

    parser = argparse.ArgumentParser(prog="python -m harness.training", description=main.__doc__)
    parser.add_argument("cell", choices=["gru", "lstm", "rnn"])
    parser.add_argument("--units", type=_positive, default=256)
    parser.add_argument("--epochs", type=_positive, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mnist", type=Path, default=Path("data/mnist.npz"))
    parser.add_argument("--output", type=Path, required=True, help="the .npz file to write")
    asked = parser.parse_args(arguments)
    spec = RnnSpec(cell=Cell(asked.cell), units=asked.units, time_steps=28, seed=asked.seed).to_plain()
    try:
        mnist = asked.mnist.read_bytes()
        result = train(spec, mnist, epochs=asked.epochs, verbose=1)
    except (OSError, DatasetError) as error:
        parser.error(str(error))
    judged = classify(spec, result["weights"], mnist, unroll=False, limit=10000)
    accuracy = float(np.mean(judged["labels"] == judged["expected"]))
    provenance = {"spec": spec, "epochs": asked.epochs, "accuracy": accuracy, "versions": _versions()}
    stream = io.BytesIO()
    np.savez(stream, provenance=np.array(json.dumps(provenance)), **result["weights"])
    write_atomically(asked.output, stream.getvalue())
    sys.stdout.write("%.2f %% of 10,000 test digits; wrote %s\n" % (100 * accuracy, asked.output))
    return 0


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("%s is not 1 or more" % text)
    return number


def _versions() -> dict[str, str]:
    import keras
    import tensorflow as tf

    return {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}


if __name__ == "__main__":
    sys.exit(main())
