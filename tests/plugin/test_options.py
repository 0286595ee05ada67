"""A value that cannot be met is one sentence with the way out: exit 4 from pytest, exit 2 from ethos-u-check."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import Folder

from harness.cli import main
from harness.store import ENVIRONMENT

U55 = ("accelerator", "ethos-u55-128")
WRONG = {
    "unknown accelerator": (
        [("accelerator", "ethos-u99-128")],
        "unknown accelerator 'ethos-u99-128': choose from ethos-u55-32, ethos-u55-64, ethos-u55-128",
    ),
    "empty accelerator": ([("accelerator", ",")], "accelerator is empty: name at least one"),
    "foreign system": (
        [U55, ("system-config", "Ethos_U85_SYS_DRAM_Mid")],
        "another family than ethos-u55-128: choose one of Ethos_U55_Deep_Embedded, Ethos_U55_High_End_Embedded",
    ),
    "unknown system": ([U55, ("system-config", "Nowhere")], "unknown system configuration 'Nowhere': vela.ini has "),
    "unknown memory mode": ([U55, ("memory-mode", "Big")], "unknown memory mode 'Big': vela.ini has Sram_Only"),
    "memory mode that does not fit": (
        [U55, ("memory-mode", "Dedicated_Sram")],
        "memory mode 'Dedicated_Sram' puts the arena into the second memory",
    ),
    "system that fits no default": (
        [("system-config", "Ethos_U55_Deep_Embedded")],
        "system configuration 'Ethos_U55_Deep_Embedded' belongs to another family than ethos-u65-256",
    ),
    "no workers": ([U55, ("workers", "0")], "workers is '0': give a whole number of 1 or more"),
    "workers in words": ([U55, ("workers", "two")], "workers is 'two': give a whole number of 1 or more"),
    "missing vela.ini": (
        [U55, ("vela-config", "nowhere.ini")],
        "nowhere.ini: [Errno 2] No such file or directory",
    ),
    "damaged vela.ini": ([U55, ("vela-config", "damaged.ini")], "File contains no section headers"),
    "state pair in one word": ([U55, ("state-pair", "h_out")], "state pair is 'h_out': write OUT=IN, the names of an"),
    "state pair without an input": ([U55, ("state-pair", "a=b,h=")], "state pair is 'h=': write OUT=IN"),
    "no state pair": ([U55, ("state-pair", "")], "state pair is empty: name at least one"),
    "unknown state feedback": (
        [U55, ("state-feedback", "copy")],
        "unknown state feedback 'copy': choose one of contract, raw",
    ),
    "store that is a file": ([U55, ("store", "damaged.ini")], "as the store: Not a directory; name a folder"),
}


# The two commands read their options alike; a run of pytest for each kind of value shows that it says so, too.
ALSO_OF_PYTEST = (
    "unknown accelerator",
    "foreign system",
    "unknown memory mode",
    "system that fits no default",
    "no workers",
    "missing vela.ini",
)


@pytest.fixture
def prepared(folder: Folder) -> Folder:
    (folder.path / "damaged.ini").write_text("nothing\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_met_is_one_sentence(
    prepared: Folder,
    samples: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
) -> None:
    options, sentence = WRONG[name]
    monkeypatch.chdir(prepared.path)
    monkeypatch.setenv(ENVIRONMENT, prepared.environment[ENVIRONMENT])
    code = main([str(samples / "gru_transfer.tflite"), *(f"--{option}={value}" for option, value in options)])
    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    (line,) = printed.err.splitlines()
    assert line.startswith("ethos-u-check: ")
    assert sentence in line
    assert not (prepared.path / "reports").exists()


def test_the_command_ends_with_2(prepared: Folder, samples: Path) -> None:
    ran = prepared.check(samples / "gru_transfer.tflite", "--accelerator=ethos-u99-128")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("ethos-u-check: unknown accelerator 'ethos-u99-128': choose from ")


@pytest.mark.parametrize("name", ALSO_OF_PYTEST)
def test_pytest_ends_with_4(prepared: Folder, samples: Path, name: str) -> None:
    options, sentence = WRONG[name]
    named = [f"--npu-{option}={value}" for option, value in options]
    ran = prepared.pytest(f"--npu-model={samples / 'gru_transfer.tflite'}", *named)
    assert ran.code == pytest.ExitCode.USAGE_ERROR
    (line,) = [line for line in ran.err.splitlines() if line]
    assert line.startswith("ERROR: ")
    assert sentence in line


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [((), "required: MODEL.tflite"), (("m.tflite", "--accelerators=x"), "unrecognized arguments: --accelerators=x")],
    ids=["no model", "unknown option"],
)
def test_the_command_does_not_guess(folder: Folder, arguments: tuple[str, ...], sentence: str) -> None:
    ran = folder.check(*arguments)
    assert ran.code == 2
    assert sentence in ran.err


def test_the_command_explains_itself(folder: Folder) -> None:
    ran = folder.check("--help")
    assert ran.code == 0
    for word in ("--accelerator", "--system-config", "--memory-mode", "--vela-config", "--report-dir", "--workers"):
        assert word in ran.out


def test_every_option_of_pytest_begins_with_npu(folder: Folder) -> None:
    out = folder.pytest("--help").out
    group = out[out.index("recurrent networks on Arm Ethos-U") :].split("\n\n")[0]
    options = [line.split()[0] for line in group.splitlines() if line.startswith("  --")]
    assert len(options) > 5
    assert [option for option in options if not option.startswith("--npu-")] == []
