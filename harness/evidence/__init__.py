"""What the stages observed, as typed values: from the plain results of children, without any opinion."""

from harness.evidence.compilation import Compilation, CpuOperator, Estimate, Memory
from harness.evidence.execution import Deviation, Execution
from harness.evidence.given import Metric, Unrolling
from harness.evidence.graph import NPU_CODE, Graph, ModelView, Operator, Tensor, macs
from harness.evidence.operators import Forecast, Prediction, Predictions
from harness.evidence.outputs import Arrays, FloatOutputs, FusedOutputs, Labels, Oracle, Repair
from harness.evidence.quantization import OutputError, QuantizationErrors
from harness.evidence.states import Contract, Distance, ResetEffect, StateEffect, StatePair
from harness.evidence.streaming import CopiedBytes, StateRange, Streaming

__all__ = [
    "NPU_CODE",
    "Arrays",
    "Compilation",
    "Contract",
    "CopiedBytes",
    "CpuOperator",
    "Deviation",
    "Distance",
    "Estimate",
    "Execution",
    "FloatOutputs",
    "Forecast",
    "FusedOutputs",
    "Graph",
    "Labels",
    "Memory",
    "Metric",
    "ModelView",
    "Operator",
    "Oracle",
    "OutputError",
    "Prediction",
    "Predictions",
    "QuantizationErrors",
    "Repair",
    "ResetEffect",
    "StateEffect",
    "StatePair",
    "StateRange",
    "Streaming",
    "Tensor",
    "Unrolling",
    "macs",
]
