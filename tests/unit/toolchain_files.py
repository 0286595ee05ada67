"""Toolchains of one's own, as files."""

from __future__ import annotations

from pathlib import Path

OWN = """
name = "own"
python = "3.8"
description = "mine"
megabytes = 5
build_constraints = ["setuptools<81"]
pins = [
    "numpy==1.19.5",
    "tensorflow==2.5.0",
    "ethos-u-vela==3.0.0",
]

[can]
keras = true
per_channel_fully_connected = false
vela_families = ["ethos-u55", "ethos-u65"]
takes_per_channel_fully_connected = false
"""

VELA_ALONE = """
name = "vela_alone"
python = "3.8"
description = "mine"
pins = ["numpy==1.19.5", "ethos-u-vela==3.0.0"]

[can]
keras = false
vela_families = ["ethos-u55"]
takes_per_channel_fully_connected = false
"""


def own_file(folder: Path, *changes: tuple[str, str], text: str = OWN) -> Path:
    """A toolchain file in a folder, with each old text replaced by a new one."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path
