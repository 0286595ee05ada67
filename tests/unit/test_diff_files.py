"""Two models are compiled for the same targets and compared; of two compiled ones only what their files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.diff import compare, why
from harness.diff.command_line import main
from harness.diff.comparison import Comparison
from harness.diff.files import claim_of, sides_of_files
from harness.errors import UsageError
from harness.outcome import Outcome

ASKED = {"accelerator": "ethos-u55-128"}
U55 = "u55_128_high_end_embedded_shared_sram"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def chain(samples: Path, store: str) -> Comparison:
    """From a GRU whose states are handed over to one with a float SPLIT chain."""
    names = [samples / name for name in ("gru_transfer.tflite", "gru_float_chain.tflite")]
    return compare(*sides_of_files(names[0], names[1], {**ASKED, "store": store}))


def test_both_are_compiled_and_placed(chain: Comparison) -> None:
    assert set(chain.before.subjects) == set(chain.after.subjects) == {"the model", U55}
    before, after = (side.subjects[U55] for side in (chain.before, chain.after))
    assert before.on_cpu == {}
    assert after.on_cpu == {"DEQUANTIZE": 1, "QUANTIZE": 2, "SPLIT": 1}
    assert after.figures["npu_segments"] > before.figures["npu_segments"] == 1
    assert before.figures["total_cycles"] > 0
    assert before.tools == after.tools


def test_the_tools_that_made_them_are_read_from_the_files(chain: Comparison) -> None:
    assert chain.before.tools["made by tensorflow"] == "2.21.0"
    assert chain.before.subjects["the model"].tools.tensorflow == "2.21.0"


def test_the_cause_is_found_in_real_models(chain: Comparison) -> None:
    causes = {change.detail: why(change, pair)[0].name for change, pair in chain.changes if change.topic == "placement"}
    assert causes == dict.fromkeys(("DEQUANTIZE", "QUANTIZE", "SPLIT"), "float SPLIT chain")


def test_a_model_is_like_itself(samples: Path, store: str, capsys: pytest.CaptureFixture[str]) -> None:
    name = str(samples / "gru_transfer.tflite")
    assert main([name, name, "--accelerator=ethos-u55-128", f"--store={store}"]) == 0
    assert "no difference: 1 model and 1 case are alike" in capsys.readouterr().out


def test_what_vela_does_not_compile_is_a_claim_that_nobody_can_tell() -> None:
    crashed = Outcome("compilation", "ab", "crashed", detail="in regor", signal="SIGSEGV")
    claim = claim_of(crashed)
    assert (claim.outcome, claim.topic) == ("cannot tell", "compiled claim")
    assert claim.observed == "compilation crashed with SIGSEGV: in regor"
    assert claim.cause
    assert claim_of(Outcome("compilation", "ab", "done")).outcome == "pass"


def test_compiled_models_are_told_by_their_files_alone(samples: Path, store: str) -> None:
    name = samples / "gru_compiled.tflite"
    before, after = sides_of_files(name, name, {"store": store})
    (subject,) = before.subjects.values()
    assert (subject.on_cpu, subject.figures["npu_segments"]) == ({}, 1)
    assert set(subject.figures) == {"npu_segments", "compiled_bytes"}
    assert subject.figures["compiled_bytes"] == name.stat().st_size
    assert compare(before, after).changes == ()


@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ("gru_compiled", "gru_transfer", "gru_compiled.tflite is compiled and gru_transfer.tflite is not"),
        ("gru_transfer", "gru_compiled", "gru_compiled.tflite is compiled and gru_transfer.tflite is not"),
        ("gru_transfer", "none", "cannot read"),
        ("gru_transfer", "gru_float", "float"),
    ],
)
def test_what_cannot_be_compared(first: str, second: str, sentence: str, samples: Path, store: str) -> None:
    paths = [samples / f"{name}.tflite" for name in (first, second)]
    with pytest.raises(UsageError, match=sentence):
        sides_of_files(paths[0], paths[1], {**ASKED, "store": store})


def test_a_damaged_model_is_named(samples: Path, store: str, tmp_path: Path) -> None:
    torn = tmp_path / "torn.tflite"
    torn.write_bytes((samples / "gru_transfer.tflite").read_bytes()[:500])
    with pytest.raises(UsageError, match=r"torn\.tflite: .*damaged"):
        sides_of_files(samples / "gru_transfer.tflite", torn, {**ASKED, "store": store})
