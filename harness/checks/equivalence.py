"""Checks that two float models compute the same function."""

from __future__ import annotations

import numpy as np

from harness.checks.verdict import Verdict, some
from harness.evidence import Arrays, FloatOutputs, FusedOutputs, Oracle


def unrolled_equals_looped(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Two evaluations of one function in floating point: each may lie within the rounding bound of the oracle."""
    bounds = {name: 2 * bound for name, bound in oracle.bounds.items()}
    return _close("unrolled_equals_looped", outputs.unrolled, outputs.looped, bounds)


def windows_equal_one_run(windows: FloatOutputs, oracle: Oracle) -> Verdict:
    """The same time steps at once and in windows, the state carried over, give the same outputs and states."""
    bounds = {name: 2 * bound for name, bound in oracle.bounds.items()}
    return _close("windows_equal_one_run", windows.unrolled, windows.looped, bounds)


def fused_equals_looped(fused: FusedOutputs, outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Keras 2's LSTM, which becomes the fused operator, and Keras 3's looped one are one function."""
    bounds = {name: 2 * bound for name, bound in oracle.bounds.items()}
    return _close("fused_equals_looped", fused.keras, outputs.looped, bounds)


def fused_operator_equals_oracle(fused: FusedOutputs, oracle: Oracle) -> Verdict:
    """The fused operator in float32, on LiteRT's reference kernels, computes what the equations say."""
    return _close("fused_operator_equals_oracle", fused.operator, oracle.outputs, oracle.bounds)


def looped_equals_oracle(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Keras's looped model computes what the equations say."""
    return _close("looped_equals_oracle", outputs.looped, oracle.outputs, oracle.bounds)


def unrolled_equals_oracle(outputs: FloatOutputs, oracle: Oracle) -> Verdict:
    """Keras's unrolled model computes what the equations say."""
    return _close("unrolled_equals_oracle", outputs.unrolled, oracle.outputs, oracle.bounds)


def _close(claim: str, measured: Arrays, reference: Arrays, bounds: Arrays) -> Verdict:
    shared = [name for name in reference if name in measured]
    distances = {name: np.abs(measured[name].astype(np.float64) - reference[name]) for name in shared}
    ratios = {name: float(np.max(distance / bounds[name])) for name, distance in distances.items()}
    exceeded = [name for name, ratio in ratios.items() if not ratio <= 1]
    shown = ", ".join(f"{name} {np.max(distances[name]):.1e} ({ratios[name]:.0%} of the bound)" for name in ratios)
    unmatched = sorted(set(measured) ^ set(reference))
    return Verdict(
        claim,
        bool(ratios) and not unmatched and not exceeded,
        f"largest difference {shown}" + (f"; only one of the two has {some(unmatched)}" if unmatched else ""),
        "within the rounding bound",
        cause=f"{some(exceeded)} differ by more than rounding: not the same function" if exceeded else "",
        figures={f"max_difference_{name}": float(np.max(distance)) for name, distance in distances.items()},
    )
