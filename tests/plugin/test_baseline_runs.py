"""Against a baseline, what got worse turns the run red and says so first; without change all is the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from runs import SCRIPTS, Folder, Ran

CASE = "kws-u55_128_high_end_embedded_shared_sram"
GENERATED = ("tests/verification", "--npu-cell=gru", "--npu-units=8", "--npu-time-steps=4", "--npu-state=transfer")
ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def accepted(folder: Folder, samples: Path) -> Folder:
    """A folder with a model and its baseline."""
    (folder.path / "kws.tflite").write_bytes((samples / "gru_transfer.tflite").read_bytes())
    assert run(folder, "--npu-update-baseline").code == 0
    return folder


def run(folder: Folder, *arguments: object) -> Ran:
    return folder.pytest(
        "--npu-model=kws.tflite", "--npu-accelerator=ethos-u55-128", "--npu-baseline=baseline.json", *arguments
    )


def edit(folder: Folder, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the baseline, as if the model or the tools had changed since."""
    path = folder.path / "baseline.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def first_lines(ran: Ran) -> list[str]:
    """The first ten lines of the summary."""
    lines = ran.out.splitlines()
    start = next(place for place, line in enumerate(lines) if "= Ethos-U =" in line)
    return lines[start + 1 : start + 11]


def markdown(folder: Folder) -> list[str]:
    return (folder.path / "reports" / "summary.md").read_text(encoding="utf-8").splitlines()[:10]


def test_without_change_the_run_is_green_and_everything_is_byte_identical(accepted: Folder) -> None:
    baseline = (accepted.path / "baseline.json").read_bytes()
    reports = []
    for _ in range(2):
        ran = run(accepted)
        assert ran.code == 0
        claims = accepted.report["outcomes"]["pass"]
        assert first_lines(ran)[:2] == [f"green: {claims} claims ({claims} pass)", "as in the baseline baseline.json"]
        reports.append((accepted.path / "reports" / "report.json").read_bytes())
    assert reports[0] == reports[1]
    assert run(accepted, "--npu-update-baseline").code == 0
    assert (accepted.path / "baseline.json").read_bytes() == baseline
    assert accepted.report["baseline"] == {"changes": [], "file": "baseline.json", "updated": True}


def test_one_more_operator_on_the_cpu_is_red_with_the_reason_first(accepted: Folder, samples: Path) -> None:
    (accepted.path / "kws.tflite").write_bytes((samples / "gru_float_chain.tflite").read_bytes())
    allowed = ("--npu-fully-on-npu=false", "--npu-max-npu-segments=3", "-k", "not integers")
    ran = run(accepted, *allowed)
    assert ran.code == 1
    reason = f"worse: {CASE} 4 operators more on the CPU: 1 DEQUANTIZE, 2 QUANTIZE, 1 SPLIT"
    passed = accepted.report["outcomes"]["pass"]
    assert first_lines(ran)[:3] == [
        f"red: 1 claim of {passed + 1} does not hold (1 fail, {passed} pass)",
        reason,
        f"worse: {CASE} 1 -> 3 NPU segments",
    ]
    assert f"- {reason}" in markdown(accepted)


# What a baseline may say that makes today worse by as little as matters, or by less.
EDITS: dict[str, tuple[str, float, str]] = {
    "6 % more cycles": ("total_cycles", 1.06, "cycles (+6.0%)"),
    "6 % more weights": ("weight_read_bytes", 1.06, "bytes of weights read (+6."),
}


@pytest.mark.parametrize("name", EDITS)
def test_six_percent_more_is_red_and_four_are_green(accepted: Folder, name: str) -> None:
    key, factor, words = EDITS[name]
    now = json.loads((accepted.path / "baseline.json").read_text(encoding="utf-8"))["cases"][CASE][key]
    edit(accepted, lambda content: content["cases"][CASE].update({key: round(now / factor)}))
    ran = run(accepted)
    assert ran.code == 1
    assert [words in line for line in first_lines(ran)].count(True) == 1
    assert any(words in line for line in markdown(accepted))
    edit(accepted, lambda content: content["cases"][CASE].update({key: round(now / 1.04)}))
    assert run(accepted).code == 0


