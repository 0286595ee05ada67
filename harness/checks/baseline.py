"""The comparison with a baseline as a claim."""

from __future__ import annotations

from collections.abc import Sequence

from harness.baseline import WORSE, Change
from harness.checks.verdict import Verdict
from harness.policy import Policy


def is_no_worse_than_baseline(changes: Sequence[Change], policy: Policy) -> Verdict:
    """Nothing is worse than in the baseline by more than the policy allows."""
    worse = [change.sentence for change in changes if change.kind == WORSE]
    others = [f"{change.kind}: {change.sentence}" for change in changes if change.kind != WORSE]
    return Verdict(
        "is_no_worse_than_baseline",
        not worse,
        "; ".join([*worse, *others]) or "as in the baseline",
        f"no operator more on the CPU, no segment more, {policy.baseline_bytes_tolerance:.0%} more bytes, "
        f"{policy.baseline_cycles_tolerance:.0%} more cycles, {policy.baseline_sqnr_tolerance_db:g} dB less",
        remedy="mend it, or accept it with --npu-update-baseline" if worse else "",
    )
