"""MNIST is what it should be or refused with a way out; synthetic sequences have the statistics they claim."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness import datasets
from harness.datasets import SEQUENCES, load_digits, load_mnist, seed_for
from harness.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator

MNIST = Path(__file__).parents[2] / "data" / "mnist.npz"


@pytest.fixture(scope="module")
def content() -> bytes:
    return MNIST.read_bytes()


def test_mnist_has_its_shapes_types_and_range(content: bytes) -> None:
    mnist = load_mnist(content)
    assert (mnist.train_x.shape, mnist.train_y.shape) == ((60_000, 28, 28), (60_000,))
    assert (mnist.test_x.shape, mnist.test_y.shape) == ((10_000, 28, 28), (10_000,))
    assert {mnist.train_x.dtype, mnist.test_x.dtype} == {np.dtype(np.float32)}
    assert {mnist.train_y.dtype, mnist.test_y.dtype} == {np.dtype(np.uint8)}
    assert (mnist.test_x.min(), mnist.test_x.max()) == (0.0, 1.0)
    assert np.bincount(mnist.train_y).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert mnist.test_y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_rows_are_time_steps(content: bytes) -> None:
    """The first test digit, a 7, begins with blank rows and has its bar, many bright pixels, in row 8."""
    seven = load_digits(content, "test").x[0]
    assert not seven[:7].any()
    assert np.count_nonzero(seven[8]) > 12
    assert np.count_nonzero(seven[:, 8]) < 8


def test_one_part_is_the_same_as_in_the_whole_and_does_not_read_the_other(
    content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    get = np.lib.npyio.NpzFile.__getitem__

    def recorded(archive: np.lib.npyio.NpzFile, name: str) -> object:
        read.append(name)
        return get(archive, name)

    monkeypatch.setattr(np.lib.npyio.NpzFile, "__getitem__", recorded)
    x, y = load_digits(content, "test")
    assert read == ["x_test", "y_test"]
    mnist = load_mnist(content)
    assert np.array_equal(x, mnist.test_x)
    assert np.array_equal(y, mnist.test_y)


def _other_npz(_: bytes) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, x_train=np.zeros(3))
    return stream.getvalue()


def _one_bit_flipped(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[5_000_000] ^= 1
    return bytes(changed)


WRONG = {
    "empty": (lambda _: b"", "an empty file (0 bytes)"),
    "truncated": (lambda content: content[:-1], "a truncated or different .npz archive of 11,490,518 bytes"),
    "other_archive": (_other_npz, "a truncated or different .npz archive of"),
    "bit_flip": (_one_bit_flipped, "a different .npz archive of 11,490,519 bytes"),
    "appended": (lambda content: content + b"\0", "a different .npz archive of 11,490,520 bytes"),
    "pointer": (lambda _: b"version https://git-lfs", "23 bytes that are no .npz archive (they begin with b'version"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("part", ["train", "test"])
def test_any_other_content_is_refused_with_what_was_found_and_a_way_out(content: bytes, wrong: str, part: str) -> None:
    change, found = WRONG[wrong]
    with pytest.raises(DatasetError) as refusal:
        load_digits(change(content), part)
    message = str(refusal.value)
    assert found in message
    assert datasets.MNIST_SHA256 in message
    assert "git checkout -- data/mnist.npz" in message
    with pytest.raises(DatasetError):
        load_mnist(change(content))


def test_an_unknown_part_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match='"train" or "test", not \'all\''):
        load_digits(content, "all")


def test_readme_states_the_checksum() -> None:
    assert datasets.MNIST_SHA256 in (MNIST.parent / "README.md").read_text()


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_have_their_shape_and_come_from_the_seed(name: str) -> None:
    draw = SEQUENCES[name]
    values = draw(3, 5, 2, 7)
    assert (values.shape, values.dtype) == ((3, 5, 2), np.float32)
    assert np.array_equal(values, draw(3, 5, 2, 7))
    assert not np.array_equal(values, draw(3, 5, 2, 8))
    assert draw(3, 1, 2, 7).any()


def _moments(name: str) -> Iterator[float]:
    values = SEQUENCES[name](4000, 12, 3, 1).astype(np.float64)
    yield float(values.mean())
    yield float(values.var())
    yield float(np.mean(values[:, 1:] * values[:, :-1]))
    yield float(np.mean(values[:, 3:] * values[:, :-3]))
    yield float(np.mean(values[..., 0] * values[..., 1]))


@pytest.mark.parametrize(("name", "rho"), [("normal", 0.0), ("autocorrelated", datasets.AUTOCORRELATION)])
def test_sequences_have_unit_variance_and_their_autocorrelation(name: str, rho: float) -> None:
    # 5 standard errors of the mean of 12,000 independent processes, 0.0091 each
    assert list(_moments(name)) == pytest.approx([0, 1, rho, rho**3, 0], abs=0.046)


def test_autocorrelated_sequences_are_stationary() -> None:
    values = SEQUENCES["autocorrelated"](4000, 40, 3, 2)
    assert values.var(axis=(0, 2)) == pytest.approx(np.ones(40), abs=0.065)  # 5 standard errors of 0.0129


def test_burst_is_silent_and_then_loud() -> None:
    values = SEQUENCES["burst"](50, 28, 4, 3)
    assert not values[:, :21].any()
    assert (values[:, 21:] != 0).all()
    assert SEQUENCES["burst"](1, 2, 1, 0)[0, :, 0].astype(bool).tolist() == [False, True]


def test_each_purpose_has_a_seed_of_its_own() -> None:
    seeds = [seed_for(purpose, seed) for purpose in ("calibration", "judging") for seed in (0, 1)]
    assert len(set(seeds)) == 4
    assert seeds[0] == seed_for("calibration", 0)
