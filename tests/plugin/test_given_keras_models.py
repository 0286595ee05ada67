"""A Keras model is judged from any folder as a .tflite is; what is wrong with it, or its data, is one sentence."""

from __future__ import annotations

import json
import shlex
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from runs import SCRIPTS, Folder

U55 = "ethos-u55-128"
METRIC = """
    def agreement(outputs, data):
        return float((outputs["scores"].argmax(axis=1) == data["label"]).mean()), "higher"

    def nothing(outputs, data):
        return None
    """
CLAIMS = {
    "test_computes_the_same_unrolled",
    "test_follows_the_float_model",
    "test_does_not_saturate",
    "test_is_a_quantized_tflite",
    "test_shares_weights",
}
WITHOUT_TENSORFLOW = "raise ModuleNotFoundError(\"No module named 'keras'\", name='keras')"


@pytest.fixture
def own(folder: Folder, samples: Path) -> Folder:
    """A folder with a Keras model, its data, and metrics."""
    for name in ("kws.keras", "kws_audio.npz", "kws_labels.npz", "gru_float.tflite", "gru_float_chain.tflite"):
        shutil.copy(samples / name, folder.path / name)
    folder.write(metrics=METRIC)
    return folder


def claims(folder: Folder) -> dict[str, tuple[str, str]]:
    """Outcome and message of each claim about models, by test."""
    found = [claim for model in folder.report["models"] for claim in model["claims"]]
    return {claim["test"]: (claim["outcome"], claim["message"]) for claim in found}


def test_a_keras_model_is_unrolled_quantized_and_judged(own: Folder) -> None:
    labels = ("--npu-data=kws_labels.npz", "--npu-metric=metrics:agreement")
    options = ("--npu-model=kws.keras", "--npu-representative=kws_audio.npz", f"--npu-accelerator={U55}", *labels)
    ran = own.pytest(*options)
    assert (ran.code, set(ran.outcomes) - {"deselected"}) == (0, {"passed"}), ran.out
    assert "✓ pass        kws-u55_128_high_end_embedded_shared_sram  1 NPU segment, 0 CPU operators" in ran.out
    judged = claims(own)
    assert set(judged) > {*CLAIMS, "test_keeps_the_metric"}
    assert "unrolled: gru; scores 0.0e+00 apart in float64" in judged["test_computes_the_same_unrolled"][1]
    assert judged["test_follows_the_float_model"][1].startswith("12 held-out rows of the representative data: ")
    assert judged["test_keeps_the_metric"][1].startswith("float 1, quantized ")
    made = own.path / "reports" / "models" / "kws.tflite"
    kept = own.path / "reports" / "artefacts" / "kws-u55_128_high_end_embedded_shared_sram"
    assert {path.name for path in kept.iterdir()} == {"kws.tflite", "kws_vela.tflite", "manifest.json"}
    assert (kept / "kws.tflite").read_bytes() == made.read_bytes()
    manifest = json.loads((kept / "manifest.json").read_text(encoding="utf-8"))
    digests = {name: sha256((own.path / name).read_bytes()).hexdigest() for name in ("kws.keras", "kws_audio.npz")}
    assert manifest["made_of"] == {
        "model": {"file": "kws.keras", "sha256": digests["kws.keras"]},
        "representative": {"file": "kws_audio.npz", "sha256": digests["kws_audio.npz"]},
    }
    assert manifest["versions"]["tensorflow"]
    remake = shlex.split(manifest["made_by"])
    assert own.run(SCRIPTS / remake[0], *remake[1:], "--report-dir=again").code == 0
    assert (own.path / "again" / "models" / "kws.tflite").read_bytes() == made.read_bytes()
    again = own.check(made, f"--accelerator={U55}", "--report-dir=again")
    assert again.code == 0, again.out
    deployed = own.check(
        *(made, f"--accelerator={U55}", "--float-model=kws.keras", "--data=kws_labels.npz", "--report-dir=again"),
        "--metric=metrics:agreement",
    )
    assert deployed.code == 0, deployed.out


def test_the_command_judges_a_deployed_model_beside_its_float_model(own: Folder) -> None:
    rows = np.random.default_rng(0).standard_normal((30, 3, 4)).astype(np.float32)
    np.savez(own.path / "x.npz", input=rows)
    ran = own.check(
        *("gru_float_chain.tflite", f"--accelerator={U55}", "--float-model=gru_float.tflite", "--data=x.npz")
    )
    assert ran.code == 1  # it has the float SPLIT chain
    outcome, message = claims(own)["test_follows_the_float_model"]
    assert outcome == "pass"
    assert message.startswith("30 rows of the data: reference kernels output ")
    assert "test_computes_the_same_unrolled" not in claims(own)


def test_a_metric_that_gives_no_number_is_an_error_of_one_claim(own: Folder) -> None:
    options = ("--representative=kws_audio.npz", "--data=kws_labels.npz", f"--accelerator={U55}")
    ran = own.check("kws.keras", *options, "--metric=metrics:nothing")
    assert ran.code == 1
    assert 'metric metrics:nothing returned None: return a number and "higher" or "lower"' in ran.out
    assert [test for test, (outcome, _) in claims(own).items() if outcome != "pass"] == ["test_keeps_the_metric"]


