"""Two sides from two .tflite: source models, compiled for the same targets, or two compiled ones as they are."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from _pytest._io import TerminalWriter

from harness.diff.change import COMPILED
from harness.diff.entries import inventory_of
from harness.diff.figures import FILE_BYTES
from harness.diff.subject import CASE, MODEL, Claim, Side, Subject, Tools
from harness.errors import UsageError
from harness.evidence import Compilation, ModelView
from harness.evidence.graph import NPU_CODE
from harness.explain import explain, explain_failure
from harness.outcome import Outcome
from harness.progress import watch
from harness.questions import compilation
from harness.report.inventory import take_inventory
from harness.results import CANNOT_TELL, PASS
from harness.session import Session
from harness.settings import Settings
from harness.subjects import Case, GivenModel

THE_MODEL, COMPILATION = "the model", "Vela compiles it"


def sides_of_files(before: Path, after: Path, asked: Mapping[str, Any]) -> tuple[Side, Side]:
    """The sides of two models, `asked` being options; raises UsageError for what is no model, or two unlike ones."""
    settings = Settings.read({**asked, "model": [str(before), str(after)]}.get, Path.cwd())
    with closing(Session(settings)) as session:
        views = [_view(session, model) for model in session.given]
        compiled = [_is_compiled(view) for view in views]
        if compiled[0] != compiled[1]:
            names = before.name, after.name
            which, other = names if compiled[0] else names[::-1]
            raise UsageError(f"{which} is compiled and {other} is not: give two source models, or two compiled ones")
        labels = _labels(before, after)
        if all(compiled):
            return _side(labels[0], views[0], [_compiled(views[0])]), _side(labels[1], views[1], [_compiled(views[1])])
        bad = [verdict for verdict in session.quantized.values() if not verdict]
        if bad:
            raise UsageError(str(bad[0]))
        subjects = [_sources(session, model, view) for model, view in zip(session.given, views, strict=True)]
        return _side(labels[0], views[0], subjects[0]), _side(labels[1], views[1], subjects[1])


def _view(session: Session, model: GivenModel) -> ModelView:
    outcome = session.inspected[model.id]
    if outcome is None:
        raise UsageError(model.problem)
    if not outcome.done:
        raise UsageError(f"{model.path}: {outcome.detail or outcome.sentence}")
    return ModelView.from_plain(outcome.value)


def _is_compiled(view: ModelView) -> bool:
    return any(operator.custom_code == NPU_CODE for _, operator in view.operators)


def _labels(before: Path, after: Path) -> tuple[str, str]:
    return (before.name, after.name) if before.name != after.name else (str(before), str(after))


def _side(label: str, view: ModelView, subjects: list[Subject]) -> Side:
    """Beside the subjects, the tools that made the file, as it names them."""
    tools = {f"made by {tool}": version or "unknown" for tool, version in view.made_by.items()}
    return Side(label=label, tools=tools, subjects={subject.name: subject for subject in subjects})


def _compiled(view: ModelView) -> Subject:
    """What the file of a compiled model says: its operators, and its size; nothing of its cycles."""
    names = [operator.custom_code or operator.name for _, operator in view.operators]
    on_cpu = Counter(name for name in names if name != NPU_CODE)
    return Subject(
        name=THE_MODEL,
        kind=CASE,
        tools=Tools(tensorflow=view.made_by["tensorflow"], vela=view.made_by["vela"]),
        inventory=inventory_of(take_inventory(view), {}),
        on_cpu=on_cpu,
        figures={"npu_segments": names.count(NPU_CODE), "compiled_bytes": view.size_bytes},
    )


def _sources(session: Session, model: GivenModel, view: ModelView) -> list[Subject]:
    inventory = inventory_of(take_inventory(view), {})
    tools = Tools(tensorflow=view.made_by["tensorflow"])
    bare = Subject(name=THE_MODEL, kind=MODEL, tools=tools, inventory=inventory, figures={FILE_BYTES: view.size_bytes})
    cases = [Case(model, target, session.config_file) for target in session.given_targets]
    return [bare, *_cases(session, cases, bare)]


def _cases(session: Session, cases: list[Case], bare: Subject) -> Iterator[Subject]:
    engine = session.engine
    watch(engine.submit_all(map(compilation, cases)), engine, TerminalWriter(sys.stderr))
    config = session.tools
    tools = replace(bare.tools, vela=config["vela"], vela_config=config["vela_config_sha256"])
    for case in cases:
        outcome = engine.observe(compilation(case))
        name = case.target.id
        yield Subject(
            name=name,
            kind=CASE,
            tools=tools,
            inventory=bare.inventory,
            claims=(claim_of(outcome),),
            **(_observed(Compilation.from_plain(outcome.value)) if outcome.done else {}),
        )


def claim_of(outcome: Outcome) -> Claim:
    """Whether Vela compiles a model, as a claim."""
    if outcome.done:
        return Claim(name=COMPILATION, outcome=PASS, topic=COMPILED)
    cause = explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)
    return Claim(name=COMPILATION, outcome=CANNOT_TELL, topic=COMPILED, observed=outcome.sentence, cause=cause.sentence)


def _observed(compiled: Compilation) -> dict[str, Any]:
    estimate = compiled.estimate
    cost = {"total_cycles": estimate.total_cycles, "ms": estimate.ms, "weight_read_bytes": estimate.weight_read_bytes}
    return {
        "on_cpu": Counter(operator.name for operator in compiled.on_cpu),
        "reasons": {operator.name: explain(operator).sentence for operator in compiled.on_cpu},
        "figures": {
            "npu_segments": compiled.segments,
            "compiled_bytes": compiled.compiled_bytes,
            "sram_used_bytes": estimate.sram_used_bytes,
            "flash_used_bytes": estimate.flash_used_bytes,
            **(cost if estimate.total_cycles else {}),
        },
    }
