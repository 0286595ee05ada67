"""The claims about one given model on one target, by name; evidence is observed when it is first needed."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from harness import checks, questions
from harness.artefacts import write_artefacts
from harness.checks import Verdict
from harness.evidence import Compilation, Contract, CopiedBytes, Execution, ModelView, Predictions, ResetEffect
from harness.explain import explain_failure
from harness.jobs import Job
from harness.outcome import Outcome
from harness.rules import Rule, bounds_of, policy_of
from harness.session import Session
from harness.spec import StateFeedback
from harness.store import File
from harness.subjects import Case, GivenModel
from harness.target import Target

Rules = tuple[Rule, ...]


class _CannotTell(Exception):  # noqa: N818 - an outcome, not an error
    """A stage that a claim rests on gave no result; holds its verdict without the name of the claim."""


class Observed:
    """The evidence about a case, each kind observed when first needed."""

    def __init__(self, session: Session, model: GivenModel, target: Target, config: File | None, rules: Rules) -> None:
        self._session, self._model, self.case = session, model, Case(model, target, config)
        ids = (model.id, self.case.id)
        self.policy, self.bounds = policy_of(rules, ids), bounds_of(rules, ids)
        self.outcomes: dict[str, Outcome] = {}

    @cached_property
    def quantized(self) -> Verdict:
        inspected = None if self._model.file is None else self._outcome(questions.inspection(self._model))
        return checks.is_quantized_tflite(self._model, inspected)

    @cached_property
    def view(self) -> ModelView:
        return ModelView.from_plain(self._value(questions.inspection(self._model)))

    @cached_property
    def predictions(self) -> Predictions:
        return Predictions.from_plain(self._value(questions.operators(self._model)))

    @cached_property
    def contract(self) -> Contract:
        return Contract.from_plain(self._value(questions.contract(self._model)))

    @cached_property
    def resets(self) -> ResetEffect:
        """What a reset changes; nothing in a model without variables, which is not run for it."""
        if not self.view.has_variables:
            return ResetEffect()
        return ResetEffect.from_plain(self._value(questions.resets(self._model)))

    @cached_property
    def compiled_view(self) -> ModelView:
        """What Vela wrote; not looked into for a model without variables."""
        if not self.view.has_variables:
            return self.view
        return ModelView.from_plain(self._value(questions.compiled_inspection(self.case)))

    @cached_property
    def copied(self) -> CopiedBytes:
        return CopiedBytes.from_plain(self._value(questions.copying(self._model)))

    @property
    def feedback(self) -> StateFeedback:
        """How the firmware of the user hands states over."""
        return self._session.settings.state_feedback

    @cached_property
    def compiled(self) -> Compilation:
        return Compilation.from_plain(self._value(questions.compilation(self.case)))

    @cached_property
    def execution(self) -> Execution:
        return Execution.from_plain(self._value(questions.execution(self.case)))

    def begin(self) -> None:
        """Begin all that the claims will wait for, if the model can be judged."""
        about_model = (questions.inspection, questions.operators, questions.contract, questions.copying)
        about_case = (questions.compilation, questions.execution)
        if self.quantized:
            jobs = [*(job(self._model) for job in about_model), *(job(self.case) for job in about_case)]
            self._session.engine.submit_all(jobs)

    def verdict(self, claim: str) -> Verdict:
        """The verdict of a claim; false where its evidence is missing."""
        if claim != "is_quantized_tflite" and not self.quantized:
            return Verdict(claim, passed=False, observed=f"not asked: {self.quantized.observed}")
        try:
            return CLAIMS[claim](self)
        except _CannotTell as unknown:
            sentence, cause, remedy = unknown.args
            return Verdict(claim, passed=False, observed=f"cannot tell: {sentence}", cause=cause, remedy=remedy)

    def write_artefacts(self, folder: Path | None) -> Path | None:
        """Write what was judged into `folder`, if it was compiled."""
        outcome = self.outcomes.get("compilation")
        if folder is None or outcome is None or not outcome.done:
            return None
        model, target = self._model.describe(), {**self.case.target.to_plain(), "id": self.case.target.id}
        return write_artefacts(
            folder, self._session.store, model=model, target=target, key=outcome.key, config=self.case.config
        )

    def _outcome(self, job: Job) -> Outcome:
        outcome = self.outcomes[job.stage] = self._session.engine.observe(job)
        return outcome

    def _value(self, job: Job) -> Any:  # noqa: ANN401 - plain values
        outcome = self._outcome(job)
        if outcome.done:
            return outcome.value
        cause = explain_failure(outcome.stage, outcome.kind, outcome.signal, outcome.detail, outcome.log)
        raise _CannotTell(outcome.sentence, cause.sentence, cause.remedy)


def _meets_the_policy(observed: Observed) -> Verdict:
    """All limits that are set for the case, as one claim."""
    bounds = [bound for bound in observed.bounds.values() if bound.limit.figure]
    figures = {
        **checks.cost_figures(observed.compiled, observed.policy),
        **checks.work_figures(observed.view, observed.compiled),
    }
    verdicts = [checks.meets_limit(bound, figures) for bound in bounds]
    wrong = [str(verdict) for verdict in verdicts if not verdict]
    held = [str(verdict) for verdict in verdicts if verdict]
    return Verdict("meets_the_policy", not wrong, "; ".join([*wrong, *held]) or "no limit is set")


CLAIMS: dict[str, Callable[[Observed], Verdict]] = {
    "is_quantized_tflite": lambda o: o.quantized,
    "computes_in_integers": lambda o: checks.computes_in_integers(o.view),
    "has_static_shapes": lambda o: checks.has_static_shapes(o.view),
    "has_sane_scales": lambda o: checks.has_sane_scales(o.view, o.policy),
    "has_exact_bias_scales": lambda o: checks.has_exact_bias_scales(o.view),
    "shares_weights": lambda o: checks.shares_weights(o.view),
    "state_pairs_are_explained": lambda o: checks.state_pairs_are_explained(o.contract),
    "forgets_after_reset": lambda o: checks.forgets_after_reset(o.resets),
    "variables_survive_compilation": lambda o: checks.variables_survive_compilation(o.view, o.compiled_view),
    "copied_bytes_stream_alike": lambda o: checks.copied_bytes_stream_alike(o.copied, o.feedback),
    "fully_on_npu": lambda o: checks.fully_on_npu(o.compiled, o.policy),
    "stays_within_segments": lambda o: checks.stays_within_segments(o.compiled, o.policy),
    "puts_the_work_on_the_npu": lambda o: checks.puts_the_work_on_the_npu(o.view, o.compiled, o.policy),
    "runs_where_predicted": lambda o: checks.runs_where_predicted(o.predictions, o.compiled, o.case.target.family),
    "report_agrees_with_file": lambda o: checks.report_agrees_with_file(o.compiled),
    "is_estimated": lambda o: checks.is_estimated(o.compiled),
    "stream_matches_reference": lambda o: checks.stream_matches_reference(o.execution),
    "meets_the_policy": _meets_the_policy,
}
