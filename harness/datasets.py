"""The data that models are trained, calibrated and judged on: MNIST digits and seeded synthetic sequences.

Runs in child processes: arrays and bytes only, Python 3.8 syntax.
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from harness.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

MNIST_SHA256 = "06af5dfe73b70e3bc1c36439982b18a8d76803db9b544f6fdf838a37fbb01b64"
MNIST_BYTES = 11_490_519

AUTOCORRELATION = 0.9
"""Lag-1 correlation of `autocorrelated`: a neighboring time step explains 81 % of the variance."""

BURST_FRACTION = 4
"""`burst` is silent but for the last 1 / BURST_FRACTION of its time steps."""


class Digits(NamedTuple):
    """Images as sequences of rows: x (count, 28 time steps, 28 features) in [0, 1], labels y (count,)."""

    x: NDArray[np.float32]
    y: NDArray[np.uint8]


class Mnist(NamedTuple):
    """All of MNIST in the form of `Digits`: 60,000 digits to train on and 10,000 to judge with."""

    train_x: NDArray[np.float32]
    train_y: NDArray[np.uint8]
    test_x: NDArray[np.float32]
    test_y: NDArray[np.uint8]


def load_mnist(content: bytes) -> Mnist:
    """Read both parts of MNIST from the bytes of data/mnist.npz; DatasetError where it is any other file."""
    return Mnist(*load_digits(content, "train"), *load_digits(content, "test"))


def load_digits(content: bytes, part: str) -> Digits:
    """Read one part of MNIST, "train" or "test", without unpacking the other.

    Raises DatasetError where `content` is not data/mnist.npz, ValueError for an unknown part.
    """
    if part not in ("train", "test"):
        raise ValueError(f'part of MNIST is "train" or "test", not {part!r}')
    _require_mnist(content)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        x = arrays[f"x_{part}"].astype(np.float32) / np.float32(255)
        return Digits(x, arrays[f"y_{part}"])


def _require_mnist(content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if digest != MNIST_SHA256:
        raise DatasetError(
            f"MNIST: found {_describe(content)} with SHA-256 {digest}; "
            f"expected data/mnist.npz of this project, {MNIST_BYTES:,} bytes with SHA-256 {MNIST_SHA256}. "
            "Restore the file from the repository: git checkout -- data/mnist.npz"
        )


def _describe(content: bytes) -> str:
    if not content:
        return "an empty file (0 bytes)"
    if not content.startswith(b"PK\x03\x04"):
        return f"{len(content):,} bytes that are no .npz archive (they begin with {content[:12]!r})"
    truncated = len(content) < MNIST_BYTES
    return f"{'a truncated or different' if truncated else 'a different'} .npz archive of {len(content):,} bytes"


def normal(count: int, time_steps: int, features: int, seed: int) -> NDArray[np.float32]:
    """Draw independent standard normal values, (count, time_steps, features): what flatters a model most."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal((count, time_steps, features), dtype=np.float32)


def autocorrelated(count: int, time_steps: int, features: int, seed: int) -> NDArray[np.float32]:
    """Draw first-order autoregressive sequences, (count, time_steps, features), with mean 0 and variance 1.

    x[t] = rho x[t-1] + sqrt(1 - rho^2) e[t] with rho = AUTOCORRELATION; each feature is its own process.
    """
    values = normal(count, time_steps, features, seed).astype(np.float64)
    innovation = np.sqrt(1.0 - AUTOCORRELATION**2)
    for step in range(1, time_steps):
        values[:, step] = AUTOCORRELATION * values[:, step - 1] + innovation * values[:, step]
    return values.astype(np.float32)


def burst(count: int, time_steps: int, features: int, seed: int) -> NDArray[np.float32]:
    """Draw silence, then a burst, (count, time_steps, features): exact zeros, then standard normal values.

    The burst takes the last quarter of the time steps, and always at least one.
    """
    values = normal(count, time_steps, features, seed)
    values[:, : time_steps - max(1, time_steps // BURST_FRACTION)] = 0.0
    return values


SEQUENCES: dict[str, Callable[[int, int, int, int], NDArray[np.float32]]] = {
    "normal": normal,
    "autocorrelated": autocorrelated,
    "burst": burst,
}
"""Synthetic sequences by name; each takes (count, time_steps, features, seed)."""


def seed_for(purpose: str, seed: int) -> int:
    """A seed of its own for each purpose, so that data to calibrate with and data to judge with never meet."""
    return int(np.random.SeedSequence([seed, *purpose.encode()]).generate_state(1)[0])
