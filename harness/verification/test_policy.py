"""The limits that the project set for its models; collected only where there are some."""

from __future__ import annotations

import pytest

from harness.checks import cost_figures, meets_limit, work_figures
from harness.evidence import Compilation, ModelView
from harness.fixtures import Verify
from harness.policy import Policy
from harness.rules import Bound


def test_meets_the_policy(cost_limit: Bound, compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(meets_limit(cost_limit, cost_figures(compilation, policy)))


def test_meets_the_policy_for_work(
    work_limit: Bound, view: ModelView, compilation: Compilation, verify: Verify
) -> None:
    verify(meets_limit(work_limit, work_figures(view, compilation)))


@pytest.mark.usefixtures("case")
def test_meets_the_policy_unmeasured(unmeasured_limit: Bound, verify: Verify) -> None:
    verify(meets_limit(unmeasured_limit, {}))
