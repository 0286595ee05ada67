"""The reports of two real runs are compared: alike, a model that got worse, and another vela.ini."""

from __future__ import annotations

import sys
from pathlib import Path

from runs import Folder, Ran

from harness.target import VelaConfig

ON_U55 = "--accelerator=ethos-u55-128"


def judged(folder: Folder, model: Path, name: str, *options: str) -> Path:
    """The report on a model that is called kws.tflite, kept under a name of its own."""
    (folder.path / "kws.tflite").write_bytes(model.read_bytes())
    assert folder.check("kws.tflite", ON_U55, *options).code in (0, 1)
    return (folder.path / "reports" / "report.json").rename(folder.path / f"{name}.json")


def diff(folder: Folder, *words: object) -> Ran:
    return folder.run(sys.executable, "-m", "harness.diff", *words)


def test_a_model_that_got_worse_is_seen_with_its_cause(folder: Folder, samples: Path) -> None:
    before = judged(folder, samples / "gru_transfer.tflite", "before")
    after = judged(folder, samples / "gru_float_chain.tflite", "after")
    same = diff(folder, before, before)
    assert (same.code, same.err) == (0, "")
    assert "no difference: 1 model and 1 case are alike" in same.out
    ran = diff(folder, before, after, "--html=diff.html", "--markdown=diff.md", "--json=diff.json")
    assert (ran.code, ran.err) == (1, "")
    assert "float SPLIT chain (likely)" in ran.out
    assert "worse: claim 'runs entirely on the NPU': pass -> fail" in ran.out
    assert "worse: NPU segments: 1 -> 3" in ran.out
    for name in ("diff.html", "diff.md", "diff.json"):
        assert "float SPLIT chain" in (folder.path / name).read_text(encoding="utf-8")
    assert diff(folder, after, before).code == 0


def test_cycles_of_another_vela_ini_are_not_judged(folder: Folder, samples: Path) -> None:
    shipped = VelaConfig.installed().path.read_text(encoding="utf-8")
    slow = shipped.replace("OffChipFlash_clock_scale=0.125", "OffChipFlash_clock_scale=0.0625")
    assert slow != shipped
    (folder.path / "slow.ini").write_text(slow, encoding="utf-8")
    before = judged(folder, samples / "gru_transfer.tflite", "before")
    after = judged(folder, samples / "gru_transfer.tflite", "after", "--vela-config=slow.ini")
    ran = diff(folder, before, after)
    assert (ran.code, ran.err) == (0, "")
    assert "estimator change (certain)" in ran.out
    assert "OffChipFlash_clock_scale 0.125 -> 0.0625" in ran.out
    assert "shown: cycles of one inference: " in ran.out
