"""What-if: what costs add up to, what no other target beats, what is enough, and what cannot be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.target import Target
from harness.whatif import LARGEST, SUM, Candidate, combine, main, pareto, smallest


def target(accelerator: str = "ethos-u55-128", mode: str = "Shared_Sram") -> Target:
    return Target(accelerator=accelerator, system_config="System", memory_mode=mode)


def candidate(accelerator: str, ms: float, sram: int, flash: int) -> Candidate:
    return Candidate(target=target(accelerator), ms=ms, sram_bytes=sram, flash_bytes=flash)


def report(constants: int, constants_in: str, **memories: int) -> dict[str, Any]:
    return {
        "total_cycles": 1_000_000,
        "core_clock_hz": 500e6,
        "constants_in": constants_in,
        "read_only_bytes": constants,
        "memories": {name: {"used_bytes": size} for name, size in memories.items()},
    }


# Constants in flash, in SRAM (Vela then names a memory that it does not use), and in DRAM with the arena.
IN_FLASH = (
    report(5_000, "OffChipFlash", Sram=300, OffChipFlash=5_000),
    report(7_000, "OffChipFlash", Sram=200, OffChipFlash=7_000),
)
IN_SRAM = (report(5_000, "OnChipFlash", Sram=5_300), report(7_000, "OnChipFlash", Sram=7_200))
IN_DRAM = (report(5_000, "Dram", Sram=640, Dram=5_050), report(7_000, "Dram", Sram=600, Dram=7_090))


@pytest.mark.parametrize(
    ("reports", "arena", "sram", "flash"),
    [
        (IN_FLASH, LARGEST, 300, 12_000),
        (IN_FLASH, SUM, 500, 12_000),
        (IN_SRAM, LARGEST, 12_300, 0),
        (IN_SRAM, SUM, 12_500, 0),
        (IN_DRAM, LARGEST, 640, 12_090),
        (IN_DRAM, SUM, 1_240, 12_140),
        (IN_FLASH[:1], LARGEST, 300, 5_000),
        (IN_SRAM[:1], SUM, 5_300, 0),
    ],
    ids=str,
)
def test_constants_add_up_and_arenas_are_shared(
    reports: tuple[dict[str, Any], ...], arena: str, sram: int, flash: int
) -> None:
    combined = combine(target(), reports, arena)
    assert (combined.ms, combined.sram_bytes, combined.flash_bytes) == (2.0 * len(reports), sram, flash)


def test_nothing_beats_what_is_in_the_pareto_set() -> None:
    quick, small, worse, twin = (
        candidate("ethos-u55-128", 1.0, 100, 50),
        candidate("ethos-u55-32", 2.0, 90, 50),
        candidate("ethos-u55-64", 2.0, 100, 50),
        candidate("ethos-u65-256", 1.0, 100, 50),
    )
    assert pareto([quick, small, worse, twin]) == [quick, small, twin]


def test_the_smallest_accelerator_within_the_budget_is_found() -> None:
    everything = [
        candidate("ethos-u85-128", 1.0, 100, 50),
        candidate("ethos-u55-128", 3.0, 100, 50),
        candidate("ethos-u55-128", 2.0, 100, 50),
        candidate("ethos-u55-256", 0.5, 100, 50),
        candidate("ethos-u55-32", 9.0, 100, 50),
    ]
    assert smallest(everything, (5.0, 100, 50)) == everything[2]
    assert smallest(everything, (1.5, None, None)) == everything[0]
    assert smallest(everything, (None, None, None)) == everything[4]
    assert smallest(everything, (5.0, 99, None)) is None
    assert smallest(everything, (None, None, 49)) is None


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


def asked(capsys: pytest.CaptureFixture[str], store: Path, *arguments: object) -> tuple[int, list[str], str]:
    code = main([*map(str, arguments), f"--store={store}"])
    printed = capsys.readouterr()
    return code, printed.out.splitlines(), printed.err


def test_every_target_is_listed_and_the_answer_comes_last(
    capsys: pytest.CaptureFixture[str], samples: Path, store: Path
) -> None:
    only = ("--accelerator=ethos-u55-*", "--system-config=*High_End*")
    budget = ("--budget-ms=0.02", "--budget-sram=400", "--budget-flash=100000")
    code, lines, _ = asked(capsys, store, samples / "gru_transfer.tflite", *only, *budget)
    assert code == 0
    assert "gru_transfer.tflite on 8 targets: Vela's estimates of the NPU alone" in lines[0]
    assert sum(line[4:].startswith("ethos-u55-") for line in lines) == 8
    within = "0.02 ms, 400 bytes of SRAM, 100,000 bytes behind it"
    assert lines[-1].startswith(f"smallest accelerator within {within}: ethos-u55-")
    (marked,) = [line for line in lines if line[4:].startswith("ethos-u55-128 Ethos_U55_High_End_Embedded Shared_Sram")]
    assert marked[1] == "+"
    code, lines, _ = asked(capsys, store, samples / "gru_transfer.tflite", *only, "--budget-ms=0.0001")
    assert (code, lines[-1]) == (1, "no target is within 0.0001 ms")


def test_several_models_share_an_arena_or_not(capsys: pytest.CaptureFixture[str], samples: Path, store: Path) -> None:
    models = [samples / f"{name}_transfer.tflite" for name in ("gru", "lstm")]
    only = ("--accelerator=ethos-u55-128", "--system-config=*High_End*", "--memory-mode=Shared_Sram")
    shown = {}
    for arena in (LARGEST, SUM):
        _, lines, _ = asked(capsys, store, *models, *only, f"--arena={arena}")
        assert f"one after another in one arena ({arena})" in lines[0]
        shown[arena] = next(line.split()[-3:] for line in lines if "ethos-u55-128" in line)
    (ms, most, flash), (same_ms, both, same_flash) = shown[LARGEST], shown[SUM]
    assert (ms, flash) == (same_ms, same_flash)
    assert int(most) < int(both)


def test_what_leaves_operators_on_the_cpu_is_unknown_and_not_enough(
    capsys: pytest.CaptureFixture[str], samples: Path, store: Path
) -> None:
    only = ("--accelerator=ethos-u55-128", "--system-config=*High_End*")
    code, lines, _ = asked(capsys, store, samples / "gru_float_chain.tflite", *only)
    assert code == 1
    assert sum(line.startswith("?   ethos-u55-128 ") for line in lines) == 2
    assert "4 operators on the CPU, whose time Vela does not estimate" in lines[2]
    assert lines[-1] == "no target is within what is known"


def test_a_keras_model_is_made_into_a_tflite_first(
    capsys: pytest.CaptureFixture[str], samples: Path, store: Path
) -> None:
    only = ("--accelerator=ethos-u55-128", "--system-config=*High_End*", "--memory-mode=Shared_Sram")
    rows = f"--representative={samples / 'kws_audio.npz'}"
    code, lines, _ = asked(capsys, store, samples / "kws.keras", rows, *only)
    assert code == 0
    assert "kws.keras on 1 target: Vela's estimates of the NPU alone" in lines[0]
    assert lines[-1].startswith("smallest accelerator: ethos-u55-128 ")


WRONG = {
    "Keras model without data": (["{samples}/kws.keras"], "is to be quantized and needs representative data"),
    "no such model": (["nowhere.tflite"], "nowhere.tflite: No such file or directory; name a .tflite that exists"),
    "float model": (["{samples}/gru_float.tflite"], "is a float model"),
    "compiled model": (["{samples}/gru_compiled.tflite"], "is already compiled"),
    "no number": (
        ["{samples}/gru_transfer.tflite", "--budget-ms=soon"],
        "budget-ms is 'soon' (command line): give a number",
    ),
    "unknown accelerator": (["{samples}/gru_transfer.tflite", "--accelerator=u99"], "unknown accelerator 'u99'"),
    "missing vela.ini": (["{samples}/gru_transfer.tflite", "--vela-config=none.ini"], "none.ini: [Errno 2]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_asked_is_one_sentence(
    capsys: pytest.CaptureFixture[str], samples: Path, store: Path, name: str
) -> None:
    arguments, sentence = WRONG[name]
    code, lines, err = asked(capsys, store, *(text.format(samples=samples) for text in arguments))
    assert (code, lines) == (2, [])
    assert err.startswith("whatif: ")
    assert len(err.splitlines()) == 1
    assert sentence in err
