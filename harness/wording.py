"""Numbers in sentences."""

from __future__ import annotations


def count(number: float, thing: str) -> str:
    """`1 NPU segment`, `3 NPU segments`, `1,024 operators`."""
    return f"{number:,.0f} {thing}" + ("" if number == 1 else "s")
