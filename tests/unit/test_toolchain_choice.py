"""Which toolchains are asked about, what they are called in ids, and what is known of their pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.errors import ToolchainError
from harness.jobs import Field, Job
from harness.questions import compilation, conversion, float_outputs, guide_inspection, repair
from harness.report.toolchains import pairs, toolchains_in_full
from harness.results import FAIL, PASS
from harness.spec import Cell, RnnSpec
from harness.store import File
from harness.subjects import Case, GeneratedModel
from harness.target import VelaConfig, choose_target
from harness.toolchain_choice import ToolchainChoice, compiles_for
from harness.toolchains import builtin_toolchains

GUIDE, TF215, TF217, VELA45 = (builtin_toolchains()[name] for name in ("guide", "tf215", "tf217", "vela45"))
SPEC = RnnSpec(cell=Cell.GRU, units=8, time_steps=4)
TARGET = choose_target(VelaConfig.installed(), "ethos-u55-128")
CONFIG = File(path=Path("vela.ini"), sha256="0" * 64, name="vela.ini")


def choose(builders: str = "", compilers: str = "") -> ToolchainChoice:
    return ToolchainChoice.read(builders.split(), compilers.split(), Path())


def test_without_a_word_it_is_today_alone() -> None:
    choice = choose()
    assert (choice.pairs, choice.foreign, choice.lines()) == ([(None, None)], [], [])


def test_each_builder_has_its_own_vela_unless_others_are_named() -> None:
    assert choose("guide today").pairs == [(GUIDE, GUIDE), (None, None)]
    crossed = choose("guide today", "today vela45").pairs
    assert crossed == [(GUIDE, None), (GUIDE, VELA45), (None, None), (None, VELA45)]


def test_what_lacks_a_tool_is_refused_for_it(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="vela45 has no TensorFlow: name it with --npu-vela-toolchain"):
        choose("vela45")
    own = tmp_path / "mine.toml"
    own.write_text(
        'name = "mine"\npython = "3.10"\ndescription = "no Vela"\npins = ["numpy==1.26.4", "tensorflow==2.15.1"]\n'
        "[can]\nkeras = true\nper_channel_fully_connected = false\nvela_families = []\n"
    )
    with pytest.raises(ToolchainError, match="mine has no Vela"):
        choose("today", str(own))


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ToolchainError, match=r"no toolchain 'tf30': there are today, guide, tf29"):
        choose("tf30")


def test_families_that_a_vela_does_not_know_are_not_asked() -> None:
    assert compiles_for(GUIDE, "ethos-u65")
    assert not compiles_for(GUIDE, "ethos-u85")
    assert compiles_for(VELA45, "ethos-u85")
    assert compiles_for(None, "ethos-u85")


def test_incompatible_pairs_are_named_and_others_are_not() -> None:
    (sentence,) = choose("today", "tf215").incompatible
    assert "leaves every such operator on the CPU" in sentence
    assert f"incompatible: {sentence}" in choose("today", "tf215").lines()
    assert choose("guide tf215", "tf215 today").incompatible == []
    assert len(choose("tf217 today", "guide tf215").incompatible) == 4


def test_ids_name_the_toolchain_and_a_vela_that_is_not_the_models() -> None:
    plain, guide = GeneratedModel(SPEC, {}), GeneratedModel(SPEC, {}, GUIDE)
    assert (plain.id, guide.id) == ("gru_u8_t4_none_int8", "gru_u8_t4_none_int8_guide")
    own = "u55_128_high_end_embedded_shared_sram"
    assert Case(plain, TARGET).target_id == Case(guide, TARGET, CONFIG, GUIDE).target_id == own
    assert Case(plain, TARGET, CONFIG, GUIDE).target_id == f"{own}_vela_guide"
    assert Case(guide, TARGET).target_id == f"{own}_vela_today"
    assert Case(guide, TARGET).describe_target()["toolchain"] == "today"
    assert (plain.describe()["toolchain"], guide.describe()["toolchain"]) == ("today", "guide")


def jobs_of(job: Job) -> dict[str, Job]:
    """A job and all that it needs, by stage."""
    found = {job.stage: job}
    for needed in job.needs:
        found |= jobs_of(needed)
    return found


def test_one_set_of_weights_serves_all_toolchains() -> None:
    weights = {jobs_of(conversion(GeneratedModel(SPEC, {}, one)))["weights"].key for one in (None, GUIDE, TF215)}
    assert len(weights) == 1


def test_only_building_and_converting_runs_in_the_toolchain_of_a_model() -> None:
    found = jobs_of(repair(GeneratedModel(SPEC, {}, GUIDE)))
    assert {stage for stage, job in found.items() if job.toolchain is GUIDE} == {"foreign_conversion"}
    assert float_outputs(GeneratedModel(SPEC, {}, GUIDE)).toolchain is GUIDE
    assert {job.toolchain for job in jobs_of(repair(GeneratedModel(SPEC, {}))).values()} == {None}


def test_only_compiling_runs_in_the_toolchain_of_vela() -> None:
    found = jobs_of(compilation(Case(GeneratedModel(SPEC, {}), TARGET, CONFIG, VELA45)))
    assert {stage for stage, job in found.items() if job.toolchain is not None} == {"foreign_compilation"}
    source = found["foreign_placement"].inputs["source"]
    assert isinstance(source, Field)
    assert source.job.stage == "repair"


def test_the_guides_own_code_runs_in_the_toolchain_of_the_model() -> None:
    files = {"weights": CONFIG, "mnist": CONFIG}
    spec = RnnSpec.from_plain({**SPEC.to_plain(), "weights": "mnist"})
    assert jobs_of(guide_inspection(GeneratedModel(spec, files, GUIDE)))["guide_conversion"].toolchain is GUIDE


def entry(builder: str, vela: str, outcome: str = PASS, **figures: float) -> tuple[dict[str, Any], dict[str, Any]]:
    model = {"id": f"gru_{builder}", "toolchain": builder, "figures": {}}
    return model, {"id": "x", "model": model["id"], "toolchain": vela, "outcome": outcome, "figures": figures}


def test_the_report_tells_every_pair_with_its_own_cases() -> None:
    rows = [
        entry("guide", "guide", cpu_operators=0, npu_segments=1),
        entry("today", "guide", FAIL, cpu_operators=17, npu_segments=17),
    ]
    models, cases = [model for model, _ in rows], [case for _, case in rows]
    own, crossed = pairs(models, cases, choose("guide today", "guide"))
    assert (own["tensorflow"], own["vela"], own["outcomes"][PASS]) == ("2.5.0", "3.0.0", 1)
    assert own["answers"]["on_npu_alone"] == own["answers"]["placed"] == 1
    assert own["incompatible"] == ""
    assert (crossed["toolchain"], crossed["vela_toolchain"], crossed["outcomes"][FAIL]) == ("today", "guide", 1)
    assert crossed["answers"]["on_npu_alone"] == 0
    assert "per channel" in crossed["incompatible"]


def test_the_report_of_today_alone_has_no_pairs() -> None:
    assert pairs([], [], choose()) == []
    assert toolchains_in_full(choose()) == {}


def test_the_report_tells_the_tools_of_each_toolchain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HARNESS_TOOLCHAINS", str(tmp_path))
    told = toolchains_in_full(choose("guide", "vela45"))
    assert told["guide"]["versions"]["tensorflow"] == "2.5.0"
    assert told["vela45"]["versions"]["tensorflow"] is None
    assert not told["guide"]["installed"]
