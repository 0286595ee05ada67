"""Checks: evidence and limits in, a verdict out; each is true when good."""

from harness.checks.accuracy import (
    copied_bytes_keep_accuracy,
    keeps_accuracy,
    reaches_accuracy,
    resets_matter,
    state_matters,
    state_resolution,
)
from harness.checks.baseline import is_no_worse_than_baseline
from harness.checks.constants import biases_are_mended, converts_alike_each_time, has_exact_bias_scales, shares_weights
from harness.checks.equivalence import (
    fused_equals_looped,
    fused_operator_equals_oracle,
    looped_equals_oracle,
    unrolled_equals_looped,
    unrolled_equals_oracle,
    windows_equal_one_run,
)
from harness.checks.execution import npu_keeps_accuracy, stream_matches_reference
from harness.checks.feedback import (
    contract_beats_raw,
    contract_is_raw_or_better,
    copied_bytes_stream_alike,
    raw_copy_is_safe,
)
from harness.checks.float_model import computes_the_same_unrolled, follows_the_float_model, keeps_the_metric
from harness.checks.fused import fused_is_as_near_as_unrolled, is_one_fused_operator
from harness.checks.limits import accuracy_figures, cost_figures, error_figures, meets_limit, work_figures
from harness.checks.model import (
    computes_in_integers,
    has_sane_scales,
    has_static_shapes,
    holds_a_loop,
    is_quantized_tflite,
    repairs_are_proven,
)
from harness.checks.placement import (
    fully_on_npu,
    is_estimated,
    puts_the_work_on_the_npu,
    report_agrees_with_file,
    runs_where_predicted,
    stays_off_the_npu,
    stays_within_segments,
)
from harness.checks.quantization import (
    computes_the_float_model,
    does_not_saturate,
    error_is_rounding,
    keeps_decisions,
    kernels_agree,
)
from harness.checks.resets import forgets_after_reset, remembers_without_reset, variables_survive_compilation
from harness.checks.state_ranges import states_stay_in_range
from harness.checks.states import (
    state_pairs_are_explained,
    state_quantize_is_cheap,
    state_quantize_is_exact,
)
from harness.checks.streaming import contract_streams, host_and_graph_agree, reset_is_a_fresh_start
from harness.checks.verdict import Verdict, figures_of

__all__ = [
    "Verdict",
    "accuracy_figures",
    "biases_are_mended",
    "computes_in_integers",
    "computes_the_float_model",
    "computes_the_same_unrolled",
    "contract_beats_raw",
    "contract_is_raw_or_better",
    "contract_streams",
    "converts_alike_each_time",
    "copied_bytes_keep_accuracy",
    "copied_bytes_stream_alike",
    "cost_figures",
    "does_not_saturate",
    "error_figures",
    "error_is_rounding",
    "figures_of",
    "follows_the_float_model",
    "forgets_after_reset",
    "fully_on_npu",
    "fused_equals_looped",
    "fused_is_as_near_as_unrolled",
    "fused_operator_equals_oracle",
    "has_exact_bias_scales",
    "has_sane_scales",
    "has_static_shapes",
    "holds_a_loop",
    "host_and_graph_agree",
    "is_estimated",
    "is_no_worse_than_baseline",
    "is_one_fused_operator",
    "is_quantized_tflite",
    "keeps_accuracy",
    "keeps_decisions",
    "keeps_the_metric",
    "kernels_agree",
    "looped_equals_oracle",
    "meets_limit",
    "npu_keeps_accuracy",
    "puts_the_work_on_the_npu",
    "raw_copy_is_safe",
    "reaches_accuracy",
    "remembers_without_reset",
    "repairs_are_proven",
    "report_agrees_with_file",
    "reset_is_a_fresh_start",
    "resets_matter",
    "runs_where_predicted",
    "shares_weights",
    "state_matters",
    "state_pairs_are_explained",
    "state_quantize_is_cheap",
    "state_quantize_is_exact",
    "state_resolution",
    "states_stay_in_range",
    "stays_off_the_npu",
    "stays_within_segments",
    "stream_matches_reference",
    "unrolled_equals_looped",
    "unrolled_equals_oracle",
    "variables_survive_compilation",
    "windows_equal_one_run",
    "work_figures",
]
