"""Vela's estimates as benchmarks: a virtual clock runs on by what an inference would take on the NPU.

`--benchmark-save`, `--benchmark-compare` and `--benchmark-compare-fail=mean:5%` then work on estimates.
"""

from __future__ import annotations

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from harness.asked import session_of
from harness.checks import is_estimated
from harness.evidence import Compilation
from harness.questions import compilation
from harness.subjects import Case


class VirtualClock:
    """Tells the seconds that NPUs would have been busy so far, of which it is told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def run_on(self, seconds: float) -> None:
        self.seconds += seconds


CLOCK = VirtualClock()


@pytest.mark.benchmark(group="Vela estimate", timer=CLOCK)
def test_inference(estimated: Case, benchmark: BenchmarkFixture, pytestconfig: pytest.Config) -> None:
    outcome = session_of(pytestconfig).engine.observe(compilation(estimated))
    assert outcome.done, outcome.sentence
    compiled = Compilation.from_plain(outcome.value)
    verdict = is_estimated(compiled)
    assert verdict, str(verdict)
    benchmark.extra_info.update(
        **verdict.figures,
        npu_operator_coverage=compiled.npu_operator_coverage,
        npu_segments=compiled.segments,
        target=estimated.target.to_plain(),
    )
    benchmark.pedantic(CLOCK.run_on, args=(compiled.estimate.ms / 1e3,), rounds=1, iterations=1)
