"""The fixture `ethos_u` of a suite of one's own: judges models, and hands what it found to the report."""

from __future__ import annotations

from os import PathLike

import pytest

from harness.api import Judgement, judge
from harness.artefacts import ARTEFACTS
from harness.asked import session_of
from harness.checks import Verdict, figures_of
from harness.errors import UsageError
from harness.facts import record
from harness.limits import Value
from harness.wording import count


class EthosU:
    """What the fixture `ethos_u` gives to a test."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def check(
        self,
        model: str | PathLike[str],
        *,
        accelerator: str | None = None,
        system_config: str | None = None,
        memory_mode: str | None = None,
        vela_config: str | PathLike[str] | None = None,
        **limits: Value,
    ) -> Judgement:
        """Judge a .tflite on one target; paths are relative to the folder in which pytest was started.

        What is not given is that of the options and of [tool.harness]. The artefacts are written beside the report.
        """
        config = self._request.config
        folder, session = config.invocation_params.dir, session_of(config)
        words = {"accelerator": accelerator, "system_config": system_config, "memory_mode": memory_mode}
        try:
            judgement = judge(
                session,
                folder / model,
                words,
                config=None if vela_config is None else folder / vela_config,
                artefacts=session.settings.report_dir / ARTEFACTS,
                limits=limits,
            )
        except UsageError as error:
            raise pytest.fail.Exception(f"ethos_u.check: {error}", pytrace=False) from None
        self._record(judgement)
        return judgement

    def _record(self, judgement: Judgement) -> None:
        target = {**judgement.target.to_plain(), "id": judgement.target.id}
        facts = {"model": dict(judgement.model), "target": target, "verdict": figures_of(_whole(judgement))}
        record(self._request.node, {**facts, "evidence": [dict(entry) for entry in judgement.evidence]})


def _whole(judgement: Judgement) -> Verdict:
    """The judgement as one verdict, for the one row that a test has in the report."""
    wrong = [verdict for verdict in judgement.verdicts if not verdict]
    return Verdict(
        "ethos_u_check",
        not wrong,
        "; ".join(str(verdict) for verdict in wrong) or f"all {count(len(judgement.verdicts), 'claim')} hold",
        figures=judgement.figures,
    )
