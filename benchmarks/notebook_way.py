"""One model the notebook way, in a process of its own: build both, compare, convert, run, compile eleven times."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.target import ACCELERATORS, VelaConfig, choose_target

SEQUENCES = 256
COMPARED = 4


def main(spec: dict[str, object]) -> None:
    """Do what a notebook does for one model."""
    import numpy as np

    from harness.kernels import load, quantize_as
    from harness.model import build, initial_weights, set_weights
    from harness.tracing import judging_inputs, rows_of

    weights = initial_weights(spec)["weights"]
    looped, unrolled = (build(spec, unroll=unroll) for unroll in (False, True))
    for pair in (looped, unrolled):
        set_weights(spec, pair, weights)
    difference = 0.0
    for row in rows_of(judging_inputs(spec, COMPARED)):
        one, other = looped(row), unrolled(row)
        difference = max(difference, *(float(np.abs(one[name] - other[name]).max()) for name in one))
    model = _converted(spec, weights)
    interpreter = load(model, "litert_reference")
    inputs = judging_inputs(spec, SEQUENCES)
    for row in range(SEQUENCES):
        interpreter.invoke({name: quantize_as(array[row], interpreter.inputs[name]) for name, array in inputs.items()})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        path.write_bytes(model)
        for accelerator in ACCELERATORS:
            _compile(path, accelerator)
    print(json.dumps({"difference": difference, "bytes": len(model)}))


def _converted(spec: dict[str, object], weights: dict[str, object]) -> bytes:
    """By the converter as it comes, on the samples and with the names of ours."""
    from harness.conversion import converter_of, quantize, representative_samples
    from harness.interface import name_interface
    from harness.tracing import trace

    samples = representative_samples(spec, weights, b"")
    converter = converter_of(trace(spec, weights, unroll=True))
    quantize(converter, "int8", samples)
    return name_interface(converter.convert())


def _compile(path: Path, accelerator: str) -> None:
    target = choose_target(VelaConfig.installed(), accelerator)
    subprocess.run(
        [
            str(Path(sys.executable).parent / "vela"),
            str(path),
            f"--accelerator-config={target.accelerator}",
            f"--system-config={target.system_config}",
            f"--memory-mode={target.memory_mode}",
            f"--output-dir={path.parent / accelerator}",
        ],
        check=True,
        capture_output=True,
    )


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
