"""Each set of kernels runs what it can, says what it cannot, and describes the same tensors."""

from __future__ import annotations

from pathlib import Path

import pytest
from operator_models import variable

from harness import kernels
from harness.engine import Engine
from harness.jobs import Job
from harness.stages import ALL_KERNELS, STAGES, Stage

MICRO = kernels.MICRO
NPU_MODELS = Path(__file__).parent.parent / "npu" / "data"


@pytest.fixture(autouse=True)
def _stages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("obstacle", "described", "compared", "counts"):
        monkeypatch.setitem(STAGES, name, Stage(f"kernel_stages:{name}", ALL_KERNELS))


def observed(engine: Engine, stage: str, model: Path, **arguments: int) -> dict[str, dict[str, object]]:
    value: dict[str, dict[str, object]] = engine.observe(
        Job(stage, arguments, {"model": engine.store.add_file(model)})
    ).value
    return value


@pytest.mark.parametrize("name", ["gru_transfer", "lstm_transfer", "gru_float_chain", "gru_looped_float"])
def test_every_set_of_kernels_describes_the_same_tensors(engine: Engine, samples: Path, name: str) -> None:
    first, *others = observed(engine, "described", samples / f"{name}.tflite").values()
    assert first
    assert all(other == first for other in others)


def test_kernels_that_are_not_installed_are_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "find_spec", lambda _: None)
    assert kernels.installed() == kernels.KERNELS
    assert kernels.micro_obstacle(b"") == "not installed: pip install 'ethos-u-rnn-harness[tflm]'"


if MICRO in kernels.installed():

    def test_what_tflite_micro_cannot_run_is_told(engine: Engine, samples: Path) -> None:
        assert observed(engine, "obstacle", samples / "gru_transfer.tflite") == {"told": ""}
        said = observed(engine, "obstacle", samples / "gru_compiled.tflite")
        assert "it lacks the kernel of an operator" in str(said["told"])

    def test_tflite_micro_has_as_many_variables_as_the_model(engine: Engine, tmp_path: Path) -> None:
        path = tmp_path / "variable.tflite"
        path.write_bytes(variable("int8"))
        assert observed(engine, "obstacle", path) == {"told": ""}

    def test_tflite_micro_reads_a_model_without_variables_itself(engine: Engine, samples: Path) -> None:
        assert observed(engine, "counts", samples / "gru_transfer.tflite") == {"loaded": True, "counted": 0, "after": 1}

    @pytest.mark.parametrize("cell", ["rnn", "gru"])
    def test_tflite_micro_rounds_twice(engine: Engine, cell: str) -> None:
        """As the stream of the NPU says: its kernels are a third reference of what the model with two roundings is."""
        said = observed(engine, "compared", NPU_MODELS / f"{cell}_transfer_32x8.tflite", samples=200)
        assert said["differing"]["twice"] == 0
        assert int(str(said["differing"]["once"])) > 0
