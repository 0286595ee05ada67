"""A limit is met by what is measured and good enough, and never by what is unknown; nothing is worse than accepted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from observations import ALL_ON_CPU, COMPILED, INT8, MATRIX, ON_CPU, WORK, layer, view
from verdicts import checks_of

from harness.baseline import BETTER, SHOWN, WORSE, Change
from harness.checks import (
    accuracy_figures,
    baseline,
    cost_figures,
    fully_on_npu,
    is_no_worse_than_baseline,
    limits,
    meets_limit,
    puts_the_work_on_the_npu,
    work_figures,
)
from harness.evidence import Labels
from harness.limits import LIMIT, LIMITS, Value
from harness.policy import DEFAULT, Policy
from harness.rules import Bound

WAIVED = Policy(fully_on_npu=False)
FIGURES = {
    **cost_figures(COMPILED, DEFAULT),
    **work_figures(layer(INT8, MATRIX, None, steps=4), replace(COMPILED, on_cpu=(WORK,))),
    **accuracy_figures(Labels(np.arange(10), np.arange(10)), Labels(np.zeros(10, np.int64), np.arange(10))),
    "sqnr_db_output": 30.0,
    "sqnr_db_state_h": 25.0,
}
# Each limit: the last value that the figures above meet, the first that they do not, and what is said of it.
EDGES: dict[str, tuple[Value, Value, str]] = {
    "min_npu_operator_coverage": (1.0, 1.01, "100.00% of the source operators"),
    "min_npu_mac_coverage": (0.75, 0.76, "75.00% of the MACs"),
    "max_sram_bytes": (4_096, 4_095, "4,096 bytes of SRAM"),
    "max_flash_bytes": (70_000, 69_999, "70,000 bytes behind the SRAM"),
    "max_weight_read_bytes": (6_000, 5_999, "6,000 bytes of weights read"),
    "max_cycles": (1_000_000, 999_999, "1,000,000 cycles"),
    "max_ms": (2.0, 1.999, "2.000 ms"),
    "min_sqnr_db": (25.0, 25.1, "output 30.00 dB, state_h 25.00 dB"),
    "max_accuracy_drop": (0.9, 0.89, "90.00% lost"),
}


def bound(name: str, allowed: Value) -> Bound:
    return Bound(LIMIT[name], allowed, "the rule")


def test_every_check_is_tried_here() -> None:
    assert "meets_limit" in checks_of(limits)
    assert checks_of(baseline) == {"is_no_worse_than_baseline"}
    assert set(EDGES) == {limit.name for limit in LIMITS if limit.figure}


@pytest.mark.parametrize("name", EDGES)
def test_a_limit_is_met_up_to_its_value(name: str) -> None:
    met, broken, observed = EDGES[name]
    verdict = meets_limit(bound(name, met), FIGURES)
    assert verdict
    assert (verdict.claim, verdict.observed) == (name, observed)
    verdict = meets_limit(bound(name, broken), FIGURES)
    assert not verdict
    assert f"{name}: {observed}; allowed: at {'least' if name.startswith('min') else 'most'} " in str(verdict)
    assert "(the rule)" in str(verdict)


@pytest.mark.parametrize("name", EDGES)
def test_what_is_unknown_meets_no_limit(name: str) -> None:
    others = {figure: value for figure, value in FIGURES.items() if not figure.startswith(LIMIT[name].figure)}
    verdict = meets_limit(bound(name, EDGES[name][0]), others)
    assert not verdict
    assert f"{name}: unknown: " in str(verdict)
    assert "what is unknown meets no limit" in str(verdict)


def test_what_is_no_number_meets_no_limit() -> None:
    for name, (met, _, _) in EDGES.items():
        assert not meets_limit(bound(name, met), {LIMIT[name].figure: float("nan")})


def test_one_output_that_is_too_noisy_is_enough() -> None:
    assert not meets_limit(bound("min_sqnr_db", 27.0), FIGURES)


def test_a_time_is_unknown_where_the_cpu_takes_part() -> None:
    assert {"total_cycles", "ms"} & set(cost_figures(ON_CPU, DEFAULT)) == set()
    assert cost_figures(ON_CPU, WAIVED)["total_cycles"] == 1_000_000
    assert cost_figures(ON_CPU, DEFAULT)["sram_used_bytes"] == 4_096
    assert {"total_cycles", "ms", "sram_used_bytes"} & set(cost_figures(ALL_ON_CPU, WAIVED)) == set()


def test_a_model_without_multiplications_has_no_share_of_them() -> None:
    assert work_figures(view(INT8, INT8), COMPILED) == {}


def test_operators_on_the_cpu_pass_only_where_the_policy_allows_them() -> None:
    assert not fully_on_npu(ON_CPU)
    allowed = fully_on_npu(ON_CPU, WAIVED)
    assert allowed
    assert allowed.observed == "on the CPU: 2 SPLIT, 1 WHILE (the policy allows operators on the CPU)"
    model, compiled = layer(INT8, MATRIX, None), replace(COMPILED, on_cpu=(WORK,))
    assert not puts_the_work_on_the_npu(model, compiled)
    assert puts_the_work_on_the_npu(model, compiled, WAIVED)


def test_only_what_is_worse_than_the_baseline_fails() -> None:
    worse, better, shown = (Change(kind, "case", f"it is {kind}") for kind in (WORSE, BETTER, SHOWN))
    assert str(is_no_worse_than_baseline([], DEFAULT)) == "is_no_worse_than_baseline: as in the baseline"
    assert is_no_worse_than_baseline([better, shown], DEFAULT)
    verdict = is_no_worse_than_baseline([better, worse], DEFAULT)
    assert not verdict
    assert verdict.observed == "it is worse; better: it is better"
    assert "5% more cycles" in verdict.allowed
    assert "--npu-update-baseline" in verdict.remedy