def test_one_decibel_less_is_red(folder: Folder) -> None:
    folder.environment["PYTEST_ADDOPTS"] = ""
    report = folder.path / "reports"

    def judged(*arguments: object) -> Ran:
        name = folder.path / "baseline.json"
        return folder.run(
            "env", "-C", ROOT, SCRIPTS / "pytest", *GENERATED, "-p", "no:cacheprovider", "-k", "baseline or errors",
            f"--npu-baseline={name}", f"--npu-report-dir={report}", "--npu-accelerator=ethos-u55-128",
            "--npu-min-sqnr-db=1", *arguments,
        )  # fmt: skip

    assert judged("--npu-update-baseline").code == 0
    content = json.loads((folder.path / "baseline.json").read_text(encoding="utf-8"))
    (model,) = [name for name in content["models"] if name.startswith("gru_u8_t4")]
    limits = [claim for case in folder.report["cases"] for claim in case["claims"] if claim["test"].endswith("errors")]
    assert {claim["verdict"]["claim"] for claim in limits} == {"min_sqnr_db"}
    assert {claim["outcome"] for claim in limits} == {"pass"}
    assert all(round(db, 2) == db for db in content["models"][model]["sqnr_db"].values())
    assert judged().code == 0
    edit(folder, lambda content: content["models"][model]["sqnr_db"].update(output=99.0))
    ran = judged()
    assert ran.code == 1
    assert f"worse: {model} SQNR of output 99.00 -> " in "\n".join(first_lines(ran))
    output = content["models"][model]["sqnr_db"]["output"]
    edit(folder, lambda content: content["models"][model]["sqnr_db"].update(output=output + 1))
    ran = judged()
    assert ran.code == 1
    assert "(-1.00 dB)" in first_lines(ran)[1]
    edit(folder, lambda content: content["models"][model]["sqnr_db"].update(output=output + 0.4))
    assert judged().code == 0


def test_one_decibel_less_of_a_model_of_ones_own_is_red(folder: Folder, samples: Path) -> None:
    for name in ("kws", "float"):
        source = {"kws": "gru_float_chain", "float": "gru_float"}[name]
        (folder.path / f"{name}.tflite").write_bytes((samples / f"{source}.tflite").read_bytes())
    rows = np.random.default_rng(0).standard_normal((100, 3, 4)).astype(np.float32)
    np.savez(folder.path / "x.npz", input=rows)
    only = ("-k", "baseline")
    beside = (*only, "--npu-float-model=float.tflite", "--npu-data=x.npz")
    assert run(folder, *beside, "--npu-update-baseline").code == 0
    accepted = json.loads((folder.path / "baseline.json").read_text(encoding="utf-8"))["models"]["kws"]["sqnr_db"]
    assert run(folder, *beside).code == 0
    edit(folder, lambda content: content["models"]["kws"]["sqnr_db"].update(output=accepted["output"] + 1))
    ran = run(folder, *beside)
    assert ran.code == 1
    assert first_lines(ran)[1] == (
        f"worse: kws SQNR of output {accepted['output'] + 1:.2f} -> {accepted['output']:.2f} dB (-1.00 dB)"
    )
    assert f"- {first_lines(ran)[1]}" in markdown(folder)
    unmeasured = run(folder)  # the float model is named no more
    assert "went: kws had its SQNR measured in the baseline, and not in this run" in first_lines(unmeasured)
    assert run(folder, *only, "--npu-update-baseline").code == 0
    assert "kws" in json.loads((folder.path / "baseline.json").read_text(encoding="utf-8"))["models"]
    run(folder, "--npu-update-baseline")
    assert json.loads((folder.path / "baseline.json").read_text(encoding="utf-8"))["models"] == {}


