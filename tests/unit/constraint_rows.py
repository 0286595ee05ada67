"""Each constraint of Vela with a model that meets it and one that violates just this one."""

from __future__ import annotations

from axis_rows import AXIS_ROWS
from tensor_rows import TENSOR_ROWS
from weight_rows import WEIGHT_ROWS
from window_rows import WINDOW_ROWS

ROWS = (*TENSOR_ROWS, *WEIGHT_ROWS, *WINDOW_ROWS, *AXIS_ROWS)
