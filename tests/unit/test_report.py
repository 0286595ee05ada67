"""The document says the same of equal runs, and of each case the worst."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from report_rows import FAILURE, FIGURES, MODEL, TARGET, VERDICT, document, of_each_outcome, row

from harness.report import build_document, write_report
from harness.report.document import VERIFICATION
from harness.report.unchecked import NEVER, NO_ERROR, NO_EXECUTION, NO_TASK, OF_VELA
from harness.results import CANNOT_TELL, FAIL, KNOWN, PASS, WORST_FIRST
from harness.session import Session, Settings


def test_equal_runs_give_equal_documents(tmp_path: Path) -> None:
    rows = of_each_outcome()
    sessions = [Session(Settings(store=tmp_path / name)) for name in ("one", "two")]
    first = document(sessions[0], rows)
    assert first == document(sessions[1], rows[::-1])
    assert str(tmp_path) not in json.dumps(first)


def test_what_tools_log_and_where_the_store_lies_is_not_in_the_document(tmp_path: Path) -> None:
    made = []
    for number in (1, 2):
        session = Session(Settings(store=tmp_path / f"store{number}"))
        said = f"crashed: E0000 00:00:179550732{number}.194054    641{number} cuda_platform.cc:52] failed"
        failure = {**FAILURE, "sentence": said, "reproduce": f"python {session.store.root}/failures/ab/task.json"}
        made.append(document(session, [row(outcome=CANNOT_TELL, failure=failure, verdict={}, message=said)]))
    assert made[0] == made[1]
    (claim,) = made[0]["cases"][0]["claims"]
    assert claim["message"] == "crashed: cuda_platform.cc:52] failed"
    assert claim["failure"]["reproduce"] == "python $HARNESS_STORE/failures/ab/task.json"


def test_where_a_model_lies_is_not_in_the_document(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        path = tmp_path / name / "gru.tflite"
        session = Session(Settings(store=tmp_path / name, model=(path,)))
        said = {**VERDICT, "observed": f"{path} is a float model", "cause": f"see {path}"}
        made.append(document(session, [row(outcome=FAIL, verdict=said, message=said["observed"])]))
    assert made[0] == made[1]
    assert made[0]["cases"][0]["claims"][0]["message"] == "gru.tflite is a float model"


def test_the_json_tells_two_runs_apart_by_lines(session: Session, tmp_path: Path) -> None:
    texts = []
    for outcome in (PASS, FAIL):
        rows = [*of_each_outcome(), row(target={**TARGET, "id": "u55_9"}, outcome=outcome)]
        write_report(document(session, rows), tmp_path)
        texts.append((tmp_path / "report.json").read_text(encoding="utf-8").splitlines())
    case = [number for number, line in enumerate(texts[0]) if '"id": "gru-u55_9"' in line]
    assert len(case) == 1
    assert [line for line in texts[0] if '"id": "gru-u55_0"' in line] == [
        line for line in texts[1] if '"id": "gru-u55_0"' in line
    ]


def test_targets_are_told_with_their_settings(session: Session) -> None:
    target = {**TARGET, "system_config": "Ethos_U55_High_End_Embedded"}
    (told,) = document(session, [row(target=target)])["targets"]
    assert told["system"]["core_clock"] == session.config.systems["Ethos_U55_High_End_Embedded"]["core_clock"]
    assert told["memory"]["arena_mem_area"] == "Axi0"


def test_a_target_tells_what_became_of_the_models_on_it(session: Session) -> None:
    other = {**TARGET, "id": "u85"}
    slow = {**VERDICT, "figures": {**FIGURES, "ms": 9.0}}
    rows = [row(), row(model={**MODEL, "id": "lstm"}, verdict=slow, outcome=FAIL), row(target=other)]
    first, second = (target["answers"] for target in document(session, rows)["targets"])
    assert (first["placed"], first["ms"], first["outcomes"][FAIL]) == (2, [1.5, 9.0], 1)
    assert (second["placed"], second["ms"], second["outcomes"][FAIL]) == (1, [1.5, 1.5], 0)


def test_what_was_not_asked_is_told(session: Session) -> None:
    asked = {"id": "u55_128_high_end_embedded_shared_sram"}
    (*_, task, others) = document(session, [row(target={**TARGET, **asked})])["not_checked"]
    assert task == NO_TASK
    assert others == "165 other targets of vela.ini: not asked."
    again = {"id": f"{asked['id']}{OF_VELA}older"}
    rows = [row(target={**TARGET, **target}) for target in (asked, again)]
    assert document(session, rows)["not_checked"][-1] == others
    known = {"sqnr_db_output": 30.0, "metric_after": 0.9}
    rows = [row(target={}, verdict={**VERDICT, "figures": known})]
    rows += [row(verdict={**VERDICT, "figures": {"stream_differing_values": 0.0}})]
    told = document(session, rows)["not_checked"]
    assert not {NO_ERROR, NO_TASK, NO_EXECUTION} & set(told)
    assert document(session, [])["not_checked"] == list(NEVER)


def test_another_run_gives_another_document(session: Session) -> None:
    assert document(session, [row()]) != document(session, [row(outcome=FAIL)])


def test_the_json_is_strict_and_has_its_version(session: Session, tmp_path: Path) -> None:
    write_report(document(session, of_each_outcome()), tmp_path / "reports")
    text = (tmp_path / "reports" / "report.json").read_text(encoding="utf-8")
    read = json.loads(text, parse_constant=pytest.fail)
    assert read["schema_version"] == 2
    assert read["outcomes"] == dict.fromkeys(WORST_FIRST, 1)
    assert read["command"] == "pytest '--npu-model=a b.tflite'"
    assert read["cases"][0]["figures"] == FIGURES
    assert read["environment"]["versions"]["numpy"]


def test_the_command_is_what_people_would_type(session: Session) -> None:
    given = ["-q", "tests/verification", "--npu-cell=gru"]
    by_command_line = [str(VERIFICATION), "-c", "pytest.ini", "-q", "--npu-model=a b.tflite", "--npu-refresh"]
    made = [build_document([], session, interrupted=False, arguments=words) for words in (given, by_command_line)]
    assert made[0]["command"] == "pytest -q tests/verification --npu-cell=gru"
    assert made[1]["command"] == "pytest '--npu-model=a b.tflite' --npu-refresh"


def test_the_first_claim_that_tells_a_figure_counts(session: Session) -> None:
    again = {**VERDICT, "figures": {"ms": 9.0, "cycles": 1.0}}
    (case,) = document(session, [row("test_a"), row("test_b", verdict=again)])["cases"]
    assert (case["figures"]["ms"], case["figures"]["cycles"]) == (1.5, 1.0)


def test_a_case_shows_the_worst_of_its_claims(session: Session) -> None:
    rows = [row("test_a", PASS), row("test_b", FAIL), row("test_c", KNOWN)]
    made = document(session, rows)
    assert [case["outcome"] for case in made["cases"]] == [FAIL]
    assert [claim["test"] for claim in made["cases"][0]["claims"]] == ["test_a", "test_b", "test_c"]
    assert made["models"][0]["outcome"] == FAIL


def test_operators_on_the_cpu_are_read_from_the_store(session: Session) -> None:
    operator = {"name": "SPLIT", "tensor": "gru/split", "subgraph": 0, "index": 3}
    reason = "unsupported DataType Float32"
    report = {
        "total_cycles": 0,
        "npu_cycles": 0,
        "core_clock_hz": 1.0,
        "macs": 0,
        "encoded_weight_bytes": 0,
        "constants_in": "Dram",
        "arena_in": "Sram",
        "constant_bytes_per_cycle": 1.0,
        "memories": {},
        "cpu_operators": 1,
        "npu_operators": 0,
    }
    placement = {"segments": 0, "source_operators": 1, "on_cpu": [operator], "compiled_bytes": 1}
    reasons = [{"operator": "SPLIT", "tensor": "gru/split", "reason": reason}]
    value = {"placement": placement, "report": report, "reasons": reasons, "operator_cycles": []}
    session.store.write("ab", {"outcome": "done", "value": value})
    looped = {"name": "looped_compilation", "stage": "compilation", "key": "cd"}
    session.store.write("cd", {"outcome": "done", "value": {**value, "placement": {**placement, "on_cpu": []}}})
    rows = [row(evidence=(looped, {"name": "compilation", "stage": "compilation", "key": "ab"}))]
    (case,) = document(session, rows)["cases"]
    (found,) = case["on_cpu"]
    assert (found["name"], found["reason"], found["index"]) == ("SPLIT", reason, 3)
    assert "SPLIT in float" in found["cause"]
    assert "harness.repair" in found["remedy"]


def test_an_entry_that_is_gone_is_no_operator(session: Session) -> None:
    rows = [row(evidence=({"name": "compilation", "stage": "compilation", "key": "ab"},))]
    assert document(session, rows)["cases"][0]["on_cpu"] == []


def test_an_own_vela_ini_is_named_with_its_hash(tmp_path: Path, session: Session) -> None:
    path = tmp_path / "soc.ini"
    path.write_bytes(session.config.path.read_bytes())
    own = Session(Settings(store=tmp_path / "store", vela_config=path))
    named = document(own, [row()])["vela_config"]
    assert named["file"] == "soc.ini"
    assert re.fullmatch("[0-9a-f]{64}", named["sha256"])
    assert document(session, [row()])["vela_config"] == {"file": "vela.ini of the installed Vela"}