def test_a_damaged_model_stays_in_the_baseline(accepted: Folder) -> None:
    before = (accepted.path / "baseline.json").read_bytes()
    (accepted.path / "other.tflite").write_bytes((accepted.path / "kws.tflite").read_bytes())
    (accepted.path / "kws.tflite").write_bytes(b"")
    ran = run(accepted, "--npu-model=other.tflite", "--npu-update-baseline")
    assert ran.code == 1
    assert not any("went" in line for line in first_lines(ran))
    cases = json.loads((accepted.path / "baseline.json").read_text(encoding="utf-8"))["cases"]
    assert cases[CASE] == json.loads(before)["cases"][CASE]
    assert len(cases) == 2


def test_an_improvement_is_told_and_accepted(accepted: Folder) -> None:
    edit(accepted, lambda content: content["cases"][CASE].update(total_cycles=9134, cpu_operators={"SPLIT": 1}))
    before = (accepted.path / "baseline.json").read_bytes()
    ran = run(accepted)
    assert ran.code == 0
    assert first_lines(ran)[1:3] == [
        f"better: {CASE} 1 operator fewer on the CPU: 1 SPLIT",
        f"better: {CASE} 9,134 -> 4,567 cycles (-50.0%)",
    ]
    assert (accepted.path / "baseline.json").read_bytes() == before
    assert run(accepted, "--npu-update-baseline").code == 0
    assert first_lines(run(accepted))[1] == "as in the baseline baseline.json"


def test_what_came_and_went_is_named(accepted: Folder) -> None:
    edit(accepted, lambda content: content["cases"].update({"old-u55": content["cases"].pop(CASE)}))
    ran = run(accepted)
    assert ran.code == 0
    assert first_lines(ran)[1:3] == [
        f"came: {CASE} is not in the baseline",
        "went: old-u55 is in the baseline and was not asked",
    ]
    assert run(accepted, "-k", "not integers", "--npu-update-baseline").code == 0
    names = list(json.loads((accepted.path / "baseline.json").read_text(encoding="utf-8"))["cases"])
    assert names == [CASE, "old-u55"]
    assert run(accepted, "--npu-update-baseline").code == 0
    assert list(json.loads((accepted.path / "baseline.json").read_text(encoding="utf-8"))["cases"]) == [CASE]


def test_cycles_of_another_vela_are_shown_and_judged_only_when_asked(accepted: Folder) -> None:
    edit(accepted, lambda content: content["cases"][CASE].update(total_cycles=1000))
    edit(accepted, lambda content: content["tools"].update(vela="4.0.0"))
    ran = run(accepted)
    assert ran.code == 0
    assert first_lines(ran)[1] == f"shown, not judged: {CASE} 1,000 -> 4,567 cycles (+356.7%)"
    assert run(accepted, "--npu-baseline-cycles=always").code == 1
    refused = run(accepted, "-k", "baseline", "--npu-update-baseline")
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "update it with a whole run" in refused.err


def test_spread_over_processes_the_comparison_is_the_same(accepted: Folder) -> None:
    edit(accepted, lambda content: content["cases"][CASE].update(total_cycles=1000))
    alone, spread = run(accepted), run(accepted, "-n", "2")
    assert (alone.code, first_lines(alone)[:3]) == (spread.code, first_lines(spread)[:3]) == (1, first_lines(alone)[:3])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--npu-baseline=nowhere.json"], "cannot read the baseline"),
        (["--npu-baseline=damaged.json"], "damaged.json is damaged: Expecting value"),
        (["--npu-update-baseline"], "there is no baseline to update: name its file with --npu-baseline=FILE"),
        (["--npu-baseline-cycles=never"], "baseline cycles is 'never': choose one of same, always"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_one_sentence(
    folder: Folder, samples: Path, arguments: list[str], sentence: str
) -> None:
    (folder.path / "damaged.json").write_text("", encoding="utf-8")
    ran = folder.pytest(f"--npu-model={samples / 'gru_transfer.tflite'}", *arguments)
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in ran.err.splitlines() if line]
    assert sentence in line
