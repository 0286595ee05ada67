"""What the operators with windows and the reductions compute, exactly: what stands around a recurrent layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SAME = 0
"""The schema's Padding: SAME is 0, VALID is 1."""


def convolved(data: Array, weights: Array, options: Any, result: Sequence[int]) -> Array:
    """CONV_2D without bias: data (n, 1, h, w, c), weights (1, k, y, x, c), result (1, h', w', k)."""
    kernels = weights[0]
    dilation = (int(options.dilationHFactor), int(options.dilationWFactor))
    taps = _windows(data, kernels.shape[1:3], options, result, fill=0.0, dilation=dilation)
    sums: Array = np.einsum("nhwyxc,kyxc->nhwk", taps, kernels, optimize=True)
    return sums[:, np.newaxis]


def depthwise(data: Array, weights: Array, options: Any, result: Sequence[int]) -> Array:
    """DEPTHWISE_CONV_2D without bias: weights (1, 1, y, x, c * multiplier)."""
    kernels = weights[0][0]
    dilation = (int(options.dilationHFactor), int(options.dilationWFactor))
    taps = _windows(data, kernels.shape[:2], options, result, fill=0.0, dilation=dilation)
    shaped = kernels.reshape(*kernels.shape[:2], data.shape[-1], -1)
    products: Array = np.einsum("nhwyxc,yxcm->nhwcm", taps, shaped, optimize=True)
    return products.reshape(*products.shape[:3], -1)[:, np.newaxis]


def pooled(data: Array, options: Any, result: Sequence[int], *, largest: bool) -> Array:
    """MAX_POOL_2D, or AVERAGE_POOL_2D, which leaves out what lies beyond the border."""
    size = (int(options.filterHeight), int(options.filterWidth))
    taps = _windows(data, size, options, result, fill=-np.inf if largest else np.nan)
    values: Array = taps.max(axis=(3, 4)) if largest else np.nanmean(taps, axis=(3, 4))
    return values[:, np.newaxis]


def _windows(  # noqa: PLR0913 - what a window consists of
    data: Array,
    size: Sequence[int],
    options: Any,
    result: Sequence[int],
    *,
    fill: float,
    dilation: Sequence[int] = (1, 1),
) -> Array:
    """What each place of the result sees, (n, h', w', y, x, c)."""
    image, strides = data[:, 0], (int(options.strideH), int(options.strideW))
    padding = [(0, 0)]
    for axis in (0, 1):
        seen = (result[1 + axis] - 1) * strides[axis] + (size[axis] - 1) * dilation[axis] + 1
        missing = max(0, seen - image.shape[1 + axis])
        padding.append((missing // 2, missing - missing // 2) if int(options.padding) == SAME else (0, 0))
    padded = np.pad(image, [*padding, (0, 0)], constant_values=fill)
    reach = [(size[axis] - 1) * dilation[axis] + 1 for axis in (0, 1)]
    views = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=(1, 2))
    chosen = views[:, :: strides[0], :: strides[1], :, :: dilation[0], :: dilation[1]]
    windows: Array = chosen[:, : result[1], : result[2]].transpose(0, 1, 2, 4, 5, 3)
    return windows
