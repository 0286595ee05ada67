from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .codec import Codec, running_codec
from .workshop import DATA, Workshop, run

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Share the committed models, compiled and run once."""
    made = Workshop(tmp_path_factory.mktemp("npu"))
    made.expect(sorted(path.stem for path in DATA.glob("*.tflite")))
    return made


@pytest.fixture(scope="session")
def large_workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Make models of 256 units and 28 time steps anew."""
    folder = tmp_path_factory.mktemp("npu_large")
    names = [f"{cell}_{style}_256x28" for cell in ("rnn", "gru", "lstm") for style in ("transfer", "none")]
    run(str(DATA / "make_models.py"), str(folder), *names)
    return Workshop(folder, models=folder)


@pytest.fixture(scope="session")
def codec() -> Iterator[Codec]:
    with running_codec() as child:
        yield child
