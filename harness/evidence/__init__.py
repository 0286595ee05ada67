"""What the stages observed, as typed values: from the plain results of children, without any opinion."""

from harness.evidence.compilation import Compilation, CpuOperator, Estimate, Memory
from harness.evidence.graph import NPU_CODE, Graph, ModelView, Operator, Tensor, macs
from harness.evidence.outputs import Arrays, Conversion, FloatOutputs, Labels, Oracle, Repair

__all__ = [
    "NPU_CODE",
    "Arrays",
    "Compilation",
    "Conversion",
    "CpuOperator",
    "Estimate",
    "FloatOutputs",
    "Graph",
    "Labels",
    "Memory",
    "ModelView",
    "Operator",
    "Oracle",
    "Repair",
    "Tensor",
    "macs",
]
