"""The kernel of each operator is named as TFLite Micro names it."""

from __future__ import annotations

import pytest

from harness.operators import tflm_kernel


@pytest.mark.parametrize(
    ("name", "kernel"),
    [
        ("FULLY_CONNECTED", "AddFullyConnected"),
        ("CONV_2D", "AddConv2D"),
        ("L2_POOL_2D", "AddL2Pool2D"),
        ("BATCH_MATMUL", "AddBatchMatMul"),
        ("BATCH_TO_SPACE_ND", "AddBatchToSpaceNd"),
        ("PADV2", "AddPadV2"),
        ("RELU6", "AddRelu6"),
        ("CUMSUM", "AddCumSum"),
        ("SPLIT_V", "AddSplitV"),
        ("ADD_N", "AddAddN"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "AddUnidirectionalSequenceLSTM"),
        ("POW", None),
        ("CONV_3D", None),
        ("CUSTOM", None),
    ],
)
def test_the_kernel_is_the_one_that_tflite_micro_registers(name: str, kernel: str | None) -> None:
    assert tflm_kernel(name) == kernel
