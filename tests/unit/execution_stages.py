"""Stages that change what is executed."""

from __future__ import annotations

from typing import Any

from operator_models import lstm, tensor, unary

from harness.npu import Executor, double_rounding_model, load

OFM_ZERO_POINT = 0x118


def beyond(kind: str) -> dict[str, Any]:
    """A model whose activations the NPU interpolates or computes, which the executor does not know."""
    wide = tensor(1, 8, dtype="int16", scales=(2**-12,)), tensor(1, 8, dtype="int16", scales=(2**-15,))
    return {"model": {"fused LSTM": lstm, "int16 tanh": lambda: unary("TANH", *wide)}[kind]()}


def planned(model: bytes) -> dict[str, Any]:
    """Make a compiled model ready to run."""
    return {"actions": len(Executor(load(model)).program.segments)}


def doubled(model: bytes) -> dict[str, Any]:
    """The model with every FULLY_CONNECTED as a CONV_2D of one position, which the reference kernels round twice."""
    return {"model": double_rounding_model(model)}


def shifted(model: bytes) -> dict[str, Any]:
    """A compiled model whose first operation adds one more to its output."""
    words = load(model).streams[0].words
    place = next(index for index, word in enumerate(words.tolist()) if word & 0xFFFF == OFM_ZERO_POINT)
    changed = words.copy()
    changed[place] += 1 << 16
    return {"model": model.replace(words.tobytes(), changed.tobytes())}


def renamed(model: bytes) -> dict[str, Any]:
    """A compiled model one of whose outputs has another name."""
    return {"model": model.replace(b"state_h_out", b"state_x_out")}