def test_a_policy_bounds_error_and_metric(own: Folder) -> None:
    options = ("--npu-model=kws.keras", "--npu-representative=kws_audio.npz", f"--npu-accelerator={U55}")
    labels = ("--npu-data=kws_labels.npz", "--npu-metric=metrics:agreement")
    ran = own.pytest(*options, *labels, "--npu-min-sqnr-db=90", "--npu-max-accuracy-drop=0.0001")
    assert ran.code == 1
    judged = claims(own)
    failed = {test for test, (outcome, _) in judged.items() if outcome != "pass"}
    assert failed == {"test_follows_the_float_model", "test_keeps_the_metric"}
    assert "allowed: at least 90 dB" in ran.out
    assert "allowed: a loss of at most 0.0001" in ran.out


def damaged(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def needing(path: Path, kind: str) -> None:
    """Rewrite the GRU of a .keras file to a class of another kind."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    module = b'"module": "keras.layers", "class_name": "GRU"'
    assert module in parts["config.json"]
    replaced = b'"module": "keras.layers", "class_name": "Lambda"' if kind == "Lambda" else b'"class_name": "Mine"'
    parts["config.json"] = parts["config.json"].replace(module, replaced)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_bad_models_cost_one_failed_test_each_and_a_sentence(own: Folder) -> None:
    for name in ("cut", "lambda", "custom"):
        shutil.copy(own.path / "kws.keras", own.path / f"{name}.keras")
    (own.path / "cut.keras").write_bytes(damaged((own.path / "cut.keras").read_bytes()))
    needing(own.path / "lambda.keras", "Lambda")
    needing(own.path / "custom.keras", "Mine")
    (own.path / "old.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    wrong = {
        "cut.keras": "cut.keras: this is not a .keras archive, or it is damaged",
        "lambda.keras": "lambda.keras: Lambda 'gru' holds Python code, which is not run: build it from Keras's own lay",
        "custom.keras": "custom.keras: it needs Mine 'gru' of yours, which a .keras file does not hold: name a functi",
        "old.h5": "old.h5: this is an HDF5 file: save the model as .keras",
        "absent.keras": "absent.keras: No such file or directory; name a .keras that exists",
        "metrics:absent": "metrics:absent: module metrics has no function absent",
        "absent:build": f"absent:build: there is no module absent in {own.path}: start from the folder that it is in",
        "metrics:agreement": "metrics:agreement: the function raised TypeError: agreement() missing 2 required positio",
    }
    ran = own.check(*wrong, "--representative=kws_audio.npz", f"--accelerator={U55}")
    assert ran.code == 1
    said = [line for line in ran.out.splitlines() if line.startswith("is_quantized_tflite: ")]
    assert [sentence for sentence in wrong.values() if not any(sentence in line for line in said)] == []
    assert own.report["outcomes"]["fail"] == sum(own.report["outcomes"].values()) == len(wrong)


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("audio", np.ones((20, 5, 4), np.float32), "array 'audio' has rows of shape (5, 4), the input takes (6, 4)"),
        ("sound", np.ones((20, 6, 4), np.float32), "the data have 'sound', but the model's inputs are 'audio' (6, 4)"),
        ("audio", np.ones((20, 6, 4), np.uint8), "array 'audio' is uint8, the input takes float32: save what the mode"),
    ],
    ids=["shape", "name", "type"],
)
def test_data_of_another_model_fail_in_one_sentence(own: Folder, name: str, array: np.ndarray, sentence: str) -> None:
    np.savez(own.path / "x.npz", **{name: array})  # type: ignore[arg-type]
    ran = own.check("kws.keras", "--representative=x.npz", f"--accelerator={U55}")
    assert ran.code == 1
    (line,) = [line for line in ran.out.splitlines() if line.startswith("is_quantized_tflite: ")]
    assert sentence in line


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((20, 6, 4)), "array 'audio' is all zeros: it says nothing about the ranges"),
        (np.full((20, 6, 4), np.nan), "array 'audio' has NaN or infinity in 20 rows"),
        (np.ones((0, 6, 4)), "has 0 rows: give at least 10"),
    ],
    ids=["zeros", "NaN", "empty"],
)
def test_data_that_nothing_can_use_are_a_usage_error(own: Folder, array: np.ndarray, sentence: str) -> None:
    np.savez(own.path / "x.npz", audio=array)
    ran = own.check("kws.keras", "--representative=x.npz")
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    from_pytest = own.pytest("--npu-model=kws.keras", "--npu-representative=x.npz")
    assert from_pytest.code == pytest.ExitCode.USAGE_ERROR
    assert sentence in from_pytest.err


def test_without_tensorflow_a_keras_model_cannot_be_told(own: Folder) -> None:
    (own.path / "absent" / "keras").mkdir(parents=True)
    (own.path / "absent" / "keras" / "__init__.py").write_text(WITHOUT_TENSORFLOW, encoding="utf-8")
    own.environment["PYTHONPATH"] = str(own.path / "absent")
    ran = own.check(
        *("kws.keras", "gru_float_chain.tflite", f"--accelerator={U55}"),
        *("--representative=kws_audio.npz", "--store=store"),
    )
    assert ran.code == 1
    assert "cannot tell: keras_model not installed: No module named 'keras'" in ran.out
    assert "pip install 'ethos-u-rnn-harness[keras]'" in ran.out
    outcomes = {model["id"]: {claim["outcome"] for claim in model["claims"]} for model in own.report["models"]}
    assert outcomes == {"kws": {"cannot tell"}, "gru_float_chain": {"pass", "fail"}}
