"""A constraint with a model on either side of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from harness.operators import FAMILIES

Model = Callable[[], bytes]
U55, U85 = FAMILIES
BOTH = FAMILIES


class Row(NamedTuple):
    """A constraint (the beginning of its sentence) with a model that meets it and one that violates just this one.

    `alone` where Vela ends or refuses the file instead of placing the operator, so that it cannot be asked.
    """

    sentence: str
    right: Model
    wrong: Model
    families: tuple[str, ...] = BOTH
    alone: bool = False
