"""Every operator runs on the NPU, in one segment, and Vela's report agrees with its file."""

from __future__ import annotations

from harness.checks import (
    fully_on_npu,
    puts_the_work_on_the_npu,
    report_agrees_with_file,
    runs_where_predicted,
    stays_within_segments,
)
from harness.evidence import Compilation, ModelView, Predictions
from harness.fixtures import Verify
from harness.policy import Policy
from harness.subjects import Case


def test_runs_entirely_on_the_npu(compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(fully_on_npu(compilation, policy))


def test_is_one_npu_segment(compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(stays_within_segments(compilation, policy))


def test_puts_the_work_on_the_npu(view: ModelView, compilation: Compilation, policy: Policy, verify: Verify) -> None:
    verify(puts_the_work_on_the_npu(view, compilation, policy))


def test_runs_where_predicted(case: Case, operators: Predictions, compilation: Compilation, verify: Verify) -> None:
    verify(runs_where_predicted(operators, compilation, case.target.family))


def test_report_agrees_with_file(compilation: Compilation, verify: Verify) -> None:
    verify(report_agrees_with_file(compilation))
