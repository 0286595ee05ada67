"""One model on one target, judged by a call: `harness.check("kws.tflite", accelerator="ethos-u55-128").fully_on_npu`.

The tools run in children, as ever: nothing heavy is imported into the process that asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, fields, replace
from os import PathLike
from pathlib import Path
from typing import Any

from harness.checks import Verdict
from harness.claims import CLAIMS, Observed
from harness.errors import UsageError
from harness.given import TFLITE, kind_of
from harness.limits import LIMIT, Value
from harness.rules import EVERYTHING, Rule
from harness.selection import find_targets
from harness.session import Session
from harness.settings import Settings
from harness.store import File
from harness.subjects import given_models, vela_config
from harness.target import Target


@dataclass(frozen=True, kw_only=True, repr=False)
class Judgement:
    """What was found about one model on one target: a Verdict a claim, each true when good.

    `artefacts` is the folder with the very .tflite, the compiled one and their manifest; None where nothing was
    compiled. `evidence` names the results in the store that the verdicts rest on.
    """

    model: Mapping[str, Any]
    target: Target
    artefacts: Path | None
    evidence: tuple[Mapping[str, str], ...]
    is_quantized_tflite: Verdict
    computes_in_integers: Verdict
    has_static_shapes: Verdict
    has_sane_scales: Verdict
    has_exact_bias_scales: Verdict
    shares_weights: Verdict
    state_pairs_are_explained: Verdict
    forgets_after_reset: Verdict
    variables_survive_compilation: Verdict
    copied_bytes_stream_alike: Verdict
    fully_on_npu: Verdict
    stays_within_segments: Verdict
    puts_the_work_on_the_npu: Verdict
    runs_where_predicted: Verdict
    report_agrees_with_file: Verdict
    is_estimated: Verdict
    stream_matches_reference: Verdict
    meets_the_policy: Verdict

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All verdicts, in the order of the attributes."""
        values = (getattr(self, field.name) for field in fields(self))
        return tuple(value for value in values if isinstance(value, Verdict))

    @property
    def figures(self) -> dict[str, float]:
        """The figures of all verdicts by name, units last: `ms`, `total_cycles`, `sram_used_bytes`."""
        return {name: value for verdict in self.verdicts for name, value in verdict.figures.items()}

    def __bool__(self) -> bool:
        return all(self.verdicts)

    def __repr__(self) -> str:
        wrong = [str(verdict) for verdict in self.verdicts if not verdict]
        total = len(self.verdicts)
        head = f"{self.model['id']} on {self.target}: {total - len(wrong)} of {total} claims hold"
        return "\n  ".join([head, *wrong])


def check(  # noqa: PLR0913 - a model, a target, and where things are
    model: str | PathLike[str],
    *,
    accelerator: str,
    system_config: str | None = None,
    memory_mode: str | None = None,
    vela_config: str | PathLike[str] | None = None,
    store: str | PathLike[str] | None = None,
    artefacts: str | PathLike[str] | None = None,
    **limits: Value,
) -> Judgement:
    """Judge a .tflite on one target, named in Vela's words; `limits` are those of a policy, as `max_ms=5`.

    Artefacts are written into the folder `artefacts`, if there is to be one. Raises UsageError for what cannot be
    asked.
    """
    given: dict[str, str] = {} if store is None else {"store": str(store)}
    with closing(Session(Settings.read(given.get, Path.cwd()))) as session:
        words = {"accelerator": accelerator, "system_config": system_config, "memory_mode": memory_mode}
        folder = None if artefacts is None else Path(artefacts)
        return judge(session, Path(model), words, config=vela_config, artefacts=folder, limits=limits)


def judge(  # noqa: PLR0913 - a model, a target, and where things are
    session: Session,
    model: Path,
    words: Mapping[str, str | None],
    *,
    config: str | PathLike[str] | None,
    artefacts: Path | None,
    limits: Mapping[str, Value],
) -> Judgement:
    """The judgement of a model within a run; the words of the target that are None are those of its settings."""
    target, own = _target(session, words, config)
    if kind_of(model) != TFLITE:
        raise UsageError(
            f"{model.name} is no .tflite: ethos-u-check {model.name} --representative=DATA.npz judges it, and leaves "
            "one in reports/models"
        )
    (given,) = given_models([model], session.store, session.settings.state_pair)
    observed = Observed(session, given, target, own, (*session.settings.rules, *_rule(limits)))
    observed.begin()
    verdicts = {claim: observed.verdict(claim) for claim in CLAIMS}
    return Judgement(
        model=given.describe(),
        target=target,
        artefacts=observed.write_artefacts(artefacts),
        evidence=tuple({"stage": outcome.stage, "key": outcome.key} for outcome in observed.outcomes.values()),
        **verdicts,
    )


def _target(
    session: Session, words: Mapping[str, str | None], config: str | PathLike[str] | None
) -> tuple[Target, File | None]:
    """The one target that the words name, and the vela.ini that it is from, where that is the user's own."""
    known, file = (session.config, session.config_file)
    if config is not None:
        known, file = vela_config(Path(config), session.store)
    query = replace(session.settings.query, **{name: (word,) for name, word in words.items() if word is not None})
    targets = find_targets(known, query)
    if len(targets) != 1:
        some = ", ".join(map(str, targets[:3]))
        raise UsageError(f"{len(targets)} targets fit ({some}, ...): name one, as accelerator='ethos-u55-128'")
    return targets[0], file


def _rule(limits: Mapping[str, Value]) -> tuple[Rule, ...]:
    unknown = sorted(set(limits) - set(LIMIT))
    if unknown:
        raise UsageError(f"unknown limit {unknown[0]!r}: the limits are {', '.join(LIMIT)}")
    values = {name: LIMIT[name].read(value, "the call") for name, value in limits.items()}
    return (Rule(pattern=EVERYTHING, values=values, origin="the call", from_command_line=True),) if values else ()
