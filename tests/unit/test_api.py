"""A judgement holds a verdict a claim: true when good, false with the reason where it is bad, unknown or not asked."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from package_modules import PACKAGE

import harness
from harness.api import Judgement
from harness.checks import Verdict
from harness.errors import UsageError
from harness.stages import STAGES, Stage

STAGES_ASKED = {"inspection", "operators", "contract", "copying", "compilation", "execution"}
NOT_CLAIMS = {"meets_limit", "compare_with_baseline", "compare_error_with_baseline", "session_of"}
BESIDE_A_FLOAT_MODEL = {
    "computes_the_same_unrolled",
    "follows_the_float_model",
    "does_not_saturate",
    "keeps_the_metric",
}
CLAIMS = {field.name for field in dataclasses.fields(Judgement)} - {"model", "target", "artefacts", "evidence"}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def judged(model: Path, store: Path, **more: object) -> Judgement:
    judgement: Judgement = harness.check(model, accelerator="ethos-u55-128", store=store, **more)
    assert {verdict.claim for verdict in judgement.verdicts} == CLAIMS
    return judgement


def test_a_good_model_is_true_in_every_claim(samples: Path, store: Path, tmp_path: Path) -> None:
    judgement = judged(samples / "gru_transfer.tflite", store, max_ms=1, artefacts=tmp_path / "kept")
    assert judgement
    assert all(judgement.verdicts)
    total = len(CLAIMS)
    named = "gru_transfer on ethos-u55-128 Ethos_U55_High_End_Embedded Shared_Sram"
    assert repr(judgement) == f"{named}: {total} of {total} claims hold"
    assert repr(judgement.fully_on_npu).startswith("fully_on_npu: ")
    assert repr(judgement.meets_the_policy) == "meets_the_policy: max_ms: 0.009 ms"
    assert judgement.figures["total_cycles"] == 4567
    assert judgement.artefacts is not None
    assert sorted(path.name for path in judgement.artefacts.iterdir()) == [
        "gru_transfer.tflite",
        "gru_transfer_vela.tflite",
        "manifest.json",
    ]
    assert {entry["stage"] for entry in judgement.evidence} == STAGES_ASKED
    with pytest.raises(dataclasses.FrozenInstanceError):
        judgement.fully_on_npu = Verdict("x", passed=True, observed="")  # type: ignore[misc]


def test_a_judgement_makes_every_claim_of_the_verification() -> None:
    texts = [path.read_text(encoding="utf-8") for path in (PACKAGE / "verification").glob("test_*.py")]
    verified = {name for text in texts for name in re.findall(r"verify\((\w+)\(", text)}
    assert len(verified) > 10
    assert verified - NOT_CLAIMS - BESIDE_A_FLOAT_MODEL == CLAIMS - {"is_quantized_tflite", "meets_the_policy"}


def test_a_bad_model_says_what_is_wrong(samples: Path, store: Path) -> None:
    judgement = judged(samples / "gru_float_chain.tflite", store)
    assert not judgement
    assert not judgement.fully_on_npu
    assert judgement.has_static_shapes
    assert "\n  fully_on_npu: on the CPU: 1 DEQUANTIZE, 2 QUANTIZE, 1 SPLIT; allowed: " in repr(judgement)
    assert judgement.artefacts is None


def test_limits_are_judged_and_unknown_meets_none(samples: Path, store: Path) -> None:
    assert not judged(samples / "gru_transfer.tflite", store, max_cycles=4566).meets_the_policy
    assert judged(samples / "gru_transfer.tflite", store, max_cycles=4567).meets_the_policy
    verdict = judged(samples / "gru_transfer.tflite", store, min_sqnr_db=20).meets_the_policy
    assert "min_sqnr_db: unknown: there is no float model" in str(verdict)
    waived = judged(samples / "gru_float_chain.tflite", store, fully_on_npu=False, max_npu_segments=3)
    assert waived.fully_on_npu
    assert waived.stays_within_segments


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"not a model at all", "this is not a TFLite file"),
        (None, "No such file or directory"),
        ("gru_float", "is a float model"),
        ("gru_compiled", "is already compiled"),
    ],
)
def test_a_file_that_cannot_be_judged_is_false_in_every_claim(
    tmp_path: Path, samples: Path, store: Path, content: bytes | str | None, reason: str
) -> None:
    path = tmp_path / "m.tflite"
    if content is not None:
        path.write_bytes((samples / f"{content}.tflite").read_bytes() if isinstance(content, str) else content)
    judgement = judged(path, store)
    assert not any(judgement.verdicts)
    assert reason in str(judgement.is_quantized_tflite)
    assert f"fully_on_npu: not asked: {judgement.is_quantized_tflite.observed}" == str(judgement.fully_on_npu)


def test_a_stage_that_dies_leaves_its_claims_unknown(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setitem(STAGES, "compilation", Stage("misbehaving:dies_of_anything", ("numpy",)))
    judgement = judged(samples / "gru_transfer.tflite", tmp_path / "store")
    assert judgement.has_sane_scales
    assert not judgement.fully_on_npu
    assert "fully_on_npu: cannot tell: compilation crashed with SIGSEGV" in str(judgement.fully_on_npu)
    assert not judgement.meets_the_policy


def test_what_cannot_be_asked_is_told(samples: Path, store: Path) -> None:
    for accelerator in ("ethos-u99", "ethos-u55-*"):
        with pytest.raises(UsageError, match=r"unknown accelerator|4 targets fit"):
            harness.check(samples / "gru_transfer.tflite", accelerator=accelerator, store=store)
    with pytest.raises(UsageError, match=r"kws\.keras is no \.tflite: ethos-u-check kws\.keras --representative"):
        judged(samples / "kws.keras", store)
    with pytest.raises(UsageError, match="unknown limit 'max_mss'"):
        judged(samples / "gru_transfer.tflite", store, max_mss=1)
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        _ = harness.chek
