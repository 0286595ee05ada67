"""What our tables are to TensorFlow's converter (runs in children)."""

from __future__ import annotations

from typing import Any

import flatbuffers
from tensorflow.lite.python import schema_py_generated as schema

from harness.conversion import convert, convert_unnamed, name
from harness.model import initial_weights


def both_tables(spec: dict[str, Any]) -> dict[str, Any]:
    """Whether the converter writes the same by the library's tables and by ours, and which of them it reads by then."""
    weights = initial_weights(spec)["weights"]
    models, readers = [], [schema.flatbuffers is flatbuffers]
    for make in (lambda *asked: name(**convert_unnamed(*asked)), convert):
        models.append(make(spec, weights)["model"])
        readers.append(schema.flatbuffers is flatbuffers)
    return {"equal": models[0] == models[1], "by_the_library": readers}
